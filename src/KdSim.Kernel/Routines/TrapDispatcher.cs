using KdSim.Machine.Cpu;

namespace KdSim.Kernel.Routines;

/// <summary>
/// The way from a trap to C#: pops dead frames of the stack, finds the routine by RIP, calls its thunk or resumes its sequence, adds its cost,
/// and turns what C# throws into guest exceptions, bug checks or a failed machine.
/// </summary>
internal sealed unsafe class TrapDispatcher(NtKernel kernel)
{
    /// <summary>The slot of the return address of the stub that trapped: its caller's address lies there.</summary>
    public ulong FrameAddress { get; private set; }

    /// <summary>The routine whose trap is being handled, for messages.</summary>
    public Stub CurrentStub { get; private set; }

    public void Handle(Processor cpu)
    {
        if (!kernel.Stubs.TryFind(cpu.TrapRip, out TrapSite site))
            throw new InvalidOperationException($"a trap at {cpu.TrapRip:x}, where no stub is");
        CurrentStub = site.Stub;
        ref CpuState state = ref cpu.State;
        if (site.Kind == TrapKind.CallReturned)
        {
            FrameAddress = state.Rsp + (ulong)site.FrameOffset;
            kernel.IrpDispatch.Returned();
            return;
        }
        try
        {
            if (site.Kind == TrapKind.Resume)
                HandleResume(ref state);
            else
                HandleEntry(ref state, site);
            int cost = RoutineTable.Get(site.Stub).Cost;
            state.Clock += cost >= 0 ? (ulong)cost : kernel.Computer.Costs.Routine;
        }
        catch (GuestException exception)
        {
            LeaveRoutine(cpu, site);
            kernel.Exceptions.Raise(exception);
        }
        catch (GuestBugCheck bugCheck)
        {
            LeaveRoutine(cpu, site);
            kernel.BugChecks.Start(bugCheck);
        }
        catch
        {
            LeaveRoutine(cpu, site); // Our fault: the computer marks itself failed, and stands readable at this trap.
            throw;
        }
    }

    /// <summary>Ends a sequence's stub: the processor goes on at its epilog.</summary>
    public void ReturnFromSequence(Activation activation, ulong result)
    {
        ref CpuState cpu = ref kernel.Cpu.State;
        cpu.Rax = result;
        cpu.Rbp = activation.FrameAddress - 8;
        cpu.Rip = kernel.Stubs.AddressOf(activation.Stub) + StubShapes.SequenceEpilog;
    }

    public void FinishTail(Outcome outcome)
    {
        ref CpuState cpu = ref kernel.Cpu.State;
        switch (outcome.Kind)
        {
            case OutcomeKind.Return:
                cpu.Rax = outcome.Value;
                break;
            case OutcomeKind.Jump:
                cpu.Rip = outcome.Value;
                break;
            case OutcomeKind.Parked:
                break; // The registers are those of another thread by now.
            case OutcomeKind.Resume:
                kernel.Exceptions.LoadContext(outcome.Value);
                break;
        }
    }

    /// <summary>Writes the register arguments to the caller's home space, so that the stack shows them.</summary>
    public void SpillHomeSlots(ulong frameAddress)
    {
        ref CpuState cpu = ref kernel.Cpu.State;
        kernel.Memory.WriteU64(frameAddress + 8, cpu.Rcx);
        kernel.Memory.WriteU64(frameAddress + 16, cpu.Rdx);
        kernel.Memory.WriteU64(frameAddress + 24, cpu.R8);
        kernel.Memory.WriteU64(frameAddress + 32, cpu.R9);
    }

    private void HandleEntry(ref CpuState state, in TrapSite site)
    {
        PopDead(state.Rsp, isResume: false);
        FrameAddress = state.Rsp + (ulong)site.FrameOffset;
        Routine routine = RoutineTable.Get(site.Stub);
        if ((byte)state.Cr8 > routine.MaxIrql)
            kernel.Report(FindingKind.IrqlTooHigh, kernel.Stubs.AddressOf(site.Stub), routine.MaxIrql, state.Cr8);
        if (routine.Class == RoutineClass.Sequence || routine.CallsResult)
            SpillHomeSlots(FrameAddress);
        if (routine.Class == RoutineClass.Sequence)
            kernel.Runner.Begin(site.Stub, FrameAddress);
        routine.Thunk(kernel, new Trap(kernel, ref state, FrameAddress));
    }

    private void HandleResume(ref CpuState state)
    {
        ulong result = state.Rax;
        if (PopDead(state.Rsp, isResume: true) is not { } activation || activation.Rsp != state.Rsp || activation.Stub != CurrentStub)
            throw new GuestBugCheck(Nt.BugCheckCode.KERNEL_STACK_LOCKED_AT_EXIT, state.Rsp, kernel.Cpu.TrapRip);
        FrameAddress = activation.FrameAddress;
        kernel.Contracts.Check(activation);
        state.Rsp = activation.LocalRsp;
        kernel.Runner.Resume(activation, result);
    }

    /// <summary>Drops the sequences of this stack that were unwound or jumped over: their RSP is below the current one. Returns the top one.</summary>
    private Activation? PopDead(ulong rsp, bool isResume)
    {
        if (kernel.Stacks.Find(rsp) is not { Activations: { Count: > 0 } waiting })
            return null;
        while (waiting.Count > 0 && (waiting[^1].Rsp < rsp || (!isResume && waiting[^1].Rsp == rsp)))
            waiting.RemoveAt(waiting.Count - 1);
        return waiting.Count > 0 ? waiting[^1] : null;
    }

    /// <summary>Drops the C# frames of the routine and stands at its trap again.</summary>
    private void LeaveRoutine(Processor cpu, in TrapSite site)
    {
        kernel.Runner.Abandon();
        cpu.State.Rip = cpu.TrapRip;
        if (site.Kind == TrapKind.Entry)
            cpu.State.Rsp = FrameAddress - (ulong)site.FrameOffset; // Scratch areas are gone.
    }
}
