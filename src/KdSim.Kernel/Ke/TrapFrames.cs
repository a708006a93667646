using System.Runtime.CompilerServices;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>KTRAP_FRAMEs: filling one from the registers (RSP at its start, the machine frame at its end) and going on from one. Any IRQL.</summary>
public sealed class TrapFrames(NtKernel kernel) : KernelComponent(kernel)
{
    private const int VolatileXmm = 6;

    /// <summary>Fills the frame at RSP; the processor has pushed Rip to SegSs. After an entry from user mode GS is the kernel's.</summary>
    public View<KTRAP_FRAME> Fill()
    {
        ref CpuState cpu = ref Cpu.State;
        View<KTRAP_FRAME> frame = new(cpu.Rsp);
        bool fromUser = IsUser(frame);
        cpu.RFlags &= ~RFlag.Direction; // A string copy may have faulted half-way down.
        if (fromUser)
            (cpu.Gs.Base, cpu.KernelGsBase) = (cpu.KernelGsBase, cpu.Gs.Base);
        frame.PreviousMode = (sbyte)(fromUser ? 1 : 0);
        frame.PreviousIrql = (byte)cpu.Cr8;
        frame.ExceptionActive = 1;
        frame.MxCsr = cpu.Mxcsr;
        frame.Rax = cpu.Rax;
        frame.Rcx = cpu.Rcx;
        frame.Rdx = cpu.Rdx;
        frame.R8 = cpu.R8;
        frame.R9 = cpu.R9;
        frame.R10 = cpu.R10;
        frame.R11 = cpu.R11;
        frame.Rbx = cpu.Rbx;
        frame.Rdi = cpu.Rdi;
        frame.Rsi = cpu.Rsi;
        frame.Rbp = cpu.Rbp;
        frame.GsSwap = fromUser ? cpu.KernelGsBase : 0;
        for (int i = 0; i < VolatileXmm; i++)
            Memory.Store(frame.Address + KTRAP_FRAME.Offsets.Xmm0 + (ulong)i * 16, cpu.Xmm[i]);
        frame.Dr7 = 0;
        return frame;
    }

    public static bool IsUser(View<KTRAP_FRAME> frame) => (frame.SegCs & 3) != 0;

    /// <summary>Goes on where the frame says, with its volatile registers; the others are as they stand. What the end of a handler and IRETQ do.</summary>
    public void Resume(View<KTRAP_FRAME> frame)
    {
        ref CpuState cpu = ref Cpu.State;
        cpu.Mxcsr = frame.MxCsr;
        cpu.Rax = frame.Rax;
        cpu.Rcx = frame.Rcx;
        cpu.Rdx = frame.Rdx;
        cpu.R8 = frame.R8;
        cpu.R9 = frame.R9;
        cpu.R10 = frame.R10;
        cpu.R11 = frame.R11;
        cpu.Rbp = frame.Rbp;
        for (int i = 0; i < VolatileXmm; i++)
            cpu.Xmm[i] = Memory.Load<System.Runtime.Intrinsics.Vector128<byte>>(frame.Address + KTRAP_FRAME.Offsets.Xmm0 + (ulong)i * 16);
        byte irql = frame.PreviousIrql;
        Return(frame);
        if (irql != (byte)cpu.Cr8)
            Cpu.SetCr8(irql);
    }

    /// <summary>IRETQ from the frame's machine frame.</summary>
    private void Return(View<KTRAP_FRAME> frame)
    {
        ref CpuState cpu = ref Cpu.State;
        ushort cs = frame.SegCs, ss = frame.SegSs;
        cpu.RFlags = frame.EFlags | RFlag.Reserved1;
        cpu.Rip = frame.Rip;
        cpu.Rsp = frame.Rsp;
        if ((cs & 3) != 0)
            (cpu.Gs.Base, cpu.KernelGsBase) = (cpu.KernelGsBase, cpu.Gs.Base);
        cpu.Cs = Segment(cs, isCode: true);
        cpu.Ss = Segment(ss, isCode: false);
    }

    /// <summary>What a gate does to the segments when an exception comes from user mode.</summary>
    internal void EnterKernelMode()
    {
        Cpu.State.Cs = Segment(Boot.ProcessorSetup.KernelCode, isCode: true);
        Cpu.State.Ss = new SegmentRegister();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SegmentRegister Segment(ushort selector, bool isCode)
    {
        int user = (selector & 3) != 0 ? 0x60 : 0;
        return new SegmentRegister
        {
            Selector = selector,
            Attributes = (ushort)((isCode ? 0x209B : 0x4093) | user),
            Limit = isCode ? 0 : uint.MaxValue,
        };
    }
}
