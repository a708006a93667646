using KdSim.CommandLine;
using KdSim.Debugging.Targets;
using KdSim.Live;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>Going back and forth on the demo: each moment is again what it was, to the last bit, and inputs from outside happen again.</summary>
public class TimeTravelTests
{
    [Fact]
    public void Steps_back_pass_through_the_same_states()
    {
        LiveTarget target = Started();
        int breakpoint = target.Capability<IBreakpointControl>()!.Add(BreakpointKind.Execute, Address(target, "IofCompleteRequest"), 1);
        StopEvent stop = Run(target).Go();
        Assert.IsType<StopEvent.Breakpoint>(stop);
        target.Capability<IBreakpointControl>()!.Remove(breakpoint);
        int processor = stop.Processor;
        var states = new Stack<(ulong Rip, string Hash)>();
        for (int i = 0; i < 60; i++)
        {
            states.Push(State(target, processor));
            Run(target).Step(processor);
        }
        while (states.TryPop(out (ulong, string) expected))
        {
            Assert.IsType<StopEvent.Stepped>(Travel(target).StepBack(processor));
            Assert.Equal(expected, State(target, processor));
        }
    }

    [Fact]
    public void Going_back_meets_the_stops_in_reverse_order()
    {
        LiveTarget target = Started();
        target.Capability<IBreakpointControl>()!.Add(BreakpointKind.Execute, Address(target, "IofCallDriver"), 1);
        var stops = new Stack<(ulong Position, string Hash)>();
        while (Run(target).Go() is StopEvent.Breakpoint)
            stops.Push((Travel(target).Position, target.StateHash));
        Assert.InRange(stops.Count, 5, 10_000);
        while (stops.TryPop(out (ulong, string) expected))
        {
            Assert.IsType<StopEvent.Breakpoint>(Travel(target).GoBack());
            Assert.Equal(expected, (Travel(target).Position, target.StateHash));
        }
    }

    [Fact]
    public void An_input_happens_again_and_a_new_one_makes_another_future()
    {
        LiveTarget target = Started();
        ulong start = Travel(target).Position;
        const ulong UnusedMemory = 0x9000000;
        Assert.Equal(4, target.WritePhysical(UnusedMemory, [1, 2, 3, 4]));
        string written = target.StateHash;
        ulong middle = start + 500;
        Travel(target).SeekTo(start);
        Assert.Equal(written, target.StateHash);
        Run(target).Go();
        string end = target.StateHash;
        ulong last = Travel(target).Position;
        Travel(target).SeekTo(middle);
        Travel(target).SeekTo(last);
        Assert.Equal(end, target.StateHash);
        Travel(target).SeekTo(middle);
        target.WritePhysical(UnusedMemory, [9]);
        Assert.Equal(middle, Travel(target).End);
        Travel(target).SeekTo(last);
        Assert.Equal(middle, Travel(target).Position);
    }

    [Fact]
    public void The_start_is_the_machine_as_it_was_built()
    {
        LiveTarget target = Started();
        string now = target.StateHash;
        ulong here = Travel(target).Position;
        Assert.IsType<StopEvent.StartOfHistory>(Travel(target).SeekTo(0));
        Assert.Equal(0UL, Travel(target).Position);
        using LiveMachine built = DeterminismTests.Build([]);
        Assert.Equal($"{built.Computer.Hash():x32}", target.StateHash);
        Travel(target).SeekTo(here);
        Assert.Equal(now, target.StateHash);
    }

    [Fact]
    public void Commands_go_back_over_calls_and_out_of_functions()
    {
        string[] lines = ["bp pulse!PulseDpcForIsr", "g", "bc *", "bp pulse!PulseServiceReads", "g", "bc *", "gu-", "p-", "p-", "t-", "g-", "!tt 0:0"];
        string output = LiveConsole.RunDemo(lines);
        string[] expected =
        [
            "Breakpoint 0 hit", "pulse!PulseServiceReads ", "pulse!PulseDpcForIsr+", "call    pulse!PulseServiceReads", "pulse!PulseDpcForIsr+",
            "KeReleaseSpinLockFromDpcLevel", "TTD: Start of trace reached.", "Setting position: 0:0",
        ];
        int at = 0;
        foreach (string part in expected)
        {
            int found = output.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{part}' is missing after position {at} in:\n{output}");
            at = found;
        }
    }

    [Fact]
    public void A_bug_check_can_be_left_backwards()
    {
        string output = LiveConsole.RunDemo([".crash", "g-", ".bugcheck", "t-", "r rip"]);
        Assert.Contains("Fatal System Error: 0x000000e2", output);
        Assert.Contains("TTD: Start of trace reached.", output);
        Assert.Contains("Bugcheck code 00000000", output);
    }

    static IRunControl Run(LiveTarget target) => target.Capability<IRunControl>()!;

    static ITimeTravel Travel(LiveTarget target) => target.Capability<ITimeTravel>()!;

    static (ulong Rip, string Hash) State(LiveTarget target, int processor)
    {
        Assert.True(target.TryGetContext(processor, out ProcessorContext context));
        return (context.Integer!.Rip, target.StateHash);
    }

    static ulong Address(LiveTarget target, string routine) => target.Machine.Kernel.ImportResolver.Find(routine);

    static LiveTarget Started()
    {
        MachineDescription machine = MachineChoice.From(OptionTable.Parse(["-kqm"], windows: false, inputIsTerminal: false));
        var target = new LiveTarget(() => LiveMachine.Build(machine, DriverPackages.Read(machine)), new RunOptions(null));
        Assert.IsType<StopEvent.Restarted>(target.RunToStart(InitialBreak.Started));
        return target;
    }
}
