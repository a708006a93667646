using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Dbg;

/// <summary>A bug check that happened.</summary>
public sealed record BugCheckRecord(int Processor, BugCheckCode Code, ulong Parameter1, ulong Parameter2, ulong Parameter3, ulong Parameter4);

/// <summary>
/// nt!KeBugCheckEx: writes down what stopped the system, freezes the other processors, runs the callbacks of drivers, and stays where it is. From then on the
/// machine can be looked at, not run. Any IRQL.
/// </summary>
public sealed class BugChecks(NtKernel kernel) : KernelComponent(kernel)
{
    private ulong Data => Kernel.Data(Datum.KiBugCheckData);

    /// <summary>Makes the trap point call nt!KeBugCheckEx: the return address is pushed, so that the stack is true.</summary>
    internal void Start(GuestBugCheck stop)
    {
        ref CpuState cpu = ref Cpu.State;
        cpu.Rcx = (uint)stop.Code;
        cpu.Rdx = stop.Parameter1;
        cpu.R8 = stop.Parameter2;
        cpu.R9 = stop.Parameter3;
        cpu.R10 = stop.Parameter4;
        Kernel.Exceptions.CallFromTrap(Stub.KiBugCheckDispatch);
    }

    /// <summary>Gives bug checks that C# found a frame of their own for the call.</summary>
    [GuestCode("KiBugCheckDispatch", IsExported = false)]
    public void KiBugCheckDispatch(GuestAssembler code) => CallThunk.Emit(code, Kernel.Stubs.AddressOf(Stub.KeBugCheckEx));

    [NtExport("KeBugCheck")]
    public void KeBugCheck(uint BugCheckCode) => throw new GuestBugCheck((BugCheckCode)BugCheckCode);

    /// <summary>Stops the system. Never returns.</summary>
    [NtExport("KeBugCheckEx")]
    public async KTask KeBugCheckEx(
        uint BugCheckCode, ulong BugCheckParameter1, ulong BugCheckParameter2, ulong BugCheckParameter3, ulong BugCheckParameter4)
    {
        Cpu.State.RFlags &= ~RFlag.Interrupt;
        Cpu.SetCr8(Irql.High);
        if (Kernel.Roots.BugCheck is null)
        {
            Kernel.Roots = Kernel.Roots with
            {
                BugCheck = new BugCheckRecord(
                    Cpu.Number, (BugCheckCode)BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4),
            };
            Memory.WriteU64(Data, BugCheckCode);
            Memory.WriteU64(Data + 8, BugCheckParameter1);
            Memory.WriteU64(Data + 16, BugCheckParameter2);
            Memory.WriteU64(Data + 24, BugCheckParameter3);
            Memory.WriteU64(Data + 32, BugCheckParameter4);
            SaveProcessors();
            await Kernel.BugCheckCallbacks.RunAll();
            Observer?.BugChecked(Cpu.Number, BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4);
        }
        await Guest.Call(Stub.KiBugCheckDebugBreak);
    }

    /// <summary>Where a stopped system stays: each attempt to go on ends here again.</summary>
    [GuestCode("KiBugCheckDebugBreak", IsExported = false)]
    public void KiBugCheckDebugBreak(GuestAssembler code)
    {
        Iced.Intel.Label again = code.CreateLabel();
        code.Label(ref again);
        code.cli();
        code.Trap(Stub.KiStopMachine);
        code.jmp(again);
    }

    [NtRoutine("KiStopMachine")]
    public void KiStopMachine()
    {
        if (Kernel.Roots.BugCheck is { } stop)
            Kernel.Computer.RequestStop($"bug check {(uint)stop.Code:X} ({stop.Code}) " +
                $"{{{stop.Parameter1:x}, {stop.Parameter2:x}, {stop.Parameter3:x}, {stop.Parameter4:x}}}");
    }

    /// <summary>The registers of all processors go to their PRCBs; the others never run again.</summary>
    private void SaveProcessors()
    {
        ulong array = Kernel.Data(Datum.KiProcessorBlock);
        foreach (Processor processor in Kernel.Computer.Processors)
        {
            View<KPRCB> prcb = new(Memory.ReadU64(array + (ulong)processor.Number * 8));
            View<KPROCESSOR_STATE> state = prcb.ProcessorState;
            if (processor == Cpu)
            {
                Kernel.Exceptions.CaptureCaller(state.ContextFrame);
            }
            else
            {
                Kernel.RegisterRecords.Capture(processor, state.ContextFrame, processor.State.Rip, processor.State.Rsp, processor.State.Rbp);
                processor.State.RFlags &= ~RFlag.Interrupt;
                processor.State.Halted = 1;
            }
            SaveControl(processor, state.SpecialRegisters);
        }
    }

    private static void SaveControl(Processor processor, View<KSPECIAL_REGISTERS> registers)
    {
        ref CpuState cpu = ref processor.State;
        registers.Cr0 = cpu.Cr0;
        registers.Cr2 = cpu.Cr2;
        registers.Cr3 = cpu.Cr3;
        registers.Cr4 = cpu.Cr4;
        registers.Cr8 = cpu.Cr8;
        registers.KernelDr0 = cpu.Dr0;
        registers.KernelDr1 = cpu.Dr1;
        registers.KernelDr2 = cpu.Dr2;
        registers.KernelDr3 = cpu.Dr3;
        registers.KernelDr6 = cpu.Dr6;
        registers.KernelDr7 = cpu.Dr7;
        registers.Tr = cpu.Tr.Selector;
        registers.Ldtr = cpu.Ldtr.Selector;
        registers.MxCsr = cpu.Mxcsr;
        registers.MsrGsBase = cpu.Gs.Base;
        registers.MsrGsSwap = cpu.KernelGsBase;
        registers.MsrStar = cpu.Star;
        registers.MsrLStar = cpu.Lstar;
        registers.MsrCStar = cpu.Cstar;
        registers.MsrSyscallMask = cpu.Fmask;
        View<KDESCRIPTOR> gdtr = registers.Gdtr, idtr = registers.Idtr;
        (gdtr.Limit, gdtr.Base) = (cpu.Gdtr.Limit, cpu.Gdtr.Base);
        (idtr.Limit, idtr.Base) = (cpu.Idtr.Limit, cpu.Idtr.Base);
    }
}
