using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.NetTrace;

/// <summary>
/// The events of a .nettrace in the order of time, in the form of records of an .etl, so that filters and writers need not know two kinds. All are held
/// in memory: blocks are sorted by thread only, and the files of EventPipe are small.
/// </summary>
public sealed class NetTraceEventSequence
{
    readonly List<(long Time, int Processor, byte[] Record, EventDescription Description)> _events = [];
    readonly Dictionary<NetTraceMetadata, EventDescription> _descriptions = [];
    readonly Dictionary<string, Guid> _guids = [];
    readonly int _pointerSize;

    NetTraceEventSequence(NetTraceFile file, ITraceProgress? progress, CancellationToken cancellation)
    {
        file.Read(Add, progress, cancellation);
        _pointerSize = file.PointerSize;
        _events = [.. _events.OrderBy(held => held.Time)];
        Clock = file.SyncUtc is { } start
            ? new TraceClock(new LogFileHeader
            {
                Clock = ClockKind.PerformanceCounter,
                PerfFreq = file.TicksPerSecond,
                StartTime = Math.Max(0, start.Ticks - new DateTime(1601, 1, 1).Ticks),
            }, file.SyncTime)
            : TraceClock.Unknown;
    }

    public TraceClock Clock { get; }

    public int Count => _events.Count;

    public static NetTraceEventSequence Of(NetTraceFile file, ITraceProgress? progress = null, CancellationToken cancellation = default) =>
        new(file, progress, cancellation);

    public EventRecord this[int index]
    {
        get
        {
            (long time, int processor, byte[] record, _) = _events[index];
            return new EventRecord(record, _pointerSize == 4 ? HeaderType.EventHeader32 : HeaderType.EventHeader64, time, processor, 0, 0);
        }
    }

    public EventDescription DescriptionOf(int index) => _events[index].Description;

    void Add(in NetTraceRecord record)
    {
        NetTraceMetadata? metadata = record.Metadata;
        string provider = metadata?.Provider ?? "";
        if (!_guids.TryGetValue(provider, out Guid guid)) _guids[provider] = guid = metadata?.ProviderGuid ?? ProviderGuids.OfName(provider);
        var header = new EventHeader
        {
            Size = (ushort)Math.Min(EventHeader.Length + record.Payload.Length, ushort.MaxValue),
            HeaderType = HeaderType.EventHeader64,
            MarkerFlags = RecordMarker.Header,
            ThreadId = (uint)record.ThreadId,
            ProcessId = (uint)record.ProcessId,
            TimeStamp = record.TimeStamp,
            ProviderId = guid,
            Id = (ushort)(metadata?.EventId ?? record.MetadataId),
            Version = (byte)(metadata?.Version ?? 0),
            Level = (byte)(metadata?.Level ?? 0),
            Opcode = metadata?.Opcode ?? 0,
            Keyword = metadata?.Keywords ?? 0,
            ActivityId = record.ActivityId,
        };
        byte[] bytes = new byte[EventHeader.Length + record.Payload.Length];
        MemoryMarshal.Write(bytes, in header);
        record.Payload.CopyTo(bytes.AsSpan(EventHeader.Length));
        _events.Add((record.TimeStamp, record.Processor, bytes, Describe(metadata, record.MetadataId)));
    }

    EventDescription Describe(NetTraceMetadata? metadata, int id)
    {
        if (metadata is null) return new EventDescription("", $"Metadata({id})", null, DescriptionSource.None);
        if (_descriptions.TryGetValue(metadata, out EventDescription? known)) return known;
        string name = metadata.Name.Length > 0 ? metadata.Name : $"EventID({metadata.EventId})";
        // A runtime event without fields in its description may well have a payload.
        bool described = metadata.Template.Fields.Length > 0;
        DescriptionSource source = described ? DescriptionSource.Manifest : DescriptionSource.None;
        return _descriptions[metadata] = new EventDescription(metadata.Provider, name, described ? metadata.Template : null, source);
    }
}
