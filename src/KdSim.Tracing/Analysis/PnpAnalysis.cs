using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

[TraceTable("pnp_summary", "Device nodes of a trace.")]
public readonly record struct PnpSummaryRow(
    [Column("device nodes")] int Nodes,
    [Column("of them, such that reached DeviceNodeStarted")] int Started,
    [Column("with a problem code at the end")] int Problems,
    [Column("when the last of the nodes that started for the first time had started", "ns")] long? AllStarted,
    [Column("drivers that were loaded")] int DriversLoaded);

[TraceTable("pnp_devices", "One device node.")]
public readonly record struct PnpDeviceRow(
    [Column("address of the node")] ulong Node,
    [Column("instance path")] string Instance,
    [Column("service of the function driver")] string Service,
    [Column("first state in the trace", "ns")] long Arrived,
    [Column("first start; empty: not in the trace", "ns")] long? Started,
    [Column("from arrival to start", "ns")] long? ToStart,
    [Column("the phase that took longest on the way to the start")] string LongestPhase,
    [Column("how long it took", "ns")] long? LongestPhaseTime,
    [Column("last state")] string State,
    [Column("CM_PROB code")] int Problem);

[TraceTable("pnp_phases", "Phases of all nodes: how long nodes were in a state that they left.")]
public readonly record struct PnpPhaseRow(
    [Column("state")] string State,
    [Column("nodes that left it")] int Count,
    [Column("sum", "ns")] long Total,
    [Column("longest", "ns")] long Max,
    [Column("instance path of that node")] string Longest);

/// <summary>How devices came up: the phases of each node, and where the time went.</summary>
public static class PnpAnalysis
{
    const string StartedState = "DeviceNodeStarted";

    public static TraceReport Of(TraceTables tables)
    {
        PnpDeviceRow[] devices = [.. tables.Pnp.Rows.GroupBy(row => row.Node).Select(DeviceOf).OrderBy(row => row.Arrived).ThenBy(row => row.Node)];
        return new TraceReport
        {
            Name = "pnp",
            Summary = TraceReport.SummaryOf(new PnpSummaryRow(
                devices.Length, devices.Count(row => row.Started is not null), devices.Count(row => row.Problem != 0), devices.Max(row => row.Started),
                tables.Drivers.Rows.Count(row => row.Loaded is not null))),
            Sections =
            [
                ReportSection.Of("devices", "Devices", devices),
                ReportSection.Of("phases", "Phases", tables.Pnp.Rows.Where(row => row.Duration is not null && row.State != StartedState)
                    .GroupBy(row => row.State)
                    .Select(group => (group, longest: group.MaxBy(row => row.Duration)))
                    .Select(pair => new PnpPhaseRow(pair.group.Key, pair.group.Count(), pair.group.Sum(row => row.Duration!.Value),
                        pair.longest.Duration!.Value, pair.longest.Instance))
                    .OrderByDescending(row => row.Total).ThenBy(row => row.State, StringComparer.Ordinal)),
                ReportSection.Of("states", "States of nodes", tables.Pnp.Rows),
                ReportSection.Of("drivers", "Drivers loaded", tables.Drivers.Rows.Where(row => row.Loaded is not null)),
            ],
            Lacks = tables.Pnp.Count > 0 ? []
                : ["No state of a device node is in the trace. KdSim records them with the keyword pnp, in its default profile; Windows has no such event."],
        };
    }

    static PnpDeviceRow DeviceOf(IGrouping<ulong, PnpRow> node)
    {
        PnpRow[] rows = [.. node];
        PnpRow first = rows[0], last = rows[^1];
        // A node that was there before the trace is started in its first row, but nobody saw the start.
        int start = first.From.Length == 0 && first.State == StartedState ? -1 : Array.FindIndex(rows, row => row.State == StartedState);
        PnpRow[] way = start > 0 ? rows[..start] : [];
        PnpRow? longest = way.Length > 0 ? way.MaxBy(row => row.Duration) : null;
        return new PnpDeviceRow(
            node.Key, last.Instance, last.Service, first.Start, start >= 0 ? rows[start].Start : null, start >= 0 ? rows[start].Start - first.Start : null,
            longest?.State ?? "", longest?.Duration, last.State, last.Problem);
    }
}
