using KdSim.Kernel.Routines;
using KdSim.Machine;
using Xunit;

namespace KdSim.Kernel.Tests.Ke;

/// <summary>ketest: the dispatcher as drivers use it, and on its long run with threads, DPCs and timers what every machine promises.</summary>
public class DispatcherDriverTests
{
    private const ulong End = 8 * TestDriverRun.Second;
    private const ulong Middle = End / 16;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void The_driver_that_checks_the_dispatcher_finds_nothing_wrong(int processors)
    {
        using var run = new TestDriverRun("ketest", processors);
        run.Machine.Run(End);
        run.AssertPassed("events", "semaphores", "mutexes", "multiple", "time", "DPCs", "timers", "threads", "spin locks", "lists", "resources",
            "work items", "remove locks", "routine address");
    }

    [Fact]
    public void Two_runs_are_equal_and_a_restored_machine_behaves_like_its_source()
    {
        using var first = new TestDriverRun("ketest");
        using var second = new TestDriverRun("ketest");
        first.Machine.Run(Middle);
        second.Machine.Run(Middle);
        UInt128 middle = first.Machine.Computer.Hash();
        Assert.Equal(second.Machine.Computer.Hash(), middle);
        var snapshot = first.Machine.Computer.TakeSnapshot();
        first.Machine.Computer.Restore(snapshot);               // saving and restoring at once changes nothing
        Assert.Equal(middle, first.Machine.Computer.Hash());
        first.Machine.Run(End);
        UInt128 end = first.Machine.Computer.Hash();
        first.Machine.Computer.Restore(snapshot);
        Assert.Equal(middle, first.Machine.Computer.Hash());
        first.Machine.Run(End);
        Assert.Equal(end, first.Machine.Computer.Hash());
        second.Machine.Run(End);
        Assert.Equal(end, second.Machine.Computer.Hash());
    }

    [Fact]
    public void A_thousand_breakpoints_and_single_steps_change_nothing()
    {
        using var plain = new TestDriverRun("ketest");
        using var watched = new TestDriverRun("ketest");
        plain.Machine.Run(Middle);
        Computer computer = watched.Machine.Computer;
        ulong text = watched.Machine.Kernel.Stubs.AddressOf(Stub.KeSetEvent) & ~0xFFFUL;
        for (ulong i = 0; i < 1000; i++)
            computer.Breakpoints.Add(text + i * 32);            // every stub of these pages, KeSetEvent among them
        int hits = 0;
        while (computer.Run(RunRequest.Until(Middle)).Reason is var reason && reason != StopReason.TimeLimit)
        {
            Assert.Equal(StopReason.Breakpoint, reason);
            if (++hits % 16 == 0)
                computer.Run(RunRequest.Step(hits / 16 % 2, 20) with { TimeLimit = Middle });
        }
        Assert.InRange(hits, 20, 10_000_000);
        Assert.Equal(plain.Machine.Computer.Hash(), computer.Hash());
    }
}
