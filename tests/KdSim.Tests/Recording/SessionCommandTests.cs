using KdSim.Tracing.Etl.Reading;
using Xunit;

namespace KdSim.Tests.Recording;

/// <summary><c>.record</c> and <c>!wmitrace</c>: rings, files, and what is said of them.</summary>
public class SessionCommandTests
{
    static string InFolder(Func<string, string> test)
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            return test(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_ring_is_saved_while_it_goes_on()
    {
        InFolder(folder =>
        {
            string file = Path.Combine(folder, "saved.etl");
            string output = Recorded.Console($".record start /r 1 /p irp; bp pulse!PulseDpcForIsr; g; .record save {file}; g; .record stop; .record; q");
            Assert.Contains("Recording into a ring of 1 MB", output);
            Assert.Contains("Saved to", output);
            Assert.Matches("Recorded [0-9]+ events", output);
            Assert.Contains("Nothing is recorded", output);
            using EtlFile trace = EtlFile.Open(file);
            Assert.Empty(trace.Problems.Kept);
            Assert.InRange(trace.EventCount, 50, 5000);
            return "";
        });
    }

    [Fact]
    public void A_bug_check_saves_the_ring()
    {
        InFolder(folder =>
        {
            string file = Path.Combine(folder, "crash.etl");
            Recorded.Console($".record start /r 1 {file}; g; .crash; q");
            using EtlFile trace = EtlFile.Open(file);
            TraceSummary summary = TraceSummary.Of(trace);
            Assert.Empty(trace.Problems.Kept);
            Assert.Contains(summary.Groups, group => group.Number == 62 && group.Provider == KdSim.Tracing.Etl.Providers.KdSimProvider.Provider.Guid);
            return "";
        });
    }

    [Fact]
    public void The_tracing_extension_starts_shows_prints_and_stops()
    {
        string output = Recorded.Console(
            "!wmitrace.start kd -cir 2 -kd -p scenario; !wmitrace.strdump; !wmitrace.dynamicprint 1; g; !wmitrace.logdump -t 1 kd; " +
            "!wmitrace.eventlogdump -t 1 1; !wmitrace.stop kd; !wmitrace.strdump; q");
        Assert.Contains("(WmiTrace) Logger Id 0x01 'kd' started", output);
        Assert.Contains("Logger Id 0x01 'kd' circular", output);
        Assert.Matches(@"\[[01]\][0-9A-F]{4}\.[0-9A-F]{4}::01/05/2026-09:00:00\.[0-9]{7} \[KdSim-Kernel\]ScenarioStep Thread=0 Line=\d+", output);
        Assert.Contains("[KdSim-Kernel]ScenarioEnd\n    Text", output);
        Assert.Contains("No session records", output);
    }

    [Theory]
    [InlineData(".record start /p nonsense", "nonsense")]
    [InlineData(".record save x.etl", "Nothing is recorded")]
    [InlineData(".record stop", "Nothing is recorded")]
    [InlineData("!wmitrace.stop 7", "There is no session 7")]
    [InlineData("!wmitrace.start a -max 7", "-max")]
    [InlineData("!wmitrace.enable 1 {0}", "profile")]
    public void Mistakes_are_said(string command, string expected) => Assert.Contains(expected, Recorded.Console($"{command}; q"));
}
