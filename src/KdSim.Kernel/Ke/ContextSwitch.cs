using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Leaves one thread and goes on with another. C# plays the first half of nt!KiSwapContext: it writes KEXCEPTION_FRAME and KSWITCH_FRAME below the RSP at
/// which the thread is to go on, and moves the processor to the other thread's switch frame. The second half is guest code: it loads the registers from
/// that thread's frames, RAX from KTHREAD.WaitStatus, and returns. So the stack of each waiting thread walks, and all its state is in guest memory.
/// </summary>
public sealed class ContextSwitch(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>KEXCEPTION_FRAME without the return address that the caller of KiSwapContext pushed.</summary>
    private const int FrameSize = KEXCEPTION_FRAME.SizeOf - 8;

    /// <summary>Bytes of <c>sub rsp,138h</c>: behind it a thread goes on.</summary>
    private const byte PrologSize = 7;

    private const int FirstXmm = 6;

    private ulong ResumeAddress => Kernel.Stubs.AddressOf(Stub.KiSwapContext) + PrologSize;

    [GuestCode("KiSwapContext", IsExported = false)]
    public void KiSwapContext(GuestAssembler code)
    {
        code.sub(rsp, FrameSize);
        for (int i = 0; i < 10; i++)
            code.movaps(new Iced.Intel.AssemblerRegisterXMM(Iced.Intel.Register.XMM0 + FirstXmm + i), __xmmword_ptr[rsp + XmmOffset(i)]);
        code.ldmxcsr(__dword_ptr[rsp + KEXCEPTION_FRAME.Offsets.MxCsr]);
        code.mov(rbp, __qword_ptr[rsp + KEXCEPTION_FRAME.Offsets.Rbp]);
        code.mov(rbx, __qword_ptr[rsp + KEXCEPTION_FRAME.Offsets.Rbx]);
        code.mov(rdi, __qword_ptr[rsp + KEXCEPTION_FRAME.Offsets.Rdi]);
        code.mov(rsi, __qword_ptr[rsp + KEXCEPTION_FRAME.Offsets.Rsi]);
        code.mov(r12, __qword_ptr[rsp + KEXCEPTION_FRAME.Offsets.R12]);
        code.mov(r13, __qword_ptr[rsp + KEXCEPTION_FRAME.Offsets.R13]);
        code.mov(r14, __qword_ptr[rsp + KEXCEPTION_FRAME.Offsets.R14]);
        code.mov(r15, __qword_ptr[rsp + KEXCEPTION_FRAME.Offsets.R15]);
        code.mov(rax, __qword_ptr.gs[KPCR.Offsets.Prcb + KPRCB.Offsets.CurrentThread]);
        code.mov(rax, __qword_ptr[rax + KTHREAD.Offsets.WaitStatus]);
        code.add(rsp, FrameSize);
        code.ret();
        code.Unwind(UnwindInfoEncoder.Encode(PrologSize, SwapUnwind()));
    }

    /// <summary>Where a new thread begins: calls R14 (a startup routine of Ps) with R12 and R13, and never goes on.</summary>
    [GuestCode("KiStartSystemThread", IsExported = false)]
    public void KiStartSystemThread(GuestAssembler code)
    {
        code.mov(rcx, r12);
        code.mov(rdx, r13);
        code.call(r14);
        code.int3();
        code.Unwind(UnwindInfoEncoder.Encode(0, UnwindOperation.Alloc(0, 0x28)));
    }

    /// <summary>
    /// Frames of a thread that has not run yet: it begins at <paramref name="entry"/> with this RSP, and that calls <paramref name="startup"/>.
    /// </summary>
    internal void PrepareStart(View<KTHREAD> thread, ulong entry, ulong rsp, ulong startup, ulong first, ulong second)
    {
        View<KEXCEPTION_FRAME> frame = new(rsp - KEXCEPTION_FRAME.SizeOf);
        frame.Clear();
        frame.MxCsr = 0x1F80;
        frame.R12 = first;
        frame.R13 = second;
        frame.R14 = startup;
        frame.Return = entry;
        WriteSwitchFrame(thread, frame.Address, rbp: 0);
    }

    /// <summary>
    /// Leaves the running thread so that it goes on at the processor's current RIP and RSP, and loads another. The caller has set the state of both.
    /// </summary>
    internal void Swap(View<KPRCB> prcb, View<KTHREAD> from, View<KTHREAD> to)
    {
        SaveFrames(from);
        ref CpuState cpu = ref Cpu.State;
        from.Running = false;
        from.CycleTime += cpu.Clock - prcb.StartCycles;
        cpu.Clock += Kernel.Computer.Costs.ParkOrSwitch;
        prcb.StartCycles = cpu.Clock;
        prcb.KeContextSwitches++;
        prcb.CurrentThread = to;
        to.State = (byte)KTHREAD_STATE.Running;
        to.Running = true;
        to.ContextSwitches++;
        to.NextProcessor = prcb.Number;
        LoadProcess(prcb, to);
        View<KSWITCH_FRAME> frame = new(to.KernelStack);
        cpu.Rip = frame.Return;
        cpu.Rbp = frame.Rbp;
        cpu.Rsp = frame.Address + KSWITCH_FRAME.SizeOf;
        cpu.RFlags |= RFlag.Interrupt;
        Observer?.ThreadSwitched(Cpu.Number, from.Address, to.Address, from.WaitReason);
        Cpu.SetCr8(to.WaitIrql);
        if (to.ApcState.KernelApcPending)
            Kernel.Processors.RequestApc(Cpu.Number);
    }

    private void LoadProcess(View<KPRCB> prcb, View<KTHREAD> to)
    {
        ref CpuState cpu = ref Cpu.State;
        View<KPCR> pcr = new(prcb.Address - KPCR.Offsets.Prcb);
        View<KTSS64> task = pcr.TssBase.As<KTSS64>();
        task.Rsp0 = to.InitialStack;
        prcb.RspBase = to.InitialStack;
        cpu.KernelGsBase = to.Teb;
        cpu.Cr3 = to.ApcState.Process.View.DirectoryTableBase;
    }

    private void SaveFrames(View<KTHREAD> from)
    {
        ref CpuState cpu = ref Cpu.State;
        View<KEXCEPTION_FRAME> frame = new(cpu.Rsp - KEXCEPTION_FRAME.SizeOf);
        for (int i = 0; i < 10; i++)
            Memory.Store(frame.Address + (ulong)XmmOffset(i), cpu.Xmm[FirstXmm + i]);
        frame.MxCsr = cpu.Mxcsr;
        frame.Rbp = cpu.Rbp;
        frame.Rbx = cpu.Rbx;
        frame.Rdi = cpu.Rdi;
        frame.Rsi = cpu.Rsi;
        frame.R12 = cpu.R12;
        frame.R13 = cpu.R13;
        frame.R14 = cpu.R14;
        frame.R15 = cpu.R15;
        frame.Return = cpu.Rip;
        from.WaitIrql = CurrentIrql;
        WriteSwitchFrame(from, frame.Address, cpu.Rbp);
    }

    private void WriteSwitchFrame(View<KTHREAD> thread, ulong exceptionFrame, ulong rbp)
    {
        View<KSWITCH_FRAME> frame = new(exceptionFrame - KSWITCH_FRAME.SizeOf);
        frame.Clear();
        frame.Rbp = rbp;
        frame.Return = ResumeAddress;
        thread.KernelStack = frame.Address;
    }

    private static int XmmOffset(int index) => KEXCEPTION_FRAME.Offsets.Xmm6 + index * 16;

    private static UnwindOperation[] SwapUnwind()
    {
        Gpr[] saved = [Gpr.Rbp, Gpr.Rbx, Gpr.Rdi, Gpr.Rsi, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15];
        var operations = new List<UnwindOperation> { UnwindOperation.Alloc(PrologSize, FrameSize) };
        for (int i = 0; i < saved.Length; i++)
            operations.Add(UnwindOperation.Save(PrologSize, saved[i], (uint)(KEXCEPTION_FRAME.Offsets.Rbp + i * 8)));
        for (int i = 0; i < 10; i++)
            operations.Add(UnwindOperation.SaveXmm(PrologSize, FirstXmm + i, (uint)XmmOffset(i)));
        return [.. operations];
    }
}
