using System.Runtime.Intrinsics;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// All registers in guest memory: KEXCEPTION_FRAME beside a KTRAP_FRAME, and CONTEXT, as handlers and debuggers see it. Any IRQL.
/// </summary>
public sealed class RegisterRecords(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>CONTEXT_AMD64 with control, integer, segment and floating point registers.</summary>
    public const uint FullContext = 0x0010_000F;

    private const int VolatileXmm = 6;
    private const int AllXmm = 16;

    // What a CONTEXT may change: arithmetic, TF, IF, DF, NT, RF, AC, ID.
    private const ulong LoadableFlags = RFlag.Arithmetic | RFlag.Trap | RFlag.Interrupt | RFlag.Direction | RFlag.NestedTask | RFlag.Resume |
        RFlag.AlignmentCheck | RFlag.Id;

    /// <summary>Fills an exception frame with the non-volatile registers.</summary>
    public void Save(View<KEXCEPTION_FRAME> frame)
    {
        ref CpuState cpu = ref Cpu.State;
        frame.Rbp = cpu.Rbp;
        frame.Rbx = cpu.Rbx;
        frame.Rdi = cpu.Rdi;
        frame.Rsi = cpu.Rsi;
        frame.R12 = cpu.R12;
        frame.R13 = cpu.R13;
        frame.R14 = cpu.R14;
        frame.R15 = cpu.R15;
        for (int i = VolatileXmm; i < AllXmm; i++)
            Memory.Store(frame.Address + KEXCEPTION_FRAME.Offsets.Xmm6 + (ulong)(i - VolatileXmm) * 16, cpu.Xmm[i]);
    }

    public void Load(View<KEXCEPTION_FRAME> frame)
    {
        ref CpuState cpu = ref Cpu.State;
        cpu.Rbp = frame.Rbp;
        cpu.Rbx = frame.Rbx;
        cpu.Rdi = frame.Rdi;
        cpu.Rsi = frame.Rsi;
        cpu.R12 = frame.R12;
        cpu.R13 = frame.R13;
        cpu.R14 = frame.R14;
        cpu.R15 = frame.R15;
        for (int i = VolatileXmm; i < AllXmm; i++)
            cpu.Xmm[i] = Memory.Load<Vector128<byte>>(frame.Address + KEXCEPTION_FRAME.Offsets.Xmm6 + (ulong)(i - VolatileXmm) * 16);
    }

    /// <summary>KeContextFromKframes: all registers of the interrupted code.</summary>
    public void ToContext(View<KTRAP_FRAME> trap, View<KEXCEPTION_FRAME> saved, View<CONTEXT> context)
    {
        context.ContextFlags = FullContext;
        context.SegCs = trap.SegCs;
        context.SegSs = trap.SegSs;
        context.SegDs = context.SegEs = context.SegFs = context.SegGs = Cpu.State.Ds.Selector;
        context.MxCsr = trap.MxCsr;
        context.EFlags = trap.EFlags;
        context.Rip = trap.Rip;
        context.Rsp = trap.Rsp;
        context.Rbp = trap.Rbp;
        context.Rax = trap.Rax;
        context.Rcx = trap.Rcx;
        context.Rdx = trap.Rdx;
        context.R8 = trap.R8;
        context.R9 = trap.R9;
        context.R10 = trap.R10;
        context.R11 = trap.R11;
        context.Rbx = saved.Rbx;
        context.Rdi = saved.Rdi;
        context.Rsi = saved.Rsi;
        context.R12 = saved.R12;
        context.R13 = saved.R13;
        context.R14 = saved.R14;
        context.R15 = saved.R15;
        CopyXmm(trap.Address + KTRAP_FRAME.Offsets.Xmm0, XmmOf(context, 0), VolatileXmm);
        CopyXmm(saved.Address + KEXCEPTION_FRAME.Offsets.Xmm6, XmmOf(context, VolatileXmm), AllXmm - VolatileXmm);
    }

    /// <summary>KeContextToKframes: what a handler changed in the CONTEXT holds when the interrupted code goes on.</summary>
    public void FromContext(View<CONTEXT> context, View<KTRAP_FRAME> trap, View<KEXCEPTION_FRAME> saved)
    {
        trap.MxCsr = context.MxCsr;
        trap.EFlags = (uint)((trap.EFlags & ~LoadableFlags) | (context.EFlags & LoadableFlags));
        trap.Rip = context.Rip;
        trap.Rsp = context.Rsp;
        trap.Rbp = context.Rbp;
        trap.Rax = context.Rax;
        trap.Rcx = context.Rcx;
        trap.Rdx = context.Rdx;
        trap.R8 = context.R8;
        trap.R9 = context.R9;
        trap.R10 = context.R10;
        trap.R11 = context.R11;
        saved.Rbx = context.Rbx;
        saved.Rdi = context.Rdi;
        saved.Rsi = context.Rsi;
        saved.R12 = context.R12;
        saved.R13 = context.R13;
        saved.R14 = context.R14;
        saved.R15 = context.R15;
        CopyXmm(XmmOf(context, 0), trap.Address + KTRAP_FRAME.Offsets.Xmm0, VolatileXmm);
        CopyXmm(XmmOf(context, VolatileXmm), saved.Address + KEXCEPTION_FRAME.Offsets.Xmm6, AllXmm - VolatileXmm);
    }

    /// <summary>Writes the registers as they are now; RIP, RSP and RBP are those that the caller names.</summary>
    public void Capture(Processor processor, View<CONTEXT> context, ulong rip, ulong rsp, ulong rbp)
    {
        ref CpuState cpu = ref processor.State;
        context.ContextFlags = FullContext;
        context.SegCs = cpu.Cs.Selector;
        context.SegSs = cpu.Ss.Selector;
        context.SegDs = cpu.Ds.Selector;
        context.SegEs = cpu.Es.Selector;
        context.SegFs = cpu.Fs.Selector;
        context.SegGs = cpu.Gs.Selector;
        context.MxCsr = cpu.Mxcsr;
        context.EFlags = (uint)cpu.RFlags;
        context.Rip = rip;
        for (int i = 0; i < 16; i++)
            Memory.WriteU64(GprOf(context, i), cpu.Gpr(i));
        context.Rsp = rsp;
        context.Rbp = rbp;
        for (int i = 0; i < AllXmm; i++)
            Memory.Store(XmmOf(context, i), cpu.Xmm[i]);
    }

    /// <summary>Goes on with the registers of a CONTEXT of kernel mode.</summary>
    public void Load(View<CONTEXT> context)
    {
        if ((context.SegCs & 3) != 0)
            throw new NotSupportedException($"the context at {context} is one of user mode (cs {context.SegCs:x}); RtlRestoreContext goes to kernel code only");
        ref CpuState cpu = ref Cpu.State;
        for (int i = 0; i < 16; i++)
            cpu.Gpr(i) = Memory.ReadU64(GprOf(context, i));
        cpu.Mxcsr = context.MxCsr;
        for (int i = 0; i < AllXmm; i++)
            cpu.Xmm[i] = Memory.Load<Vector128<byte>>(XmmOf(context, i));
        cpu.Rip = context.Rip;
        SetFlags(context.EFlags);
    }

    private static ulong XmmOf(View<CONTEXT> context, int number) => context.Address + CONTEXT.Offsets.Xmm0 + (ulong)number * 16;

    /// <summary>CONTEXT has the general registers in the order of the processor's numbers.</summary>
    private static ulong GprOf(View<CONTEXT> context, int number) => context.Address + CONTEXT.Offsets.Rax + (ulong)number * 8;

    private void SetFlags(uint flags) =>
        Cpu.State.RFlags = (Cpu.State.RFlags & ~LoadableFlags) | (flags & LoadableFlags) | RFlag.Reserved1;

    private void CopyXmm(ulong from, ulong to, int count)
    {
        for (int i = 0; i < count; i++)
            Memory.Store(to + (ulong)i * 16, Memory.Load<Vector128<byte>>(from + (ulong)i * 16));
    }
}
