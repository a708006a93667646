using System.Buffers.Binary;
using KdSim.Tracing.Analysis;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Tables;
using KdSim.Tracing.Tests.Etl;
using Xunit;

namespace KdSim.Tracing.Tests;

/// <summary>Analyses of traces whose numbers are known: expected values are computed by hand. A tick is 100 ns here.</summary>
public sealed class AnalysisTests : IDisposable
{
    const ulong Isr = 0xfffff800_00001000, Dpc = 0xfffff800_00002000;

    const byte IsrOpcode = 67, DpcOpcode = 68;

    const int Microsecond = 10;

    readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Percentiles_are_by_nearest_rank()
    {
        var trace = new EtlBuilder();
        // 200 ISRs of 1, 2, ... 200 us, the longest first.
        long time = EtlBuilder.HeaderTime;
        for (int length = 200; length > 0; length--) Run(trace, 0, IsrOpcode, Isr, time += 1000 * Microsecond, length);
        RoutineTimesRow row = Assert.Single(Rows<RoutineTimesRow>(DpcIsrAnalysis.Of(Tables(trace)), "routines"));
        Assert.Equal(("isr", (int?)null, 200), (row.Kind, row.Cpu, row.Count));
        Assert.Equal((1_000, 200_000, 100_500, 20_100_000), (row.Min, row.Max, row.Mean, row.Total));
        Assert.Equal((100_000, 180_000, 198_000, 200_000), (row.P50, row.P90, row.P99, row.P999));
        Assert.Equal(175, row.OverBudget);                      // 26 to 200
        Assert.Equal([1, 1, 2, 4, 8, 16, 32, 64, 72, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            Rows<HistogramRow>(DpcIsrAnalysis.Of(Tables(trace)), "histograms").Where(one => one.Module.Length == 0).Take(18).Select(one => one.Count));
    }

    [Fact]
    public void What_interrupts_a_run_is_not_in_its_exclusive_time()
    {
        var trace = new EtlBuilder();
        long time = EtlBuilder.HeaderTime;
        // A DPC of 100 us; in it an ISR of 30 us, in that one of 10 us; and another of 5 us. An event comes at the end of a run.
        Run(trace, 0, IsrOpcode, Isr + 0x10, time + 20 * Microsecond, 10);
        Run(trace, 0, IsrOpcode, Isr, time + 10 * Microsecond, 30);
        Run(trace, 0, IsrOpcode, Isr, time + 60 * Microsecond, 5);
        Run(trace, 0, DpcOpcode, Dpc, time, 100);
        // The same time on the other processor is nobody's but its own.
        Run(trace, 1, IsrOpcode, Isr, time + 15 * Microsecond, 40);
        TraceReport report = DpcIsrAnalysis.Of(Tables(trace));
        RoutineTimesRow[] rows = [.. Rows<RoutineTimesRow>(report, "by_cpu")];
        Assert.Equal((35_000, 25_000), Times(rows, "isr", 0, Isr));            // 30 + 5, without the 10
        Assert.Equal((10_000, 10_000), Times(rows, "isr", 0, Isr + 0x10));
        Assert.Equal((100_000, 65_000), Times(rows, "dpc", 0, Dpc));           // without 30 and 5
        Assert.Equal((40_000, 40_000), Times(rows, "isr", 1, Isr));
        OverBudgetRow[] over = [.. Rows<OverBudgetRow>(report, "over_budget")];
        Assert.Equal([40_000, 30_000], over.Select(row => row.Duration));      // the DPC's 100 us are its budget
        DpcIsrSummaryRow summary = Assert.Single(((TraceTable<DpcIsrSummaryRow>)report.Summary.Table).Rows);
        Assert.Equal((4, 85_000, 2), (summary.Isrs, summary.IsrTime, summary.IsrsOverBudget));
        Assert.Equal((1, 100_000, 0), (summary.Dpcs, summary.DpcTime, summary.DpcsOverBudget));
    }

    [Fact]
    public void The_text_is_laid_out_as_xperf_does()
    {
        var trace = new EtlBuilder();
        // Two seconds and a half: a DPC over the bound of the first second, an ISR in the last half.
        Run(trace, 0, DpcOpcode, Dpc, EtlBuilder.HeaderTime + 999_000 * Microsecond, 3000);
        Run(trace, 1, IsrOpcode, Isr, EtlBuilder.HeaderTime + 2_499_997 * Microsecond, 3);
        string[] lines = DpcIsrAnalysis.Of(Tables(trace)).Text.Split('\n');
        Assert.Contains("        3000    0.12,           0    0.00, \"Unknown\"", lines);
        Assert.Contains("Elapsed Time, >   2048 usecs AND <=   4096 usecs,      1, or 100.00%", lines);
        Assert.Contains("Elapsed Time, >      2 usecs AND <=      4 usecs,      1, or 100.00%", lines);
        Assert.Equal(2, lines.Count(line => line == "All Module = 1, Total = 1, EQUAL"));
        Assert.Contains("           0         1000,        1000    0.10,           0    0.00,", lines);
        Assert.Contains("        1000         2000,        2000    0.20,           0    0.00,", lines);
        Assert.Contains("        2000         2500,           0    0.00,           3    0.00,", lines);
        Assert.Contains("           = 0,           1,      2,          1,           2,      1,          1,", lines);
    }

    [Fact]
    public void A_trace_without_the_events_says_which_ones_it_lacks()
    {
        var trace = new EtlBuilder();
        trace.PerfInfo(0, EtlBuilder.HeaderTime, KernelGroup.PerfInfo, 34, 2, []);
        TraceTables tables = Tables(trace);
        Assert.All(TraceAnalysis.All, analysis =>
        {
            TraceReport report = analysis.Run(tables);
            Assert.Equal(analysis.Name, report.Name);
            Assert.NotEmpty(report.Lacks);
            Assert.Equal("", report.Text);
            Assert.Equal(report.Sections.Length, report.Sections.Select(section => section.Name).Distinct().Count());
        });
    }

    [Fact]
    public void A_difference_is_named_with_both_values()
    {
        EtlBuilder before = new(), after = new();
        Run(before, 0, IsrOpcode, Isr, EtlBuilder.HeaderTime, 10);
        Run(after, 0, IsrOpcode, Isr, EtlBuilder.HeaderTime, 15);
        Run(after, 0, DpcOpcode, Dpc, EtlBuilder.HeaderTime + 100 * Microsecond, 1);
        TraceTables a = Tables(before), b = Tables(after);
        IReadOnlyList<ChangeRow> changes = Rows<ChangeRow>(TraceDiff.Of(a, b), "routines");
        Assert.Contains(new ChangeRow($"isr  0x{Isr:x}", "max", 10_000, 15_000, 5_000, 50), changes);
        Assert.Contains(new ChangeRow($"dpc  0x{Dpc:x}", "count", null, 1, 1, null), changes);
        Assert.DoesNotContain(changes, change => change.Measure == "count" && change.Subject.StartsWith("isr", StringComparison.Ordinal));
        Assert.Equal(0, Assert.Single(((TraceTable<DiffSummaryRow>)TraceDiff.Of(a, a).Summary.Table).Rows).Changed);
    }

    static (long Total, long Exclusive) Times(RoutineTimesRow[] rows, string kind, int cpu, ulong routine)
    {
        RoutineTimesRow row = rows.Single(one => one.Kind == kind && one.Cpu == cpu && one.Function == $"0x{routine:x}");
        return (row.Total, row.Exclusive);
    }

    /// <param name="start">In ticks.</param>
    /// <param name="length">In microseconds.</param>
    static void Run(EtlBuilder trace, int processor, byte opcode, ulong routine, long start, int length)
    {
        byte[] payload = new byte[opcode == IsrOpcode ? 20 : 16];
        BinaryPrimitives.WriteInt64LittleEndian(payload, start);
        BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(8), routine);
        trace.PerfInfo(processor, start + length * Microsecond, KernelGroup.PerfInfo, opcode, 2, payload);
    }

    TraceTables Tables(EtlBuilder trace)
    {
        trace.Save(_path);
        using EtlFile file = EtlFile.Open(_path);
        return TraceTables.Of(file, EventDecoder.Of(file));
    }

    static IReadOnlyList<TRow> Rows<TRow>(TraceReport report, string section) where TRow : struct =>
        ((TraceTable<TRow>)report.Sections.Single(one => one.Name == section).Table).Rows;
}
