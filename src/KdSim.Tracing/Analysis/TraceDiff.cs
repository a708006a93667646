using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

[TraceTable("diff_summary", "Two traces.")]
public readonly record struct DiffSummaryRow(
    [Column("events of the first trace")] long EventsA,
    [Column("events of the second")] long EventsB,
    [Column("length of the first trace", "ns")] long DurationA,
    [Column("length of the second", "ns")] long DurationB,
    [Column("measures that were compared")] int Compared,
    [Column("measures that differ")] int Changed);

[TraceTable("diff_changes", "A measure that differs; empty: the trace has nothing to measure.")]
public readonly record struct ChangeRow(
    [Column("what was measured")] string Subject,
    [Column("which of its measures; times are nanoseconds")] string Measure,
    [Column("in the first trace")] long? A,
    [Column("in the second trace")] long? B,
    [Column("second less first")] long Change,
    [Column("of the first, where both have it", "%")] double? Percent);

/// <summary>What changed from one trace to another: counts, latencies, statuses, states.</summary>
public static class TraceDiff
{
    readonly record struct Key(string Area, string Subject, string Measure);

    static readonly (string Area, string Title)[] Areas =
    [
        ("routines", "ISRs and DPCs"), ("irps", "Requests"), ("drivers", "Drivers"), ("statuses", "Statuses"), ("cpu", "Processors"), ("locks", "Locks"),
        ("devices", "Devices"), ("power", "Power"), ("events", "Events"),
    ];

    public static TraceReport Of(TraceTables a, TraceTables b)
    {
        Dictionary<Key, long> first = Measure(a), second = Measure(b);
        Key[] keys = [.. first.Keys.Union(second.Keys)];
        (Key Key, ChangeRow Row)[] changes = [.. keys.Select(key => (key, Compare(key, first, second))).Where(pair => pair.Item2.A != pair.Item2.B)];
        return new TraceReport
        {
            Name = "diff",
            Summary = TraceReport.SummaryOf(new DiffSummaryRow(
                a.EventCounts.Values.Sum(), b.EventCounts.Values.Sum(), a.End - a.Start, b.End - b.Start, keys.Length, changes.Length)),
            Sections =
            [
                .. Areas.Select(area => ReportSection.Of(area.Area, area.Title, changes.Where(change => change.Key.Area == area.Area)
                    .Select(change => change.Row)
                    .OrderByDescending(row => Math.Abs(row.Percent ?? double.MaxValue)).ThenByDescending(row => Math.Abs(row.Change))
                    .ThenBy(row => row.Subject, StringComparer.Ordinal).ThenBy(row => row.Measure, StringComparer.Ordinal))),
            ],
        };
    }

    static ChangeRow Compare(Key key, Dictionary<Key, long> first, Dictionary<Key, long> second)
    {
        long? a = first.TryGetValue(key, out long inA) ? inA : null, b = second.TryGetValue(key, out long inB) ? inB : null;
        double? percent = a is not null && b is not null && a != 0 ? Math.Round(100.0 * (inB - inA) / inA, 2) : null;
        return new ChangeRow(key.Subject, key.Measure, a, b, inB - inA, percent);
    }

    static Dictionary<Key, long> Measure(TraceTables tables)
    {
        var measures = new Dictionary<Key, long>();
        foreach (((string provider, string name), long count) in tables.EventCounts) Put("events", $"{provider} {name}", ("count", count));
        foreach (RoutineTimesRow row in Rows<RoutineTimesRow>(DpcIsrAnalysis.Of(tables), "routines"))
            Put("routines", $"{row.Kind} {row.Module} {row.Function}", ("count", row.Count), ("total", row.Total), ("mean", row.Mean), ("p50", row.P50),
                ("p99", row.P99), ("max", row.Max), ("over_budget", row.OverBudget));
        TraceReport irps = IrpAnalysis.Of(tables);
        foreach (IrpFunctionRow row in Rows<IrpFunctionRow>(irps, "functions"))
            Put("irps", $"{row.Function} {row.Driver}", ("count", row.Count), ("never_completed", row.Count - row.Completed), ("cancelled", row.Cancelled),
                ("failed", row.Failed), ("mean", row.Mean), ("p50", row.P50), ("p99", row.P99), ("max", row.Max));
        foreach (IrpDriverRow row in Rows<IrpDriverRow>(irps, "drivers"))
            Put("drivers", row.Driver, ("calls", row.Calls), ("own", row.Own), ("own_max", row.OwnMax), ("queued_max", row.QueuedMax));
        foreach (IrpStatusRow row in Rows<IrpStatusRow>(irps, "statuses")) Put("statuses", $"{row.Function} {row.Driver} {row.Status}", ("count", row.Count));
        foreach (ResidencyRow row in Rows<ResidencyRow>(CpuAnalysis.Of(tables), "residency"))
            Put("cpu", $"CPU {row.Cpu} {row.Name}", ("total", row.Total), ("max", row.Max));
        foreach (LockSummaryRow row in ((TraceTable<LockSummaryRow>)LockAnalysis.Of(tables).Summary.Table).Rows)
            Put("locks", "spin locks", ("contended", row.Contended), ("wait_cycles", row.WaitCycles), ("held_max", row.HeldMax));
        foreach (PnpDeviceRow row in Rows<PnpDeviceRow>(PnpAnalysis.Of(tables), "devices"))
        {
            Put("devices", row.Instance, ("problem", row.Problem));
            if (row.ToStart is { } time) Put("devices", row.Instance, ("to_start", time));
        }
        foreach (PowerDeviceRow row in Rows<PowerDeviceRow>(PowerAnalysis.Of(tables), "devices"))
            Put("power", row.Instance.Length > 0 ? row.Instance : $"{row.Driver} 0x{row.Device:x}", ("requests", row.Requests),
                ("never_completed", row.NeverCompleted), ("max", row.Max), ("changes", row.Changes));
        return measures;

        void Put(string area, string subject, params ReadOnlySpan<(string Measure, long Value)> values)
        {
            foreach ((string measure, long value) in values) measures[new Key(area, subject, measure)] = value;
        }
    }

    static IReadOnlyList<TRow> Rows<TRow>(TraceReport report, string section) where TRow : struct =>
        ((TraceTable<TRow>)report.Sections.Single(one => one.Name == section).Table).Rows;
}
