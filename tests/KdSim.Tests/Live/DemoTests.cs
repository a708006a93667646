using KdSim.CommandLine;
using KdSim.ConsoleFront;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>The demo machine as a newcomer meets it: device tree, a stop in a DPC, a pending read, the scenario to its end.</summary>
public class DemoTests
{
    static string Run(string commands)
    {
        Options options = OptionTable.Parse(["-kqm", "-c", commands], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using ConsoleHost host = new(options, MachineChoice.From(options), TextReader.Null, output);
        Assert.Equal(0, host.Run());
        return output.ToString();
    }

    [Fact]
    public void A_stop_in_the_dpc_shows_a_true_stack_and_the_pending_requests_twice_the_same()
    {
        const string Commands = "!devnode 0 1; bp pulse!PulseDpcForIsr; g; k; !irql; !irpfind; q";
        string first = Run(Commands);
        Assert.Equal(first, Run(Commands));
        Assert.Matches("^[01]: kd> ", first);
        Assert.Contains("""
            ServiceName is "pulse"
                      State = DeviceNodeStarted (0x308)
            """, first);
        Assert.Matches("pulse!PulseDpcForIsr \\[src.drivers.pulse.isr.c @ \\d+\\]\n01 .* nt!KiRetireDpcList", first);
        Assert.Matches("Debugger saved IRQL for processor 0x[01] -- 2 \\(DISPATCH_LEVEL\\)", first);
        Assert.Matches(@"irpStack: \( 3, 0\) .*\[ \\Driver\\pulse\]", first);
    }

    [Fact]
    public void The_scenario_ends_as_it_expects()
    {
        string output = Run("g; q");
        Assert.Contains("Scenario finished: 2 threads", output);
        Assert.Contains("0 expectations failed", output);
    }

    [Theory]
    [InlineData("break", "Scenario finished", true)]
    [InlineData("run", "The limit of", true)]
    [InlineData("exit", "Scenario finished", false)]
    public void The_machine_says_what_happens_when_its_programs_are_done(string onIdle, string expected, bool promptFollows)
    {
        Options options = OptionTable.Parse(["-kqm", "--limit", "1s", "-c", "g"], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using StringReader input = new(".echo still here\n");
        using ConsoleHost host = new(options, MachineChoice.From(options) with { OnIdle = Enum.Parse<OnIdle>(onIdle, ignoreCase: true) }, input, output);
        Assert.Equal(0, host.Run());
        Assert.Contains(expected, output.ToString());
        Assert.Equal(promptFollows, output.ToString().Contains("still here"));
    }

    [Fact]
    public void The_shipped_script_stops_with_a_read_pending_that_shows_both_drivers()
    {
        string script = Path.Combine(LiveConsole.Root, "src", "drivers", "pulse", "pending-read.kd");
        string output = Run($"$$>< {script}");
        Assert.Contains("PulseDispatchRead returned 103", output);
        Assert.Contains("pulseflt!PulseFltReadComplete", output);
        Assert.Contains("Success Error Cancel pending", output);
        Assert.Contains(@"\Driver\pulseflt", output);
    }

    [Fact]
    public void A_stop_at_the_devices_irql_is_at_interrupt_entry_and_one_in_the_driver_at_its_spin_lock()
    {
        Assert.Matches("Breakpoint 0 hit\nIRQL . \\(\\w+\\) -> a \\(DEVICE_LEVEL\\) on processor \\d by nt!KiInterruptDispatch", Run("bi raise == a; g; q"));
        string driver = Run("bi /m pulse == DISPATCH; g; k; q");
        Assert.Contains("-> 2 (DISPATCH_LEVEL)", driver);
        Assert.Matches("nt!KeAcquireSpinLockRaiseToDpc.*\n01 .* pulse!", driver);
    }
}
