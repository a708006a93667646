using KdSim.Kernel.Dbg;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Scenarios;

/// <summary>
/// The user threads of a scenario: starts them when the device tree stands, walks their steps, ends them. A thread runs nt!KiScenarioThread in its process's
/// address space, with previous mode UserMode; all that it knows is in user memory (<see cref="ScenarioMemory"/>).
/// </summary>
[NtData("KiScenarioRunning", 4)]
[NtData("KiScenarioThreads", 4)]
[NtData("KiScenarioStatements", 4)]
[NtData("KiScenarioFailures", 4)]
public sealed class ScenarioThreads(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint AllAccess = 0x1F_FFFF;

    private ScenarioProgram Program => Kernel.Options.Scenario!;

    /// <summary>The step at which a thread stands.</summary>
    public Step StepOf(int thread) => Program.Threads[thread].Steps[(int)Memory.ReadU32(ScenarioMemory.ThreadAt(thread) + ScenarioMemory.Step)];

    internal void CountFailure() => Add(Datum.KiScenarioFailures, 1);

    /// <summary>Makes the processes, their threads and the thread of the timed actions, then lets all run. On the first thread.</summary>
    [NtRoutine("KiStartScenario")]
    public async KTask KiStartScenario()
    {
        ulong processes = Guest.Scratch(Program.Threads.Length * 8 + 8);
        for (int i = 0; i < Program.Threads.Length; i++)
            Memory.WriteU64(processes + (ulong)i * 8, ProcessFor(i, processes));
        Add(Datum.KiScenarioRunning, 1); // So that nothing is finished before all have begun.
        if (Program.Timed.Length != 0)
        {
            Add(Datum.KiScenarioRunning, 1);
            await Kernel.Threads.Start(Kernel.Threads.TryCreateSystem(Kernel.Stubs.AddressOf(Stub.KiScenarioWorld), 0).Ptr);
        }
        for (int i = 0; i < Program.Threads.Length; i++)
            if (Program.Threads[i].Parent < 0)
                await Kernel.Threads.Start(Create(i, new(Memory.ReadU64(processes + (ulong)i * 8))).Ptr);
        await Guest.Call(Stub.KiScenarioThreadEnds);
    }

    /// <summary>A thread of a scenario: its steps, then its end.</summary>
    [NtRoutine("KiScenarioThread")]
    public async KTask KiScenarioThread(ulong Number, ulong Context)
    {
        int thread = (int)Number;
        while (StepOf(thread).Kind != StepKind.End)
            await Carry(thread);
        await Guest.Call(Stub.IoCancelThreadIo);
        if (Kernel.KernelObjects.Process.ActiveThreads == 1)
            await Kernel.Processes.Exit(Kernel.KernelObjects.Process.Ptr, NtStatus.Success);
        await Guest.Call(Stub.KiScenarioThreadEnds);
        await Kernel.Threads.Exit(NtStatus.Success);
    }

    /// <summary>One less runs; the last says that the scenario is finished.</summary>
    [NtRoutine("KiScenarioThreadEnds")]
    public void KiScenarioThreadEnds()
    {
        Add(Datum.KiScenarioRunning, -1);
        if (Count(Datum.KiScenarioRunning) == 0)
            Observer?.ScenarioFinished(Cpu.Number, $"Scenario finished: {Counted(Datum.KiScenarioThreads, "thread")}, " +
                $"{Counted(Datum.KiScenarioStatements, "statement")}, {Counted(Datum.KiScenarioFailures, "expectation")} failed");
    }

    private async KTask Carry(int thread)
    {
        if (StepOf(thread).Kind is StepKind.Do)
        {
            Add(Datum.KiScenarioStatements, 1);
            Observer?.ScenarioStepped(Cpu.Number, thread, StepOf(thread).Statement!);
        }
        await Begin(thread);
        Advance(thread);
    }

    /// <summary>Carries out the step at which the thread stands.</summary>
    private KTask Begin(int thread)
    {
        Step step = StepOf(thread);
        if (step.Kind != StepKind.Do)
            return step.Kind switch { StepKind.Fork => Fork(thread), StepKind.Join => Join(thread), _ => KTask.Done };
        switch (step.Statement)
        {
            case Statement.Open: return Kernel.ScenarioRequests.Open(thread);
            case Statement.Read: return Kernel.ScenarioRequests.Read(thread);
            case Statement.Write: return Kernel.ScenarioRequests.Write(thread);
            case Statement.Ioctl: return Kernel.ScenarioRequests.Ioctl(thread);
            case Statement.Cancel: return Kernel.ScenarioRequests.Cancel(thread);
            case Statement.Wait: return Kernel.ScenarioRequests.Wait(thread);
            case Statement.Close: return Kernel.ScenarioRequests.Close(thread);
            case Statement.World: return Kernel.ScenarioWorld.Do(thread);
            case Statement.Sleep sleep: return Sleep(thread, sleep.Ticks);
            case Statement.Expect: Kernel.ScenarioExpectations.Check(thread); return KTask.Done;
            case Statement.Print print: Kernel.DebugPrinting.Transmit(ComponentMasks.Default, ComponentMasks.Information, print.Text + "\n"); return KTask.Done;
            case Statement.Exit: return KTask.Done;
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

    private async KTask Sleep(int thread, ulong ticks) =>
        await Guest.Call(Stub.KeDelayExecutionThread, 1, 0, Kernel.ScenarioMemory.Interval(thread, ticks));

    /// <summary>Starts the threads of a block, each with a handle in its own page for the join.</summary>
    private async KTask Fork(int thread)
    {
        for (int i = 0; i < StepOf(thread).Threads.Length; i++)
        {
            int child = StepOf(thread).Threads[i];
            Memory.WriteU32(ScenarioMemory.ThreadAt(child) + ScenarioMemory.Step, 0);
            View<ETHREAD> created = Create(child, Kernel.KernelObjects.Process);
            Kernel.Objects.Reference(created.Address);
            Memory.WriteU64(ScenarioMemory.ThreadAt(child) + ScenarioMemory.Starter, Kernel.HandleTables.Insert(created.Address, AllAccess, 0, false));
            await Kernel.Threads.Start(created.Ptr);
        }
    }

    private async KTask Join(int thread)
    {
        for (int i = 0; i < StepOf(thread).Threads.Length; i++)
        {
            ulong handle = Memory.ReadU64(ScenarioMemory.ThreadAt(StepOf(thread).Threads[i]) + ScenarioMemory.Starter);
            await Kernel.ScenarioRequests.WaitFor(handle, 0);
            await Guest.Call(Stub.NtClose, handle);
        }
    }

    private ulong ProcessFor(int thread, ulong processes)
    {
        for (int i = 0; i < thread; i++)
            if (Program.Threads[i].Process.Equals(Program.Threads[thread].Process, StringComparison.OrdinalIgnoreCase))
                return Memory.ReadU64(processes + (ulong)i * 8);
        View<EPROCESS> process = Kernel.Processes.Create(Program.Threads[thread].Process);
        Kernel.ScenarioMemory.Prepare(process, Program.Threads[thread].Process);
        return process.Address;
    }

    private View<ETHREAD> Create(int number, View<EPROCESS> process)
    {
        ulong routine = Kernel.Stubs.AddressOf(Stub.KiScenarioThread);
        View<ETHREAD> thread = Kernel.Threads.TryCreate(process, routine, (ulong)number, 0, routine);
        View<KTHREAD> control = thread.Tcb;
        control.SystemThread = false;
        control.PreviousMode = 1;
        if (Program.Threads[number].Priority is { } priority)
            control.Priority = control.BasePriority = (sbyte)priority;
        if (Program.Threads[number].Processor is { } processor && (Kernel.Processors.ActiveMask >> processor & 1) != 0)
        {
            control.Affinity = 1UL << processor;
            control.IdealProcessor = control.NextProcessor = (uint)processor;
        }
        Add(Datum.KiScenarioRunning, 1);
        Add(Datum.KiScenarioThreads, 1);
        return thread;
    }

    private uint Count(Datum datum) => Memory.ReadU32(Kernel.Data(datum));

    private string Counted(Datum datum, string what) => Count(datum) is var count && count == 1 ? $"1 {what}" : $"{count} {what}s";

    private void Add(Datum datum, int count) => Memory.WriteU32(Kernel.Data(datum), Count(datum) + (uint)count);
}
