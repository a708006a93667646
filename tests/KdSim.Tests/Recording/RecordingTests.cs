using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Providers;
using KdSim.Tracing.Etl.Reading;
using Xunit;

namespace KdSim.Tests.Recording;

/// <summary>Recording the demo: the file is the same twice and without problems, and has what the run had.</summary>
public class RecordingTests
{
    static TraceSummary Summary(byte[] file, out EtlFile opened)
    {
        opened = EtlFile.Open(TraceBytes.Of(file, "run.etl"));
        TraceSummary summary = TraceSummary.Of(opened);
        Assert.Empty(opened.Problems.Kept);
        return summary;
    }

    static long Count(TraceSummary summary, KernelGroup group, int opcode) =>
        summary.Groups.SingleOrDefault(each => each.Provider == KernelGroups.GuidOf(group, (byte)opcode) && each.Number == opcode)?.Count ?? 0;

    static long Count(TraceSummary summary, string name)
    {
        ProviderEvent declared = KdSimProvider.Provider.Named(name);
        return summary.Groups.SingleOrDefault(each => each.Provider == declared.Provider.Guid && each.Number == declared.Id)?.Count ?? 0;
    }

    [Fact]
    public void A_recorded_run_has_both_ends_of_everything()
    {
        byte[] first = Recorded.Run("g; q");
        Assert.Equal(first, Recorded.Run("g; q"));
        TraceSummary summary = Summary(first, out EtlFile file);
        using EtlFile _ = file;
        Assert.Equal(2u, file.Header!.NumberOfProcessors);
        Assert.Equal("run.etl", file.Header.LogFileName);
        long calls = Count(summary, KernelGroup.DiskIo, 34);
        Assert.InRange(calls, 50, 5000);
        Assert.Equal(calls, Count(summary, KernelGroup.DiskIo, 35));
        Assert.Equal(calls, Count(summary, "IrpCall"));
        Assert.Equal(calls, Count(summary, "IrpReturn"));
        Assert.Equal(Count(summary, KernelGroup.DiskIo, 52), Count(summary, KernelGroup.DiskIo, 53));
        Assert.Equal(Count(summary, KernelGroup.DiskIo, 36), Count(summary, KernelGroup.DiskIo, 37));
        Assert.Equal(8, Count(summary, KernelGroup.PerfInfo, 50) + Count(summary, KernelGroup.PerfInfo, 67));
        Assert.Equal(28, Count(summary, "ScenarioStep"));
        Assert.Equal(1, Count(summary, "ScenarioEnd"));
        Assert.Equal(0, Count(summary, "IrqlChange"));
        Assert.True(Count(summary, KernelGroup.Thread, 36) > 10, "context switches are missing");
        Assert.Equal(Count(summary, KernelGroup.Process, 1) + Count(summary, KernelGroup.Process, 3),
            Count(summary, KernelGroup.Process, 2) + Count(summary, KernelGroup.Process, 4));
        Assert.Equal(Count(summary, KernelGroup.Thread, 1) + Count(summary, KernelGroup.Thread, 3),
            Count(summary, KernelGroup.Thread, 2) + Count(summary, KernelGroup.Thread, 4));
        Assert.Equal(Count(summary, KernelGroup.Process, 10) + Count(summary, KernelGroup.Image, 3), Count(summary, KernelGroup.Image, 4));
    }

    [Fact]
    public void Recording_does_not_change_the_run()
    {
        const string Commands = "g; !irpfind; !dpcisr; .time; k; q";
        string plain = Recorded.Console(Commands);
        string recorded = "";
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            recorded = Recorded.Console(Commands, "--record", $"{Path.Combine(folder, "run.etl")},full");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        Assert.Equal(plain, recorded);
    }

    [Theory]
    [InlineData("light", "IrpCall", "NodeState")]
    [InlineData("default+irql", "IrqlChange", "PoolAllocate")]
    [InlineData("full-irp", "PoolAllocate", "IrpCall")]
    public void A_profile_chooses_the_events(string profile, string there, string missing)
    {
        TraceSummary summary = Summary(Recorded.Run("g; q", profile), out EtlFile file);
        using EtlFile _ = file;
        Assert.True(Count(summary, there) > 0);
        Assert.Equal(0, Count(summary, missing));
    }
}
