using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Export;

/// <summary>Something that lasted: a slice of a track. Times are nanoseconds.</summary>
/// <param name="Flow">Slices of one number are joined by arrows in the order of their starts; 0: none.</param>
public sealed record TimelineSlice(long Start, long End, string Name, string Category, ulong Flow, (string Name, object Value)[] Arguments);

/// <summary>A line of a view: its slices nest or follow each other, they do not overlap otherwise.</summary>
public sealed class TimelineTrack(string group, string name)
{
    readonly List<TimelineSlice> _slices = [];

    public string Group => group;

    public string Name => name;

    /// <summary>By start; of those that start together the longer first.</summary>
    public IReadOnlyList<TimelineSlice> Slices => _slices;

    /// <summary>Sorts slices into as few tracks of one name as they need in order not to overlap.</summary>
    public static IEnumerable<TimelineTrack> Of(string group, string name, IEnumerable<TimelineSlice> slices, bool mayNest)
    {
        var tracks = new List<(TimelineTrack Track, Stack<long> Ends)>();
        foreach (TimelineSlice slice in slices.OrderBy(slice => slice.Start).ThenByDescending(slice => slice.End))
        {
            int free = tracks.FindIndex(lane =>
            {
                while (lane.Ends.TryPeek(out long end) && end <= slice.Start) lane.Ends.Pop();
                return lane.Ends.Count == 0 || (mayNest && slice.End <= lane.Ends.Peek());
            });
            if (free < 0)
            {
                free = tracks.Count;
                tracks.Add((new TimelineTrack(group, name), new Stack<long>()));
            }
            tracks[free].Track._slices.Add(slice);
            tracks[free].Ends.Push(slice.End);
        }
        return tracks.Select(lane => lane.Track);
    }
}

/// <summary>A trace as lines of slices, for viewers: what processors ran, at which IRQL, and where requests were.</summary>
public static class Timeline
{
    /// <summary>Flows of interrupts have numbers above those of requests.</summary>
    const ulong InterruptFlow = 1UL << 40;

    /// <summary>The tracks, those of a group together.</summary>
    public static IReadOnlyList<TimelineTrack> Of(TraceTables tables)
    {
        var isrFlows = new Dictionary<(int Cpu, long Start), ulong>();
        foreach (DpcRow dpc in tables.Dpc.Rows)
            if (dpc.SinceIsr is { } since)
                isrFlows.TryAdd((dpc.Cpu, dpc.Start - since), InterruptFlow + (ulong)isrFlows.Count);
        List<TimelineTrack> tracks = [];
        for (int cpu = 0; cpu < tables.Processors; cpu++)
        {
            string group = $"CPU {cpu}";
            int number = cpu;
            tracks.AddRange(TimelineTrack.Of(group, "Thread", ThreadsOn(tables, cpu), mayNest: false));
            tracks.AddRange(TimelineTrack.Of(group, "IRQL", tables.Irql.Rows.Where(row => row.Cpu == number && row.Level > 0).Select(row => new TimelineSlice(
                row.Start, row.End, row.Name, "irql", 0, [("level", row.Level), ("set_by", Qualified(row.Module, row.Function))])), mayNest: false));
            tracks.AddRange(TimelineTrack.Of(group, "DPC", tables.Dpc.Rows.Where(row => row.Cpu == number).Select(row => new TimelineSlice(
                row.Start, row.End, Qualified(row.Module, row.Function), "dpc",
                row.SinceIsr is { } since ? isrFlows.GetValueOrDefault((row.Cpu, row.Start - since)) : 0,
                [("kind", row.Kind), ("exclusive_ns", row.Exclusive)])), mayNest: true));
            tracks.AddRange(TimelineTrack.Of(group, "ISR", tables.Isr.Rows.Where(row => row.Cpu == number).Select(row => new TimelineSlice(
                row.Start, row.End, Qualified(row.Module, row.Function), "isr", isrFlows.GetValueOrDefault((row.Cpu, row.Start)),
                [("vector", row.Vector), ("claimed", row.Claimed ? "yes" : "no"), ("exclusive_ns", row.Exclusive)])), mayNest: true));
        }
        AddRequests(tables, tracks);
        foreach (IGrouping<ulong, PnpRow> node in tables.Pnp.Rows.GroupBy(row => row.Node))
            tracks.AddRange(TimelineTrack.Of("Device nodes", node.Last().Instance, node.Select(row => new TimelineSlice(
                row.Start, row.End ?? tables.End, row.State, "pnp", 0, [("problem", row.Problem)])), mayNest: false));
        return tracks;
    }

    /// <summary>A slice for every driver that had a request, on the line of the device, joined by a flow from driver to driver.</summary>
    static void AddRequests(TraceTables tables, List<TimelineTrack> tracks)
    {
        var names = new Dictionary<ulong, string>();
        foreach (DeviceRow device in tables.Devices.Rows) names[device.Device] = device.Name;
        foreach (IGrouping<(ulong Device, string Driver), IrpHopRow> device in tables.IrpHops.Rows.GroupBy(row => (row.Device, row.Driver)))
        {
            string name = names.GetValueOrDefault(device.Key.Device, "");
            string line = device.Key.Device == 0 ? device.Key.Driver
                : $"{device.Key.Driver} {(name.Length > 0 ? name + " " : "")}0x{device.Key.Device:x}";
            tracks.AddRange(TimelineTrack.Of("Requests", line, device.Select(hop =>
            {
                IrpRow irp = tables.Irps.Rows[hop.IrpId];
                long end = hop.Completed ?? hop.Returned ?? tables.End;
                return new TimelineSlice(
                    hop.Start, Math.Max(hop.Start, end), irp.Function, "irp", irp.Hops > 1 ? (ulong)irp.Id + 1 : 0,
                    [("irp", $"0x{irp.Irp:x}"), ("id", irp.Id), ("status", irp.Status is { } status ? Analysis.IrpAnalysis.NameOf(status) : "not known")]);
            }), mayNest: false));
        }
    }

    static IEnumerable<TimelineSlice> ThreadsOn(TraceTables tables, int cpu)
    {
        var processes = new Dictionary<long, string>();
        foreach (ProcessRow process in tables.Processes.Rows) processes[process.Process] = process.Name;
        SwitchRow? last = null;
        foreach (SwitchRow row in tables.Switches.Rows)
        {
            if (row.Cpu != cpu) continue;
            if (last is { } before && Slice(before, row.Time) is { } slice) yield return slice;
            last = row;
        }
        if (last is { } open && Slice(open, tables.End) is { } rest) yield return rest;

        TimelineSlice? Slice(SwitchRow row, long end) => row.NewThread == 0 ? null : new TimelineSlice(
            row.Time, end, $"{(row.NewProcess is { } process ? processes.GetValueOrDefault(process, "") : "")} thread {row.NewThread}".TrimStart(), "thread", 0,
            [("priority", row.NewPriority)]);
    }

    internal static string Qualified(string module, string function) =>
        module.Length == 0 ? function : function.StartsWith('+') ? module + function : $"{module}!{function}";
}
