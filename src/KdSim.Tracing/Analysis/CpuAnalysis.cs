using KdSim.Nt;
using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

[TraceTable("cpu_summary", "Processors of a trace.")]
public readonly record struct CpuSummaryRow(
    [Column("length of the trace", "ns")] long Duration,
    [Column("processors")] int Processors,
    [Column("the longest stretch at DISPATCH_LEVEL or above; empty: not recorded", "ns")] long? LongestRaised,
    [Column("the longest stretch at which no device could interrupt (CLOCK_LEVEL or above); empty: not recorded", "ns")] long? LongestInterruptsOff,
    [Column("the longest run of an ISR: interrupts of its level and below were off", "ns")] long? LongestIsr);

[TraceTable("cpu_usage", "What a processor did.")]
public readonly record struct CpuUsageRow(
    [Column("processor")] int Cpu,
    [Column("the idle thread ran; empty: no switches were recorded", "ns")] long? Idle,
    [Column("other threads ran, with what interrupted them", "ns")] long? Threads,
    [Column("in ISRs", "ns")] long Isr,
    [Column("in DPCs, without ISRs", "ns")] long Dpc,
    [Column("context switches")] int Switches);

[TraceTable("cpu_residency", "How long a processor was at an IRQL.")]
public readonly record struct ResidencyRow(
    [Column("processor")] int Cpu,
    [Column("IRQL")] int Level,
    [Column("its name")] string Name,
    [Column("stretches")] int Count,
    [Column("sum", "ns")] long Total,
    [Column("of the recorded time of the processor", "%")] double Percent,
    [Column("longest", "ns")] long Max);

[TraceTable("cpu_raisers", "Who kept the IRQL at DISPATCH_LEVEL or above: the code that raised it from below.")]
public readonly record struct RaiserRow(
    [Column("module; empty: an interrupt, or unknown")] string Module,
    [Column("function")] string Function,
    [Column("stretches")] int Count,
    [Column("sum", "ns")] long Total,
    [Column("mean", "ns")] long Mean,
    [Column("99% of the stretches", "ns")] long P99,
    [Column("longest", "ns")] long Max);

[TraceTable("cpu_raised", "Stretches of raised IRQL on one processor.")]
public readonly record struct RaisedRow(
    [Column("start", "ns")] long Start,
    [Column("length", "ns")] long Duration,
    [Column("processor")] int Cpu,
    [Column("highest level on the way")] int Highest,
    [Column("its name")] string Name,
    [Column("module that raised it; empty: an interrupt")] string Module,
    [Column("function")] string Function);

/// <summary>IRQL residency, and the stretches during which a processor could not switch threads, or could not be interrupted.</summary>
public static class CpuAnalysis
{
    const int Dispatch = 2, Clock = 13, Longest = 20;

    public static TraceReport Of(TraceTables tables)
    {
        RaisedRow[] raised = [.. Raised(tables, Dispatch)], off = [.. Raised(tables, Clock)];
        bool hasIrql = tables.Irql.Count > 0;
        return new TraceReport
        {
            Name = "cpu",
            Summary = TraceReport.SummaryOf(new CpuSummaryRow(
                tables.End - tables.Start, tables.Processors, hasIrql ? Max(raised) : null, hasIrql ? Max(off) : null,
                tables.Isr.Count > 0 ? tables.Isr.Rows.Max(row => row.Duration) : null)),
            Sections =
            [
                ReportSection.Of("usage", "Usage", Usage(tables)),
                ReportSection.Of("residency", "IRQL residency", Residency(tables)),
                ReportSection.Of("raisers", "Who kept the IRQL at DISPATCH_LEVEL or above", Raisers(raised)),
                ReportSection.Of("raised", "Longest stretches at DISPATCH_LEVEL or above", Top(raised)),
                ReportSection.Of("interrupts_off", "Longest stretches at CLOCK_LEVEL or above", Top(off)),
            ],
            Lacks = [.. Lacks(tables)],
        };
    }

    static IEnumerable<string> Lacks(TraceTables tables)
    {
        if (tables.Irql.Count == 0)
            yield return "No change of the IRQL is in the trace. Windows has no event for it; KdSim records it with the profile full (--record FILE,full).";
        else
            yield return "Code that clears the interrupt flag itself (cli, _disable) leaves no event: such stretches are not seen.";
        if (tables.Switches.Count == 0)
            yield return "No context switch is in the trace. In Windows the kernel flag CSWITCH records them; KdSim does in its default profile.";
    }

    static long Max(RaisedRow[] rows) => rows.Length == 0 ? 0 : rows.Max(row => row.Duration);

    static IEnumerable<RaisedRow> Top(RaisedRow[] rows) =>
        rows.OrderByDescending(row => row.Duration).ThenBy(row => row.Start).ThenBy(row => row.Cpu).Take(Longest);

    static IEnumerable<CpuUsageRow> Usage(TraceTables tables)
    {
        for (int cpu = 0; cpu < tables.Processors; cpu++)
        {
            long idle = 0, threads = 0;
            int switches = 0;
            SwitchRow? last = null;
            foreach (SwitchRow row in tables.Switches.Rows)
            {
                if (row.Cpu != cpu) continue;
                // What ran before the first switch is known, but since when is only the start of the trace.
                Add(row.OldThread, row.Time - (last?.Time ?? tables.Start));
                last = row;
                switches++;
            }
            if (last is { } end) Add(end.NewThread, tables.End - end.Time);
            yield return new CpuUsageRow(
                cpu, last is null ? null : idle, last is null ? null : threads, tables.Isr.Rows.Where(row => row.Cpu == cpu).Sum(row => row.Exclusive),
                tables.Dpc.Rows.Where(row => row.Cpu == cpu).Sum(row => row.Exclusive), switches);

            void Add(long thread, long time)
            {
                if (thread == 0) idle += time;
                else threads += time;
            }
        }
    }

    static IEnumerable<ResidencyRow> Residency(TraceTables tables)
    {
        Dictionary<int, long> whole = tables.Irql.Rows.GroupBy(row => row.Cpu).ToDictionary(group => group.Key, group => group.Sum(row => row.Duration));
        return tables.Irql.Rows.GroupBy(row => (row.Cpu, row.Level)).OrderBy(group => group.Key)
            .Select(group => new ResidencyRow(
                group.Key.Cpu, group.Key.Level, Irql.Name(group.Key.Level), group.Count(), group.Sum(row => row.Duration),
                Math.Round(100.0 * group.Sum(row => row.Duration) / Math.Max(1, whole[group.Key.Cpu]), 2), group.Max(row => row.Duration)));
    }

    /// <summary>Stretches without a break at a level or above; whoever raised it first is named.</summary>
    static IEnumerable<RaisedRow> Raised(TraceTables tables, int level)
    {
        foreach (IGrouping<int, IrqlRow> cpu in tables.Irql.Rows.GroupBy(row => row.Cpu).OrderBy(group => group.Key))
        {
            RaisedRow? open = null;
            foreach (IrqlRow row in cpu)
            {
                if (open is { } before && (row.Level < level || row.Start != before.Start + before.Duration))
                {
                    yield return Named(before);
                    open = null;
                }
                if (row.Level < level) continue;
                open = open is { } known
                    ? known with { Duration = row.End - known.Start, Highest = Math.Max(known.Highest, row.Level) }
                    : new RaisedRow(row.Start, row.Duration, row.Cpu, row.Level, "", row.Module, row.Function);
            }
            if (open is { } last) yield return Named(last);
        }

        static RaisedRow Named(RaisedRow row) => row with { Name = Irql.Name(row.Highest) };
    }

    static IEnumerable<RaiserRow> Raisers(RaisedRow[] raised) =>
        raised.GroupBy(row => (row.Module, row.Function)).Select(group =>
        {
            var times = new Distribution();
            foreach (RaisedRow row in group) times.Add(row.Duration);
            return new RaiserRow(group.Key.Module, group.Key.Function, times.Count, times.Sum, times.Mean, times.Percentile(990), times.Max);
        }).OrderByDescending(row => row.Total).ThenBy(row => row.Module, StringComparer.Ordinal).ThenBy(row => row.Function, StringComparer.Ordinal);
}
