using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Scenarios;

/// <summary>
/// Starts the processes and threads of a scenario when the device tree stands, and counts: threads, statements, failed expectations. When the last thread has
/// ended, the scenario is finished.
/// </summary>
[NtData("KiScenarioRunning", 4)]
[NtData("KiScenarioThreads", 4)]
[NtData("KiScenarioStatements", 4)]
[NtData("KiScenarioFailures", 4)]
public sealed class ScenarioThreads(NtKernel kernel) : KernelComponent(kernel)
{
    private ScenarioProgram Program => Kernel.Options.Scenario!;

    internal void CountFailure() => Add(Datum.KiScenarioFailures, 1);

    internal void CountStatement() => Add(Datum.KiScenarioStatements, 1);

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
        {
            if (Program.Threads[i].Parent >= 0)
                continue;
            NtStatus status = await Kernel.UserThreads.Start(Create(i, Memory.ReadU64(processes + (ulong)i * 8)));
            if (!status.IsSuccess)
                Refused(i, status);
        }
        for (int i = 0; i < Program.Threads.Length; i++)
            if (IsFirstOf(i))
                await Kernel.Objects.Dereference(Memory.ReadU64(processes + (ulong)i * 8)); // Its threads keep it.
        await Guest.Call(Stub.KiScenarioThreadEnds);
    }

    /// <summary>A thread of user mode is about to run.</summary>
    internal void Created(View<ETHREAD> thread)
    {
        if (!IsOurs(thread))
            return;
        Add(Datum.KiScenarioRunning, 1);
        Add(Datum.KiScenarioThreads, 1);
    }

    /// <summary>A thread of user mode ends, whatever ends it.</summary>
    internal async KTask Ended(Ptr<ETHREAD> thread)
    {
        if (IsOurs(thread))
            await Guest.Call(Stub.KiScenarioThreadEnds);
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

    private bool IsOurs(View<ETHREAD> thread) => thread.Win32StartAddress == Kernel.Stubs.AddressOf(Stub.main);

    private void Refused(int thread, NtStatus status)
    {
        CountFailure();
        Observer?.ExpectationFailed(Cpu.Number, $"{Path.GetFileName(Program.Name)}: process {Program.Threads[thread].Process} was refused: {status}");
    }

    /// <summary>True for the first thread of its process.</summary>
    private bool IsFirstOf(int thread) => FirstOf(thread) == thread;

    private int FirstOf(int thread)
    {
        for (int i = 0; i < thread; i++)
            if (Program.Threads[i].Process.Equals(Program.Threads[thread].Process, StringComparison.OrdinalIgnoreCase))
                return i;
        return thread;
    }

    private ulong ProcessFor(int thread, ulong processes)
    {
        if (!IsFirstOf(thread))
            return Memory.ReadU64(processes + (ulong)FirstOf(thread) * 8);
        View<EPROCESS> process = Kernel.Processes.Create(Program.Threads[thread].Process);
        Kernel.ScenarioMemory.Prepare(process, Program.Threads[thread].Process);
        return process.Address;
    }

    private Ptr<ETHREAD> Create(int number, ulong process)
    {
        ulong start = Kernel.Stubs.AddressOf(Stub.main);
        View<ETHREAD> thread = Kernel.UserThreads.TryCreate(new View<EPROCESS>(process), start, ScenarioMemory.ThreadAt(number));
        return !thread.IsNull ? thread.Ptr : throw new NotSupportedException($"a process of a scenario has at most {Mm.UserMemory.MostThreads} threads");
    }

    private uint Count(Datum datum) => Memory.ReadU32(Kernel.Data(datum));

    private string Counted(Datum datum, string what) => Count(datum) is var count && count == 1 ? $"1 {what}" : $"{count} {what}s";

    private void Add(Datum datum, int count) => Memory.WriteU32(Kernel.Data(datum), Count(datum) + (uint)count);
}
