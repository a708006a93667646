using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// The entries of the software interrupts (APC, DISPATCH) and of the clock. Each makes a KTRAP_FRAME, raises to the vector's IRQL with interrupts on, does
/// its work through nt routines that show on the stack, and goes back. RBP is the frame, so that stacks walk across the switch to the DPC stack.
/// </summary>
public sealed class InterruptEntries(NtKernel kernel) : KernelComponent(kernel)
{
    public const int ClockVector = 0xD1;

    /// <summary>KTRAP_FRAME without the machine frame.</summary>
    internal const int FrameSize = KTRAP_FRAME.Offsets.Rip;

    private const int TimerCount = (int)(Clock.Increment * 10);     // of 10 ns each
    private const int Prcb = KPCR.Offsets.Prcb;

    /// <summary>Runs DPCs on the DPC stack, then lets a better thread run on the stack of the interrupted one.</summary>
    [GuestCode("KiDpcInterrupt", IsExported = false)]
    public void KiDpcInterrupt(GuestAssembler code)
    {
        Enter(code, Stub.KiBeginDpcInterrupt);
        code.mov(rsp, __qword_ptr.gs[Prcb + KPRCB.Offsets.DpcStack]);
        code.sub(rsp, 0x20);
        code.call(Kernel.Stubs.AddressOf(Stub.KiRetireDpcList));
        code.mov(rsp, rbp);
        code.call(Kernel.Stubs.AddressOf(Stub.KiDispatchInterrupt));
        code.Trap(Stub.KiEndInterrupt);
    }

    [GuestCode("KiApcInterrupt", IsExported = false)]
    public void KiApcInterrupt(GuestAssembler code)
    {
        Enter(code, Stub.KiBeginApcInterrupt);
        code.movsx(ecx, __byte_ptr[rsp + KTRAP_FRAME.Offsets.PreviousMode]);
        code.xor(edx, edx);
        code.mov(r8, rsp);
        code.call(Kernel.Stubs.AddressOf(Stub.KiDeliverApc));
        code.Trap(Stub.KiEndInterrupt);
    }

    [GuestCode("KiClockInterrupt", IsExported = false)]
    public void KiClockInterrupt(GuestAssembler code)
    {
        Enter(code, Stub.KiBeginClockInterrupt);
        code.Trap(Stub.KiEndClockInterrupt);
    }

    [NtRoutine("KiBeginDpcInterrupt", Cost = 0)]
    public void KiBeginDpcInterrupt()
    {
        Begin(Irql.Dispatch);
        Kernel.Computer.Apics[Cpu.Number].Eoi();
    }

    [NtRoutine("KiBeginApcInterrupt", Cost = 0)]
    public void KiBeginApcInterrupt()
    {
        Begin(Irql.Apc);
        Kernel.Computer.Apics[Cpu.Number].Eoi();
    }

    [NtRoutine("KiBeginClockInterrupt", Cost = 0)]
    public void KiBeginClockInterrupt()
    {
        View<KTRAP_FRAME> interrupted = Begin(Irql.Clock);
        if (Cpu.Number == 0)
        {
            Kernel.RunTimes.Update(interrupted);
            Kernel.Clock.Tick();
            Kernel.DpcWatchdog.Tick(interrupted.PreviousIrql);
        }
        Kernel.DpcWatchdog.Check();
    }

    [NtRoutine("KiEndClockInterrupt", Cost = 0)]
    public void KiEndClockInterrupt()
    {
        Kernel.Computer.Apics[Cpu.Number].Eoi();
        End(ClockVector);
    }

    [NtRoutine("KiEndInterrupt", Cost = 0)]
    public void KiEndInterrupt() => End(CurrentIrql << 4 | 0xF);

    /// <summary>On the stack of the interrupted thread, behind the DPCs.</summary>
    [NtRoutine("KiDispatchInterrupt", Cost = 0)]
    public KTask KiDispatchInterrupt() => Kernel.Scheduler.Preempt();

    /// <summary>Fills the trap frame at RSP, raises, and lets higher interrupts in.</summary>
    internal View<KTRAP_FRAME> Begin(byte irql)
    {
        View<KTRAP_FRAME> frame = Kernel.TrapFrames.Fill();
        frame.ExceptionActive = 0;
        Cpu.State.RFlags |= RFlag.Interrupt;
        Cpu.SetCr8(irql);
        return frame;
    }

    /// <summary>Goes back to what was interrupted; RSP is at the trap frame.</summary>
    internal void End(int vector)
    {
        Cpu.State.Clock += Kernel.Computer.Costs.InterruptExit;
        Observer?.InterruptExited(Cpu.Number, (byte)vector, CurrentIrql);
        Kernel.TrapFrames.Resume(new View<KTRAP_FRAME>(Cpu.State.Rsp));
    }

    internal void StartClock() => Kernel.Computer.Apics[0].StartTimer(ClockVector, TimerCount, periodic: true);

    internal static Stub? EntryOf(int vector) => vector switch
    {
        Processors.ApcVector => Stub.KiApcInterrupt,
        Processors.DispatchVector => Stub.KiDpcInterrupt,
        ClockVector => Stub.KiClockInterrupt,
        IpiCalls.Vector => Stub.KiIpiInterrupt,
        _ => null,
    };

    /// <summary>The prolog; the trap in its middle saves the interrupted code's registers, RBP among them.</summary>
    internal static void Enter(GuestAssembler code, Stub begin)
    {
        const int AfterSub = 7, AfterTrap = 10, AfterFrame = 13;
        code.sub(rsp, FrameSize);
        code.Trap(begin);
        code.mov(rbp, rsp);
        code.Unwind(UnwindInfoEncoder.Encode(AfterFrame, Gpr.Rbp, 0, [UnwindOperation.MachineFrame(hasErrorCode: false),
            UnwindOperation.Alloc(AfterSub, FrameSize), UnwindOperation.Save(AfterTrap, Gpr.Rbp, (uint)KTRAP_FRAME.Offsets.Rbp),
            UnwindOperation.SetFrame(AfterFrame)]));
    }
}
