using KdSim.Machine.Cpu;
using KdSim.Machine.Snapshots;
using Xunit;

namespace KdSim.Machine.Tests.Runs;

/// <summary>Whole runs on 1, 2 and 4 processors: nothing that only looks may change what the machine does.</summary>
public class RunTests
{
    public static TheoryData<string, int> All =>
        new() { { "lock", 1 }, { "lock", 2 }, { "lock", 4 }, { "ring", 1 }, { "ring", 2 }, { "ring", 4 } };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_spin_lock_keeps_processors_apart(int processors)
    {
        using GuestMachine machine = Create("lock", processors);
        Assert.Equal(StopReason.Idle, machine.RunToEnd().Reason);
        Assert.Equal((ulong)(Programs.Rounds * processors), machine.Word(Programs.Counter));
        Assert.Equal(Programs.Rounds * processors, machine.Traps);
        Assert.All(machine.Computer.Processors, cpu => Assert.Equal(1, cpu.State.Halted));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Doorbells_go_round_and_cr8_follows_the_vector(int processors)
    {
        using GuestMachine machine = Create("ring", processors);
        Assert.Equal(StopReason.Idle, machine.RunToEnd().Reason);
        ulong bells = Enumerable.Range(0, processors).Aggregate(0UL, (sum, n) => sum + machine.Word(Programs.PerProcessor + n));
        Assert.True(bells >= 50 * (ulong)processors - 1, bells.ToString());
        Assert.Equal(bells * 2, (ulong)machine.IrqlChanges.Count);
        Assert.All(machine.IrqlChanges, change => Assert.Contains((change.Old, change.New), new (byte, byte)[] { (0, 4), (4, 0) }));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Two_runs_are_equal(string program, int processors)
    {
        Assert.Equal(HashOfRun(program, processors, m => { m.RunToEnd(); }), HashOfRun(program, processors, m => { m.RunToEnd(); }));
    }

    [Fact]
    public void The_seed_decides_the_interleaving()
    {
        ulong[] orders = [.. Enumerable.Range(0, 8).Select(seed =>
        {
            using GuestMachine machine = Create("lock", 4, (ulong)seed);
            machine.RunToEnd();
            return machine.Word(Programs.Order);
        })];
        Assert.True(orders.Distinct().Count() > 4);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Stops_do_not_show(string program, int processors)
    {
        UInt128 whole = HashOfRun(program, processors, m => { m.RunToEnd(); });
        Assert.Equal(whole, HashOfRun(program, processors, RunInSmallPieces));
        Assert.Equal(whole, HashOfRun(program, processors, machine => RunBySteps(machine, processors)));
        Assert.Equal(whole, HashOfRun(program, processors, RunOverBreakpoints));
        Assert.Equal(whole, HashOfRun(program, processors, RunOverBreaks));
        Assert.Equal(whole, HashOfRun(program, processors, RunOverWatchpoints));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_restored_machine_goes_on_as_its_source_did(string program, int processors)
    {
        using GuestMachine machine = Create(program, processors);
        Computer computer = machine.Computer;
        var taken = new List<(Snapshot Snapshot, UInt128 Hash)>();
        for (ulong time = 3_001; computer.Run(RunRequest.Until(time)).Reason == StopReason.TimeLimit; time += 7_003)
            taken.Add((computer.TakeSnapshot(), computer.Hash()));
        UInt128 end = computer.Hash();
        Assert.True(taken.Count > 3);

        foreach (int i in new[] { taken.Count - 1, 0, taken.Count / 2, 1 })
        {
            computer.Restore(taken[i].Snapshot);
            Assert.Equal(taken[i].Hash, computer.Hash());                                  // restore works
            Snapshot again = computer.TakeSnapshot();
            computer.Restore(again);
            Assert.Equal(taken[i].Hash, computer.Hash());                                  // save and restore is identity
            machine.RunToEnd();
            Assert.Equal(end, computer.Hash());                                            // behaves like its source
        }
    }

    [Fact]
    public void A_broken_invariant_fails_the_machine_and_leaves_it_readable()
    {
        using GuestMachine machine = Create("lock", 2);
        machine.Computer.TrapHandler = null;
        RunResult result = machine.RunToEnd();
        Assert.Equal(StopReason.Failed, result.Reason);
        Assert.Contains("VMCALL at 0000000000010", result.Text);
        Assert.Equal(StopReason.Failed, machine.RunToEnd().Reason);
        machine.Computer.Hash();
    }

    private static void RunInSmallPieces(GuestMachine machine)
    {
        ulong time = 0;
        while (machine.Computer.Run(RunRequest.Until(time)).Reason == StopReason.TimeLimit)
            time += 137;
    }

    private static void RunBySteps(GuestMachine machine, int processors)
    {
        for (int turn = 0; ; turn++)
        {
            RunResult result = machine.Computer.Run(RunRequest.Step(turn % processors));
            if (result.Reason == StopReason.Idle)
                return;
            Assert.Equal(StopReason.Stepped, result.Reason);
            if (machine.Computer.Processors.All(cpu => cpu.State.Steps > 100_000))
                Assert.Fail("the program does not end");
        }
    }

    private static void RunOverBreakpoints(GuestMachine machine)
    {
        for (ulong address = 0; address < 0x100; address++)
            machine.Computer.Breakpoints.Add(GuestMachine.Code + address);
        int hits = 0;
        RunResult result;
        while ((result = machine.RunToEnd()).Reason == StopReason.Breakpoint)
            hits++;
        Assert.Equal(StopReason.Idle, result.Reason);
        Assert.True(hits > 100);
    }

    private static void RunOverBreaks(GuestMachine machine)
    {
        for (int i = 0; i < 50; i++)
        {
            machine.Computer.RequestBreak();
            Assert.Equal(StopReason.Break, machine.RunToEnd().Reason);
            machine.Computer.Run(RunRequest.Until((ulong)i * 500));
        }

        machine.RunToEnd();
    }

    private static void RunOverWatchpoints(GuestMachine machine)
    {
        for (int word = 0; word < 16; word++)
            machine.Computer.Watchpoints.Add(new Watchpoint(GuestMachine.Data + (ulong)word * 64, 8, OnRead: true, OnWrite: true));
        int hits = 0;
        RunResult result;
        while ((result = machine.RunToEnd()).Reason == StopReason.Watchpoint)
        {
            Assert.NotNull(result.Watch);
            hits++;
        }

        Assert.Equal(StopReason.Idle, result.Reason);
        Assert.True(hits > 20);
    }

    private static UInt128 HashOfRun(string program, int processors, Action<GuestMachine> run)
    {
        using GuestMachine machine = Create(program, processors);
        run(machine);
        Assert.Null(machine.Computer.Failure);
        return machine.Computer.Hash();
    }

    private static GuestMachine Create(string program, int processors, ulong seed = 1) =>
        program == "lock" ? new GuestMachine(processors, Programs.Contend, seed) : Programs.Ring(processors, seed);
}
