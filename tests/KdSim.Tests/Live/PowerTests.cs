using Xunit;

namespace KdSim.Tests.Live;

/// <summary>The system going to sleep and waking, with a driver that owns its device's power policy.</summary>
public class PowerTests
{
    static string Session(string scenario, params string[] lines)
    {
        string inf = Path.ChangeExtension(LiveConsole.Driver("powertest"), ".inf");
        return LiveConsole.Session(scenario, ["--driver", inf, "--hwid", @"ROOT\POWERTEST"], lines);
    }

    /// <summary>What was printed behind the first prompt, without the ends of lines.</summary>
    static string[] Said(string output) =>
        [.. output.Split('\n').SkipWhile(line => !line.Contains("kd>")).Select(line => line[(line.LastIndexOf('>') + 1)..].Trim())
            .Where(line => line.StartsWith("powertest: ", StringComparison.Ordinal) || line is "asleep" or "awake" or "other")];

    [Fact]
    public void Drivers_are_asked_and_told_in_the_order_that_the_documentation_gives()
    {
        string output = Session("""
            thread main {
                sleep S3
                print "asleep"
                sleep 40ms
                resume
                print "awake"
            }
            thread other process other.exe { sleep 1ms
                print "other" }
            """, "g");
        Assert.Equal(
        [
            "powertest: query S3, action 2", "powertest: S3, action 2", "powertest: D3 from 1", "asleep", "powertest: S0, action 2", "powertest: D0 from 4",
            "awake", "other",
        ], Said(output)); // The other program stands still while the system sleeps.
        Assert.Contains(" 0 expectations failed\n", output);
        Assert.Contains("powertest: again 1\npowertest: again 2\npowertest: told 2\n", output);
    }

    [Fact]
    public void A_device_that_refuses_keeps_the_system_awake()
    {
        string output = Session("""
            thread main {
                p = open "\\.\PowerTest"
                close p
                sleep 100ms
                sleep S3
                resume
            }
            """, "g");
        Assert.Equal(
        [
            "powertest: D3 from 1", "powertest: D0 from 4", // Two requests of one open: one after the other.
            "powertest: query S3, action 2", "powertest: S0, action 2", "powertest: D0 from 1",
        ], Said(output));
        Assert.Contains("test.scenario(5,5): Sleep S3 answered DeviceBusy\n", output);
        Assert.Contains("Resume  answered InvalidDeviceState\n", output);
    }

    [Fact]
    public void An_idle_device_is_powered_down_after_its_time()
    {
        string output = Session("thread main {\n sleep 1500ms\n print \"awake\"\n sleep 3s\n}", "g");
        Assert.Equal(["awake", "powertest: D3 from 1"], Said(output));
    }

    [Fact]
    public void The_world_writes_registers_by_their_names()
    {
        const string Scenario = """
            thread main {
                set pulse.Scratch = 0x1234
                set pulse.nosuch 1
                set nodevice.Scratch 1
            }
            """;
        string output = LiveConsole.Session(Scenario, [], "g");
        Assert.DoesNotContain("(2,5)", output);
        Assert.Contains("test.scenario(3,5): SetRegister pulse answered NotFound\n", output);
        Assert.Contains("test.scenario(4,5): SetRegister nodevice answered NoSuchDevice\n", output);
    }
}
