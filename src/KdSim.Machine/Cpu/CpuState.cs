using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KdSim.Machine.Cpu;

/// <summary>A segment register; in long mode only FS and GS have a base that counts.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SegmentRegister
{
    public ushort Selector;

    /// <summary>Access byte (bits 0-7) and flags nibble (bits 12-15) of the descriptor.</summary>
    public ushort Attributes;
    public uint Limit;
    public ulong Base;
}

/// <summary>GDTR or IDTR.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct DescriptorTableRegister
{
    public ulong Base;
    public ushort Limit;
    private readonly ushort _reserved0;
    private readonly uint _reserved1;
}

/// <summary>The 16 XMM registers.</summary>
[InlineArray(16)]
public struct XmmRegisters
{
    private Vector128<byte> _first;
}

/// <summary>
/// Everything architectural of one processor, and its time: what a snapshot copies and a hash covers. Blittable, without padding.
/// Exact whenever code outside the processor sees it (at every stop and in every host callback).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct CpuState
{
    public ulong Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15;
    public ulong Rip;
    public ulong RFlags;
    public XmmRegisters Xmm;

    public SegmentRegister Es, Cs, Ss, Ds, Fs, Gs, Ldtr, Tr;
    public DescriptorTableRegister Gdtr, Idtr;
    public ulong Cr0, Cr2, Cr3, Cr4, Cr8;
    public ulong Dr0, Dr1, Dr2, Dr3, Dr6, Dr7;
    public ulong Efer, Star, Lstar, Cstar, Fmask, KernelGsBase;
    public ulong SysenterCs, SysenterEsp, SysenterEip, Pat, TscAux, MiscEnable;

    /// <summary>Added to <see cref="Clock"/> by RDTSC (a guest may write its TSC).</summary>
    public ulong TscOffset;

    /// <summary>Virtual time of this processor in ticks of 0.5 ns.</summary>
    public ulong Clock;

    /// <summary>Retired instructions and rep iterations, exact.</summary>
    public ulong Steps;
    public uint Mxcsr;

    /// <summary>1 while HLT waits for an interrupt.</summary>
    public byte Halted;

    /// <summary>1 if no interrupt is taken before the next instruction has retired (after STI, MOV SS, POP SS); 2 only inside those.</summary>
    public byte InterruptShadow;

    private readonly ushort _reserved;

    /// <summary>0 (kernel) or 3 (user).</summary>
    public readonly int Cpl => Cs.Selector & 3;

    /// <summary>The general register with hardware number 0 to 15.</summary>
    [UnscopedRef]
    public ref ulong Gpr(int number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)number, 15u, nameof(number));
        return ref Unsafe.Add(ref Rax, number);
    }
}
