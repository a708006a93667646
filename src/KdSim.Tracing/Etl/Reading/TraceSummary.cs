using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Decoding;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>Events of one provider with one number: how many, how large, when, and a checksum of them all.</summary>
/// <param name="Name">Provider and event, as far as they are known; of the first event, if versions differ.</param>
public sealed record EventGroup(EventNumbering Kind, Guid Provider, int Number, EventDescription Name)
{
    public long Count { get; internal set; }
    public long PayloadBytes { get; internal set; }
    public long FirstTime { get; internal set; }
    public long LastTime { get; internal set; }

    /// <summary>
    /// CRC-32 over the events in file order, each as little-endian {i64 time stamp, u32 thread, u32 process, u16 processor, u8 version} and payload.
    /// </summary>
    public uint Crc32 => Checksum.GetCurrentHashAsUInt32();

    internal Crc32 Checksum { get; } = new();
}

/// <summary>What a file holds: totals, and a group for each kind of event.</summary>
public sealed class TraceSummary
{
    const int PrefixLength = 19;

    readonly Dictionary<(EventNumbering, Guid, int), EventGroup> _groups = [];
    readonly SortedSet<int> _processors = [];

    readonly EventDecoder _decoder;

    TraceSummary(EventDecoder decoder) => _decoder = decoder;

    /// <summary>Most frequent first.</summary>
    public IReadOnlyList<EventGroup> Groups =>
        [.. _groups.Values.OrderByDescending(group => group.Count).ThenBy(group => group.Kind).ThenBy(group => group.Provider).ThenBy(group => group.Number)];

    /// <summary>The processors that events came from.</summary>
    public IReadOnlyCollection<int> ProcessorsSeen => _processors;

    public long EventCount { get; private set; }

    public static TraceSummary Of(EtlFile file, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        var summary = new TraceSummary(EventDecoder.Of(file));
        EventGroup? last = null;
        foreach (EventRecord record in file.InFileOrder(progress, cancellation))
            last = summary.Add(record, last);
        return summary;
    }

    EventGroup Add(in EventRecord record, EventGroup? last)
    {
        EventGroup group = GroupOf(record, last);
        ReadOnlySpan<byte> payload = record.Payload;
        long time = record.HasTimeStamp ? record.TimeStamp : 0;
        Span<byte> prefix = stackalloc byte[PrefixLength];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, time);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[8..], record.ThreadId);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[12..], record.ProcessId);
        BinaryPrimitives.WriteUInt16LittleEndian(prefix[16..], (ushort)record.Processor);
        prefix[18] = record.Version;
        group.Checksum.Append(prefix);
        group.Checksum.Append(payload);
        group.FirstTime = group.Count == 0 ? time : Math.Min(group.FirstTime, time);
        group.LastTime = group.Count == 0 ? time : Math.Max(group.LastTime, time);
        group.Count++;
        group.PayloadBytes += payload.Length;
        EventCount++;
        if (!_processors.Contains(record.Processor)) _processors.Add(record.Processor);
        return group;
    }

    /// <summary>Most events are of the same group as the one before them.</summary>
    EventGroup GroupOf(in EventRecord record, EventGroup? last)
    {
        EventNumbering kind = record.Numbering;
        Guid provider = record.Provider;
        int number = record.Number;
        if (last is not null && last.Number == number && last.Provider == provider && last.Kind == kind) return last;
        ref EventGroup? group = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, (kind, provider, number), out bool exists);
        if (!exists) group = new EventGroup(kind, provider, number, _decoder.Describe(record));
        return group!;
    }
}
