using KdSim.Kernel.Scenarios;
using KdSim.Machine;
using Xunit;

namespace KdSim.Kernel.Tests.Scenarios;

/// <summary>Scenarios on a machine with the Buffers driver.</summary>
public class ScenarioRunTests
{
    private const string Talk = """
        thread talker process talker.exe {
            loop 2 {
                b = open "\\.\Buffers"
                x = ioctl b 0x80212000 in "hello" out 5
                expect x data "olleh"
                close b
            }
            parallel { { sleep 1ms } { expect x bytes 4 } }
        }
        """;

    private sealed class Listener : IKernelObserver
    {
        public List<string> Heard { get; } = [];

        public void SystemStarted(int cpu) => Heard.Add("started");

        public void ExpectationFailed(int cpu, string text) => Heard.Add(text);

        public void ScenarioFinished(int cpu, string text) => Heard.Add(text);

        public void ModuleUnloaded(int cpu, string name, ulong imageBase, uint size) => Heard.Add($"{name} unloaded");

        public void LegacyDriverStarted(int cpu, string service, uint status) => Heard.Add($"{service} answered {status:x}");
    }

    [Fact]
    public void A_scenario_runs_behind_the_start_and_counts_what_fails()
    {
        var program = ScenarioProgram.Compile(ScenarioGrammar.Parse("talk.scenario", Talk));
        using TestMachine machine = TestMachine.Boot(program, "buffers");
        var listener = new Listener();
        machine.Kernel.Observer = listener;
        RunResult result = machine.Run(ticks: 100_000_000); // A sleep ends with a tick of the clock, each 15.6 ms.
        Assert.True(result.Reason == StopReason.TimeLimit, result.Text);
        Assert.Equal(
        [
            "buffers answered 0", "started", "talk.scenario(8,32): expected x bytes 4, got 5",
            "Scenario finished: 3 threads, 10 statements, 1 expectation failed",
        ], listener.Heard);
        Assert.Empty(machine.Kernel.Roots.Findings);
    }

    [Fact]
    public void A_driver_is_unloaded_behind_the_last_close_and_can_be_loaded_again()
    {
        const string Text = """
            thread main {
                b = open "\\.\Buffers"
                unload buffers
                print "still open"
                close b
                load buffers
                c = open "\\.\Buffers"
                close c
                unload buffers
                unload buffers
            }
            """;
        var program = ScenarioProgram.Compile(ScenarioGrammar.Parse("unload.scenario", Text));
        using TestMachine machine = TestMachine.Boot(program, "buffers");
        var listener = new Listener();
        machine.Kernel.Observer = listener;
        RunResult result = machine.Run(ticks: 100_000_000);
        Assert.True(result.Reason == StopReason.TimeLimit, result.Text);
        Assert.Equal(
        [
            "buffers answered 0", "started", "buffers.sys unloaded", "buffers answered 0", "buffers.sys unloaded",
            "unload.scenario(10,5): Unload buffers answered ObjectNameNotFound", "Scenario finished: 1 thread, 9 statements, 1 expectation failed",
        ], listener.Heard);
        Assert.Empty(machine.Kernel.Roots.Findings);
    }
}
