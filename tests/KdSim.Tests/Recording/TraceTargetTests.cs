using System.Runtime.CompilerServices;
using KdSim.CommandLine;
using Xunit;

namespace KdSim.Tests.Recording;

/// <summary><c>-z</c>: walking through traces, and what commands answer from events.</summary>
public class TraceTargetTests
{
    static string Sample(string name, [CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(path, "../../../../sample-traces", name, $"{name}.etl"));

    static string Walk(string name, string commands) => Recorded.Console($"{commands}; q", "-z", Sample(name));

    [Fact]
    public void A_stop_in_a_dpc_tells_who_runs_and_which_request_waits()
    {
        string output = Walk("healthy", "sxe dpc; g; !running; !irql; !irp; lm");
        Assert.Contains("DPC routine: routine pulse!PulseDpcForIsr", output);
        Assert.Matches(@"  0 +2 .*Idle +DPC pulse!PulseDpcForIsr since 0\.0003", output);
        Assert.Contains("IRQL of processor 0x0 -- 2 (DISPATCH_LEVEL)", output);
        Assert.Matches(@"\( 3, 0\) [0-9a-f]{16} \[\\Driver\\pulse\]  under way", output);
        Assert.Matches("pulseflt +\\(", output);
    }

    [Fact]
    public void Steps_go_from_event_to_event_and_back()
    {
        string forth = Walk("healthy", "sxe dpc; g; g; t; t; .echo here; t-; t-; g-");
        string[] lines = [.. forth.Split('\n').Where(line => line.Contains("PerfInfo/"))];
        Assert.Equal(lines[1], lines[^2]);
        Assert.Equal(lines[0], lines[^1]);
        Assert.Contains("PerfInfo/DPC InitialTime", lines[2]);
    }

    [Fact]
    public void The_ends_are_said()
    {
        string output = Walk("lost-irp", "sxd ld; g; !irp; g-; g-");
        Assert.Contains("TTD: End of trace reached.", output);
        Assert.Contains("TTD: Start of trace reached.", output);
        Assert.Matches(@"\( e, 0\) .*sluggish.*under way, cancelled", output);
    }

    [Fact]
    public void A_device_stack_and_its_node_come_from_events()
    {
        string output = Walk("power-hang", "sxd ld; g; !devnode 0 1; !devstack; !thread");
        Assert.Contains("ServiceName is \"sluggish\"", output);
        Assert.Contains("State = DeviceNodeStarted (0x308)", output);
        Assert.Matches(@"\\Driver\\sluggish +Sluggish", output);
        Assert.Contains("asker.exe", output);
    }

    [Theory]
    [InlineData("r", "no registers")]
    [InlineData("!irp 1234", "the trace knows no IRP there")]
    [InlineData("!devstack 1234", "the trace knows no device object there")]
    [InlineData("bi", "cannot stop at IRQL changes")]
    [InlineData("!irql 7", "no processor 7")]
    public void What_a_trace_cannot_tell_is_said(string command, string expected) => Assert.Contains(expected, Walk("healthy", command));

    [Fact]
    public void Irql_breakpoints_work_where_changes_were_recorded()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            string file = Path.Combine(folder, "run.etl");
            File.WriteAllBytes(file, Recorded.Run("g; q", "default+irql"));
            string output = Recorded.Console("sxd ld; bi == 2; g; !irql; q", "-z", file);
            Assert.Contains("Breakpoint 0 hit", output);
            Assert.Contains("-- 2 (DISPATCH_LEVEL)", output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Something_else_is_no_trace()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "this is text, and long enough to be read as the header of a buffer of a trace file, which it is not");
        UsageException error = Assert.Throws<UsageException>(() => Recorded.Console("q", "-z", file));
        Assert.Contains("this is no trace", error.Message);
        File.Delete(file);
    }
}
