using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>
/// One instruction (or a short run of them) with the whole state it starts from, and after a run the state it left. The same bytes travel to the native child
/// and back, so the layout is fixed and free of pointers.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct OracleCase
{
    public CodeBytes Code;
    public Registers Gpr;
    public ulong Flags;
    public uint Mxcsr;

    /// <summary>0, or the vector of the exception that the instruction raised. The state is then what it was before or at the fault.</summary>
    public uint Fault;

    public XmmRegisters Xmm;
    public WindowBytes Memory;

    public static int Size => Unsafe.SizeOf<OracleCase>();

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Instruction => ((ReadOnlySpan<byte>)Code)[..Code[CodeBytes.Length]];

    public void SetInstruction(ReadOnlySpan<byte> code)
    {
        Span<byte> bytes = Code;
        bytes.Clear();
        code.CopyTo(bytes);
        bytes[CodeBytes.Length] = (byte)code.Length;
    }

    /// <summary>One instruction, or a few; the last byte holds the length.</summary>
    [InlineArray(Length + 1)]
    public struct CodeBytes
    {
        public const int Length = 63;
        byte first;
    }

    /// <summary>In the order of their encoding: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.</summary>
    [InlineArray(16)]
    public struct Registers
    {
        ulong first;
    }

    [InlineArray(16)]
    public struct XmmRegisters
    {
        Vector128<byte> first;
    }

    /// <summary>The only memory an instruction may touch; a page boundary lies in its middle.</summary>
    [InlineArray(OracleLayout.WindowSize)]
    public struct WindowBytes
    {
        byte first;
    }
}

/// <summary>
/// Where things lie, in the native child and in the simulated machine alike. Everything is below 2 GB so that absolute, 32-bit and
/// RIP-relative addressing reach it.
/// </summary>
static class OracleLayout
{
    public const uint Base = 0x2000_0000;
    public const uint Length = 0x2_0000;

    public const uint State = Base;
    public const uint HostState = Base + 0x800;
    public const uint Trampoline = Base + 0x1000;
    public const uint Epilogue = Base + 0x1400;
    public const uint FaultHandler = Base + 0x1800;

    /// <summary>The instruction under test stands here, on a page of its own.</summary>
    public const uint Slot = Base + 0x2000;

    /// <summary>Scratch pages: two of them, the window lying across their boundary.</summary>
    public const uint Scratch = Base + 0x4000;
    public const int ScratchSize = 0x2000;
    public const int WindowSize = 256;
    public const uint Window = Scratch + (ScratchSize - WindowSize) / 2;

    /// <summary>Top of the stack that the trampoline itself uses.</summary>
    public const uint StackTop = Base + Length - 0x100;
}
