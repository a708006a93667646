using System.Collections.Immutable;
using KdSim.Kernel.Dbg;
using KdSim.Kernel.Images;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Scenarios;

/// <summary>
/// What scenario!main decides between its calls: carries a thread's program on, one phase of one statement at a time. Runs in user mode, in the thread's
/// process, on what is in user memory; what it wants of the system, it has the program call.
/// </summary>
public sealed class ScenarioRunner(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint AllAccess = 0x1F_FFFF;
    private const ulong CurrentProcess = ulong.MaxValue;
    private const uint SetupStages = 2;

    private ScenarioProgram Program => Kernel.Options.Scenario!;

    /// <summary>The step at which a thread stands; its end, where somebody wrote over its memory.</summary>
    public Step StepOf(int thread)
    {
        ImmutableArray<Step> steps = Program.Threads[thread].Steps;
        return steps[(int)Math.Min(Memory.ReadU32(ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Step), (uint)steps.Length - 1)];
    }

    internal Statement StatementOf(int thread) => StepOf(thread).Statement!;

    /// <summary>RAX is what the last call answered. Leaves in RAX the routine to call, its arguments prepared, or 0: nothing this time.</summary>
    [NtRoutine("KiScenarioNext")]
    public void KiScenarioNext()
    {
        ref CpuState cpu = ref Cpu.State;
        int thread = ScenarioMemory.ThreadOf(cpu.Rbx);
        NtStatus answer = (NtStatus)(uint)cpu.Rax;
        int phase = (int)Memory.ReadU32(PhaseOf(thread));
        cpu.Rax = 0;
        if (Memory.ReadU32(SetupOf(thread)) is var stage && stage < SetupStages)
        {
            Memory.WriteU32(SetupOf(thread), stage + 1);
            SetUp(thread, stage);
            return;
        }
        if (phase == 0 && Kernel.SystemPower.IsFrozen(Kernel.KernelObjects.Thread))
        {
            Call(Stub.NtScenarioStandStill);
            return;
        }
        if (Carry(thread, StepOf(thread), phase, answer))
        {
            Memory.WriteU32(PhaseOf(thread), (uint)phase + 1);
            return;
        }
        Memory.WriteU32(PhaseOf(thread), 0);
        Advance(thread);
    }

    /// <summary>Prepares a call of the program. True, for a statement that goes on behind it.</summary>
    internal bool Call(ulong routine, params ReadOnlySpan<ulong> arguments)
    {
        ref CpuState cpu = ref Cpu.State;
        for (int i = 4; i < arguments.Length; i++)
            Memory.WriteU64(cpu.Rsp + (ulong)i * 8, arguments[i]);
        cpu.Rcx = arguments.Length > 0 ? arguments[0] : 0;
        cpu.Rdx = arguments.Length > 1 ? arguments[1] : 0;
        cpu.R8 = arguments.Length > 2 ? arguments[2] : 0;
        cpu.R9 = arguments.Length > 3 ? arguments[3] : 0;
        cpu.Rax = routine;
        return true;
    }

    internal bool Call(Stub service, params ReadOnlySpan<ulong> arguments) => Call(SystemServiceNumbers.StubOf(service), arguments);

    /// <summary>One phase of the step at which the thread stands: true if it calls something and goes on with the answer.</summary>
    private bool Carry(int thread, Step step, int phase, NtStatus answer)
    {
        switch (step.Kind)
        {
            case StepKind.Fork: return Fork(thread, step, phase, answer);
            case StepKind.Join: return Join(step, phase);
            case StepKind.End: return Call(Kernel.Stubs.AddressOf(Stub.RtlExitUserThread), 0);
            case StepKind.Do: break;
            default: return false;
        }
        if (phase == 0)
        {
            Kernel.ScenarioThreads.CountStatement();
            Observer?.ScenarioStepped(Cpu.Number, thread, step.Statement!);
        }
        switch (step.Statement)
        {
            case Statement.Open open: return Kernel.ScenarioRequests.Open(thread, open, phase, answer);
            case Statement.Read read: return Kernel.ScenarioRequests.Read(thread, read, phase, answer);
            case Statement.Write write: return Kernel.ScenarioRequests.Write(thread, write, phase, answer);
            case Statement.Ioctl ioctl: return Kernel.ScenarioRequests.Ioctl(thread, ioctl, phase, answer);
            case Statement.Cancel cancel: return phase == 0 && Kernel.ScenarioRequests.Cancel(thread, cancel);
            case Statement.Wait wait: return phase == 0 && Kernel.ScenarioRequests.Wait(thread, wait);
            case Statement.Close close: return Kernel.ScenarioRequests.Close(thread, close, phase, answer);
            case Statement.Sleep sleep:
                return phase == 0 && Call(Stub.NtDelayExecution, sleep.Alertable ? 1u : 0, Kernel.ScenarioMemory.Interval(thread, sleep.Ticks));
            case Statement.Touch touch:
                return phase == 0 && Call(Kernel.Stubs.AddressOf(touch.Writes ? Stub.WriteByte : Stub.ReadByte), touch.Address);
            case Statement.World: return phase == 0 && Call(Stub.NtScenarioAct, (ulong)thread);
            case Statement.Expect: Kernel.ScenarioExpectations.Check(thread); return false;
            case Statement.Print print: Kernel.DebugPrinting.Transmit(ComponentMasks.Default, ComponentMasks.Information, print.Text + "\n"); return false;
            case Statement.Exit: return false;
            default: throw new NotSupportedException($"a scenario's {step.Statement?.GetType().Name} is not supported");
        }
    }

    /// <summary>Goes to the next step, or where a loop or `exit` says.</summary>
    private void Advance(int thread)
    {
        ulong place = ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Step;
        int now = (int)Memory.ReadU32(place), next = now + 1;
        Step step = StepOf(thread);
        switch (step)
        {
            case { Kind: StepKind.LoopStart, Statement: Statement.Loop loop }:
                Memory.WriteU32(Kernel.ScenarioMemory.CounterOf(thread, step.Slot), loop.Count);
                next = loop.Count == 0 ? step.Target : next;
                break;
            case { Kind: StepKind.LoopEnd }:
                ulong counter = Kernel.ScenarioMemory.CounterOf(thread, step.Slot);
                uint left = Memory.ReadU32(counter) - 1;
                Memory.WriteU32(counter, left);
                next = left != 0 ? step.Target : next;
                break;
            case { Statement: Statement.Exit }:
                next = Program.Threads[thread].Steps.Length - 1;
                break;
        }
        Memory.WriteU32(place, (uint)next);
    }

    /// <summary>The thread gives itself the priority (stage 0) and the processor (stage 1) that the scenario names. False: nothing to call.</summary>
    private bool SetUp(int thread, uint stage)
    {
        const ulong threadPriority = 2, basePriority = 3, affinityMask = 4, currentThread = ulong.MaxValue - 1;
        const int normal = 8;
        ulong place = ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Time;
        if (stage == 0 && Program.Threads[thread].Priority is { } priority)
        {
            bool isRealtime = priority >= Ke.Scheduler.LowRealtime;
            Memory.WriteU32(place, (uint)(isRealtime ? priority : priority - normal));
            return Call(Stub.NtSetInformationThread, currentThread, isRealtime ? threadPriority : basePriority, place, 4);
        }
        if (stage == 1 && Program.Threads[thread].Processor is { } processor)
        {
            Memory.WriteU64(place, 1UL << processor);
            return Call(Stub.NtSetInformationThread, currentThread, affinityMask, place, 8);
        }
        return false;
    }

    /// <summary>Starts the threads of a block, each with a handle in its own page for the join.</summary>
    private bool Fork(int thread, Step step, int phase, NtStatus answer)
    {
        if (phase > 0 && !answer.IsSuccess)
            Kernel.ScenarioExpectations.Fail(thread, $"a thread of the block could not be created: {answer}");
        if (phase == step.Threads.Length)
            return false;
        ulong child = ScenarioMemory.ThreadAt(step.Threads[phase]);
        Memory.WriteU32(child + ScenarioMemory.Step, 0);
        Memory.WriteU32(child + ScenarioMemory.Phase, 0);
        Memory.WriteU32(child + ScenarioMemory.Setup, 0);
        Memory.WriteU64(child + ScenarioMemory.Starter, 0);
        ulong start = Kernel.Stubs.AddressOf(Stub.main);
        return Call(Stub.NtCreateThreadEx, child + ScenarioMemory.Starter, AllAccess, 0, CurrentProcess, start, child, 0, 0, 0, 0, 0);
    }

    /// <summary>Waits for each thread of a block, and closes its handle.</summary>
    private bool Join(Step step, int phase)
    {
        if (phase == step.Threads.Length * 2)
            return false;
        ulong handle = Memory.ReadU64(ScenarioMemory.ThreadAt(step.Threads[phase / 2]) + ScenarioMemory.Starter);
        return phase % 2 == 0 ? Call(Stub.NtWaitForSingleObject, handle, 0, 0) : Call(Stub.NtClose, handle);
    }

    private static ulong SetupOf(int thread) => ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Setup;

    private static ulong PhaseOf(int thread) => ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Phase;
}
