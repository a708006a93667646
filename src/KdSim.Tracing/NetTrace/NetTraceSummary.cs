using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.NetTrace;

/// <summary>The answer of `trace info` for a .nettrace, in the shape of that for an .etl: providers stand by name, and their GUID beside it.</summary>
public sealed class NetTraceSummary
{
    const int PrefixLength = 19;

    readonly NetTraceFile _file;
    readonly Dictionary<(string Provider, int Id), Group> _groups = [];
    readonly SortedSet<int> _processors = [];

    sealed class Group
    {
        public NetTraceMetadata? Metadata;
        public long Count, PayloadBytes, FirstTime = long.MaxValue, LastTime = long.MinValue;
        public readonly Crc32 Checksum = new();
    }

    NetTraceSummary(NetTraceFile file) => _file = file;

    public long EventCount { get; private set; }

    /// <summary>The lowest and highest time stamp; 0 if there is no event.</summary>
    public long FirstTime { get; private set; }

    public long LastTime { get; private set; }

    /// <summary>Events that refer to a stack.</summary>
    public long EventsWithStack { get; private set; }

    /// <summary>Provider, event id and number of events, most frequent first.</summary>
    public IReadOnlyList<(string Provider, int Id, long Count)> Counts => [.. Sorted().Select(pair => (pair.Key.Provider, pair.Key.Id, pair.Value.Count))];

    public static NetTraceSummary Of(NetTraceFile file, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        var summary = new NetTraceSummary(file);
        file.Read(summary.Add, progress, cancellation);
        return summary;
    }

    IEnumerable<KeyValuePair<(string Provider, int Id), Group>> Sorted() =>
        _groups.OrderByDescending(pair => pair.Value.Count).ThenBy(pair => pair.Key.Provider, StringComparer.Ordinal).ThenBy(pair => pair.Key.Id);

    void Add(in NetTraceRecord record)
    {
        (string, int) key = record.Metadata is { } known ? (known.Provider, known.EventId) : ("", record.MetadataId);
        if (!_groups.TryGetValue(key, out Group? group)) _groups[key] = group = new Group { Metadata = record.Metadata };
        Span<byte> prefix = stackalloc byte[PrefixLength];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, record.TimeStamp);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[8..], (uint)record.ThreadId);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[12..], (uint)record.ProcessId);
        BinaryPrimitives.WriteUInt16LittleEndian(prefix[16..], (ushort)record.Processor);
        prefix[18] = (byte)(record.Metadata?.Version ?? 0);
        group.Checksum.Append(prefix);
        group.Checksum.Append(record.Payload);
        group.Count++;
        group.PayloadBytes += record.Payload.Length;
        group.FirstTime = Math.Min(group.FirstTime, record.TimeStamp);
        group.LastTime = Math.Max(group.LastTime, record.TimeStamp);
        FirstTime = EventCount == 0 ? record.TimeStamp : Math.Min(FirstTime, record.TimeStamp);
        LastTime = EventCount == 0 ? record.TimeStamp : Math.Max(LastTime, record.TimeStamp);
        EventCount++;
        if (record.StackId != 0) EventsWithStack++;
        _processors.Add(record.Processor);
    }

    public void WriteJson(Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("file", Path.GetFileName(_file.Name));
        json.WriteString("format", "nettrace");
        json.WriteNumber("version", _file.Version);
        json.WriteNumber("size", _file.Length);
        json.WriteNumber("total_events", EventCount);
        json.WriteNumber("first_ts", FirstTime);
        json.WriteNumber("last_ts", LastTime);
        WriteTime(json, "first_utc", FirstTime);
        WriteTime(json, "last_utc", LastTime);
        json.WriteNumber("processors", _file.Processors);
        json.WriteStartArray("processors_seen");
        foreach (int processor in _processors) json.WriteNumberValue(processor);
        json.WriteEndArray();
        json.WriteNumber("pointer_size", _file.PointerSize);
        json.WriteNumber("os_build", 0);
        json.WriteNumber("perf_freq", _file.TicksPerSecond);
        json.WriteNumber("process", _file.ProcessId);
        json.WriteNumber("buffers", _file.EventBlocks);
        json.WriteNumber("lost", _file.EventsLost);
        json.WriteNumber("stacks", _file.Stacks);
        json.WriteNumber("events_with_stack", EventsWithStack);
        json.WriteNumber("metadata", _file.Metadata.Count);
        TraceInfo.WriteProblems(json, _file.Problems);
        json.WriteStartArray("groups");
        foreach (((string provider, int id), Group group) in Sorted()) WriteGroup(json, provider, id, group);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    void WriteTime(Utf8JsonWriter json, string name, long time)
    {
        if (EventCount > 0 && _file.ToUtc(time) is { } utc) json.WriteString(name, utc.ToString(TraceInfo.UtcFormat, CultureInfo.InvariantCulture));
        else json.WriteNull(name);
    }

    static void WriteGroup(Utf8JsonWriter json, string provider, int id, Group group)
    {
        json.WriteStartObject();
        json.WriteString("kind", "id");
        json.WriteString("provider", provider);
        json.WriteString("guid", group.Metadata?.ProviderGuid ?? ProviderGuids.OfName(provider));
        json.WriteNumber("num", id);
        json.WriteString("name", group.Metadata?.Name ?? "");
        json.WriteNumber("count", group.Count);
        json.WriteNumber("payload_bytes", group.PayloadBytes);
        json.WriteNumber("crc32", group.Checksum.GetCurrentHashAsUInt32());
        json.WriteNumber("first_ts", group.FirstTime);
        json.WriteNumber("last_ts", group.LastTime);
        json.WriteEndObject();
    }

    public void WriteText(TextWriter output)
    {
        output.WriteLine($"File            {_file.Name} ({_file.Length:N0} bytes)");
        output.WriteLine($"Format          .nettrace version {_file.Version}, {_file.TicksPerSecond:N0} ticks a second, {8 * _file.PointerSize} bits");
        output.WriteLine($"Time            {_file.ToUtc(FirstTime):O} to {_file.ToUtc(LastTime):O}");
        output.WriteLine($"Events          {EventCount:N0} in {_file.EventBlocks:N0} blocks, {EventsWithStack:N0} with one of {_file.Stacks:N0} stacks");
        output.WriteLine($"Lost            {_file.EventsLost:N0} events");
        TraceInfo.WriteProblems(output, _file.Problems);
        if (_groups.Count == 0) return;
        output.WriteLine();
        output.WriteLine($"{"Count",12} {"Payload",14} {"CRC-32",8} {"Number",6}  Provider");
        foreach (((string provider, int id), Group group) in Sorted())
        {
            uint checksum = group.Checksum.GetCurrentHashAsUInt32();
            output.WriteLine($"{group.Count,12:N0} {group.PayloadBytes,14:N0} {checksum:x8} {id,6}  {provider} {group.Metadata?.Name}");
        }
    }
}
