namespace KdSim.Tracing.Export;

/// <summary>
/// Writes a timeline as a trace of Perfetto: track descriptors, then the begins and ends of slices in the order of time. Names are interned. The numbers of
/// fields are those of Perfetto's public .proto files.
/// </summary>
public sealed class PerfettoWriter
{
    const int Packet = 1;

    static class TracePacket
    {
        public const int Timestamp = 8, SequenceId = 10, TrackEvent = 11, InternedData = 12, SequenceFlags = 13, TrackDescriptor = 60;

        public const ulong StateCleared = 1, NeedsState = 2;
    }

    static class TrackDescriptor
    {
        public const int Uuid = 1, Name = 2, ParentUuid = 5;
    }

    static class TrackEvent
    {
        public const int CategoryIids = 3, DebugAnnotations = 4, Type = 9, NameIid = 10, TrackUuid = 11, FlowIds = 47, TerminatingFlowIds = 48;

        public const ulong SliceBegin = 1, SliceEnd = 2;
    }

    static class DebugAnnotation
    {
        public const int NameIid = 1, IntValue = 4, StringValue = 6;
    }

    /// <summary>Fields of InternedData; each holds entries of an id and a name.</summary>
    enum InternedKind { Category = 1, EventName = 2, AnnotationName = 3 }

    const int EntryIid = 1, EntryName = 2;

    const ulong SequenceId = 1;

    readonly record struct Edge(long Time, ulong Track, TimelineSlice Slice, bool IsBegin);

    readonly Stream _output;
    readonly Dictionary<(InternedKind Kind, string Name), ulong> _interned = [];
    readonly Dictionary<ulong, int> _flowsLeft = [];
    readonly ProtoWriter _file = new(), _packet = new(), _event = new(), _annotation = new(), _new = new(), _entry = new();
    bool _isFirst = true;

    PerfettoWriter(Stream output) => _output = output;

    public static void Write(IReadOnlyList<TimelineTrack> tracks, Stream output) => new PerfettoWriter(output).Write(tracks);

    void Write(IReadOnlyList<TimelineTrack> tracks)
    {
        var groups = new Dictionary<string, ulong>();
        ulong uuid = 0;
        List<Edge> edges = [];
        foreach (TimelineTrack track in tracks)
        {
            if (!groups.TryGetValue(track.Group, out ulong group)) Describe(groups[track.Group] = group = ++uuid, track.Group, null);
            Describe(++uuid, track.Name, group);
            AddEdges(edges, uuid, track.Slices);
            foreach (TimelineSlice slice in track.Slices)
                if (slice.Flow != 0)
                    _flowsLeft[slice.Flow] = _flowsLeft.GetValueOrDefault(slice.Flow) + 1;
        }
        // Stable: what happens at one time on one track stays in its order.
        foreach (Edge edge in edges.OrderBy(edge => edge.Time)) Write(edge);
    }

    static void AddEdges(List<Edge> edges, ulong track, IReadOnlyList<TimelineSlice> slices)
    {
        var open = new Stack<TimelineSlice>();
        foreach (TimelineSlice slice in slices)
        {
            while (open.TryPeek(out TimelineSlice? top) && top.End <= slice.Start) Close();
            edges.Add(new Edge(slice.Start, track, slice, true));
            open.Push(slice);
        }
        while (open.Count > 0) Close();

        void Close()
        {
            TimelineSlice top = open.Pop();
            edges.Add(new Edge(top.End, track, top, false));
        }
    }

    void Describe(ulong uuid, string name, ulong? parent)
    {
        _event.Clear();
        _event.Varint(TrackDescriptor.Uuid, uuid);
        _event.Text(TrackDescriptor.Name, name);
        if (parent is { } group) _event.Varint(TrackDescriptor.ParentUuid, group);
        _packet.Clear();
        _packet.Message(TracePacket.TrackDescriptor, _event);
        Finish();
    }

    void Write(in Edge edge)
    {
        _event.Clear();
        _new.Clear();
        _event.Varint(TrackEvent.Type, edge.IsBegin ? TrackEvent.SliceBegin : TrackEvent.SliceEnd);
        _event.Varint(TrackEvent.TrackUuid, edge.Track);
        if (edge.IsBegin)
        {
            _event.Varint(TrackEvent.CategoryIids, Intern(InternedKind.Category, edge.Slice.Category));
            _event.Varint(TrackEvent.NameIid, Intern(InternedKind.EventName, edge.Slice.Name));
            foreach ((string name, object value) in edge.Slice.Arguments) Annotate(name, value);
            if (edge.Slice.Flow is var flow and not 0) _event.Fixed64(--_flowsLeft[flow] == 0 ? TrackEvent.TerminatingFlowIds : TrackEvent.FlowIds, flow);
        }
        _packet.Clear();
        _packet.Varint(TracePacket.Timestamp, (ulong)Math.Max(0, edge.Time));
        _packet.Message(TracePacket.TrackEvent, _event);
        if (_new.Bytes.Length > 0) _packet.Message(TracePacket.InternedData, _new);
        Finish();
    }

    void Annotate(string name, object value)
    {
        _annotation.Clear();
        _annotation.Varint(DebugAnnotation.NameIid, Intern(InternedKind.AnnotationName, name));
        if (value is string text) _annotation.Text(DebugAnnotation.StringValue, text);
        else _annotation.Varint(DebugAnnotation.IntValue, (ulong)Convert.ToInt64(value, null));
        _event.Message(TrackEvent.DebugAnnotations, _annotation);
    }

    ulong Intern(InternedKind kind, string name)
    {
        if (_interned.TryGetValue((kind, name), out ulong iid)) return iid;
        _interned[(kind, name)] = iid = (ulong)_interned.Count + 1;
        _entry.Clear();
        _entry.Varint(EntryIid, iid);
        _entry.Text(EntryName, name);
        _new.Message((int)kind, _entry);
        return iid;
    }

    void Finish()
    {
        _packet.Varint(TracePacket.SequenceId, SequenceId);
        _packet.Varint(TracePacket.SequenceFlags, _isFirst ? TracePacket.StateCleared | TracePacket.NeedsState : TracePacket.NeedsState);
        _isFirst = false;
        _file.Clear();
        _file.Message(Packet, _packet);
        _output.Write(_file.Bytes);
    }
}
