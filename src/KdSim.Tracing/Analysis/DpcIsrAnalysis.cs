using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

/// <summary>One run of an ISR or a DPC.</summary>
readonly record struct RoutineRun(string Kind, bool IsIsr, int Cpu, string Module, string Function, long Start, long End, long Exclusive)
{
    public long Duration => End - Start;

    public string Group => IsIsr ? "isr" : "dpc";

    public long Budget => IsIsr ? DpcIsrAnalysis.IsrBudget : DpcIsrAnalysis.DpcBudget;
}

/// <summary>
/// Times of ISRs and DPCs: by routine, by processor, as histograms, from ISR to DPC, and those that exceed what Microsoft recommends. A duration is from
/// entry to exit, interrupts included, as xperf counts; the exclusive time is without them.
/// </summary>
public static class DpcIsrAnalysis
{
    public const long IsrBudget = 25_000, DpcBudget = 100_000;

    internal const long Interval = 1_000_000_000;

    const int MostOverBudget = 100;

    public static TraceReport Of(TraceTables tables)
    {
        RoutineRun[] runs =
        [
            .. tables.Isr.Rows.Select(row => new RoutineRun("isr", true, row.Cpu, row.Module, row.Function, row.Start, row.End, row.Exclusive)),
            .. tables.Dpc.Rows.Select(row => new RoutineRun(row.Kind, false, row.Cpu, row.Module, row.Function, row.Start, row.End, row.Exclusive)),
        ];
        LatencyRow[] latencies = [.. Latencies(tables)];
        RoutineRun[] isrs = [.. runs.Where(run => run.IsIsr)], dpcs = [.. runs.Where(run => !run.IsIsr)];
        var summary = new DpcIsrSummaryRow(
            tables.End - tables.Start, tables.Processors, isrs.Length, isrs.Sum(run => run.Duration), Longest(isrs), IsrBudget, OverBudget(isrs),
            dpcs.Length, dpcs.Sum(run => run.Duration), Longest(dpcs), DpcBudget, OverBudget(dpcs),
            latencies.Length == 0 ? null : latencies.Max(row => row.Max));
        return new TraceReport
        {
            Name = "dpcisr",
            Summary = TraceReport.SummaryOf(summary),
            Sections =
            [
                ReportSection.Of("routines", "By routine", Times(runs, run => (run.Kind, null, run.Module, run.Function))),
                ReportSection.Of("by_cpu", "By processor and routine", Times(runs, run => (run.Kind, run.Cpu, run.Module, run.Function))),
                ReportSection.Of("modules", "By module", Times(runs, run => (run.Group, null, run.Module, ""))),
                ReportSection.Of("latency", "From ISR to DPC", latencies),
                ReportSection.Of("over_budget", "Over budget: the longest", runs.Where(run => run.Duration > run.Budget)
                    .OrderByDescending(run => run.Duration).ThenBy(run => run.Start).Take(MostOverBudget)
                    .Select(run => new OverBudgetRow(run.Kind, run.Start, run.Duration, run.Exclusive, run.Budget, run.Cpu, run.Module, run.Function))),
                ReportSection.Of("histograms", "By length", Histograms(runs)),
                ReportSection.Of("intervals", "By second", Intervals(tables, runs, Interval)),
            ],
            Lacks = Lacks(isrs.Length, dpcs.Length),
            Text = runs.Length == 0 ? "" : DpcIsrText.Of(tables, isrs, dpcs),
            ShownByText = ["histograms", "intervals"],
        };
    }

    static System.Collections.Immutable.ImmutableArray<string> Lacks(int isrs, int dpcs)
    {
        List<string> lacks = [];
        if (isrs == 0) lacks.Add("No ISR is in the trace. In Windows the kernel flag INTERRUPT records them; KdSim does in every profile.");
        if (dpcs == 0) lacks.Add("No DPC is in the trace. In Windows the kernel flag DPC records them; KdSim does in every profile.");
        return [.. lacks];
    }

    static long Longest(RoutineRun[] runs) => runs.Length == 0 ? 0 : runs.Max(run => run.Duration);

    static int OverBudget(RoutineRun[] runs) => runs.Count(run => run.Duration > run.Budget);

    static IEnumerable<RoutineTimesRow> Times(RoutineRun[] runs, Func<RoutineRun, (string Kind, int? Cpu, string Module, string Function)> key)
    {
        var groups = new Dictionary<(string Kind, int? Cpu, string Module, string Function), (Distribution Times, long Exclusive)>();
        foreach (RoutineRun run in runs)
        {
            (Distribution times, long exclusive) = groups.GetValueOrDefault(key(run), (new Distribution(), 0));
            times.Add(run.Duration);
            groups[key(run)] = (times, exclusive + run.Exclusive);
        }
        return groups.OrderBy(group => group.Key.Kind != "isr").ThenBy(group => group.Key.Cpu).ThenByDescending(group => group.Value.Times.Sum)
            .ThenBy(group => group.Key.Module, StringComparer.Ordinal).ThenBy(group => group.Key.Function, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Kind, StringComparer.Ordinal)
            .Select(group => new RoutineTimesRow(
                group.Key.Kind, group.Key.Cpu, group.Key.Module, group.Key.Function, group.Value.Times.Count, group.Value.Times.Sum, group.Value.Exclusive,
                group.Value.Times.Min, group.Value.Times.Max, group.Value.Times.Mean, group.Value.Times.Percentile(500), group.Value.Times.Percentile(900),
                group.Value.Times.Percentile(990), group.Value.Times.Percentile(999),
                group.Value.Times.CountAbove(group.Key.Kind == "isr" ? IsrBudget : DpcBudget)));
    }

    static IEnumerable<LatencyRow> Latencies(TraceTables tables)
    {
        // A DPC's row says when its ISR entered; nearly always only one did then.
        var isrs = new Dictionary<long, IsrRow>();
        foreach (IsrRow isr in tables.Isr.Rows) isrs.TryAdd(isr.Start, isr);
        var pairs = new Dictionary<(string, string, string, string), Distribution>();
        foreach (DpcRow dpc in tables.Dpc.Rows)
        {
            if (dpc.SinceIsr is not { } latency || !isrs.TryGetValue(dpc.Start - latency, out IsrRow isr)) continue;
            (string, string, string, string) key = (isr.Module, isr.Function, dpc.Module, dpc.Function);
            if (!pairs.TryGetValue(key, out Distribution? times)) pairs[key] = times = new Distribution();
            times.Add(latency);
        }
        return pairs.OrderByDescending(pair => pair.Value.Max).ThenBy(pair => pair.Key)
            .Select(pair => new LatencyRow(
                pair.Key.Item1, pair.Key.Item2, pair.Key.Item3, pair.Key.Item4, pair.Value.Count, pair.Value.Min, pair.Value.Max, pair.Value.Mean,
                pair.Value.Percentile(500), pair.Value.Percentile(900), pair.Value.Percentile(990), pair.Value.Percentile(999)));
    }

    static IEnumerable<HistogramRow> Histograms(RoutineRun[] runs) =>
        from kind in new[] { "isr", "dpc" }
        let ofKind = runs.Where(run => run.Group == kind).ToArray()
        where ofKind.Length > 0
        from module in ofKind.Select(run => run.Module).Distinct().Order(StringComparer.Ordinal).Prepend(null)
        let classes = DistributionOf(module is null ? ofKind : ofKind.Where(run => run.Module == module)).Histogram()
        from i in Enumerable.Range(0, classes.Length)
        select new HistogramRow(
            kind, module ?? "", i == 0 ? 0 : Distribution.Bounds[i - 1], i < Distribution.Bounds.Length ? Distribution.Bounds[i] : null, classes[i]);

    internal static Distribution DistributionOf(IEnumerable<RoutineRun> runs)
    {
        var times = new Distribution();
        foreach (RoutineRun run in runs) times.Add(run.Duration);
        return times;
    }

    /// <summary>Time in ISRs and DPCs by intervals that begin at the trace's start; a run that crosses a bound counts in both.</summary>
    internal static IEnumerable<IntervalRow> Intervals(TraceTables tables, IEnumerable<RoutineRun> runs, long interval)
    {
        var times = new SortedDictionary<(long Interval, int Cpu), (long Dpc, long Isr)>();
        foreach (RoutineRun run in runs)
        {
            for (long start = Math.Max(run.Start, tables.Start); start < run.End;)
            {
                long number = (start - tables.Start) / interval, end = Math.Min(run.End, tables.Start + (number + 1) * interval);
                (long dpc, long isr) = times.GetValueOrDefault((number, run.Cpu));
                times[(number, run.Cpu)] = run.IsIsr ? (dpc, isr + end - start) : (dpc + end - start, isr);
                start = end;
            }
        }
        return times.Select(pair => new IntervalRow(
            tables.Start + pair.Key.Interval * interval, Math.Min(tables.End, tables.Start + (pair.Key.Interval + 1) * interval), pair.Key.Cpu,
            pair.Value.Dpc, pair.Value.Isr));
    }
}
