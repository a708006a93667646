using System.Buffers.Binary;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.NetTrace;

/// <summary>An event of a .nettrace where it stands in its block; it lives only during the call that hands it over.</summary>
public readonly ref struct NetTraceRecord
{
    /// <summary>Null if the stream never declared it.</summary>
    public NetTraceMetadata? Metadata { get; init; }
    public int MetadataId { get; init; }
    public long TimeStamp { get; init; }
    public ulong ThreadId { get; init; }
    public int ProcessId { get; init; }
    public int Processor { get; init; }
    public int StackId { get; init; }
    public Guid ActivityId { get; init; }
    public ReadOnlySpan<byte> Payload { get; init; }
}

/// <summary>Receives an event of a .nettrace.</summary>
public delegate void NetTraceCallback(in NetTraceRecord record);

/// <summary>
/// Reads .nettrace files of versions 3 (.netperf) to 6 in the order of the file. Damage is no error: what can be read is read, the rest is
/// in <see cref="Problems"/>.
/// </summary>
public sealed class NetTraceFile : IDisposable
{
    /// <summary>A block is read whole; EventPipe's are 100 KB, those of version 6 cannot pass 16 MB.</summary>
    const int LargestBlock = 256 << 20;
    const int HeadLength = 256;
    const byte NullReference = 1, BeginObject = 4, BeginPrivateObject = 5, EndObject = 6;

    readonly TraceBytes _bytes;
    readonly Dictionary<int, NetTraceMetadata> _metadata = [];
    readonly Dictionary<ulong, (int Process, ulong Thread)> _threads = [];
    readonly Dictionary<ulong, uint> _sequence = [];
    readonly byte[] _head = new byte[HeadLength];
    byte[] _block = [];

    NetTraceFile(TraceBytes bytes) => _bytes = bytes;

    public string Name => _bytes.Name;

    public long Length => _bytes.Length;

    /// <summary>3 to 6; 0 if the file does not even say.</summary>
    public int Version { get; private set; }

    /// <summary>UTC at <see cref="SyncTime"/>; null if the header holds no date.</summary>
    public DateTime? SyncUtc { get; private set; }

    public long SyncTime { get; private set; }
    public long TicksPerSecond { get; private set; }
    public int PointerSize { get; private set; }
    public int ProcessId { get; private set; }
    public int Processors { get; private set; }
    public ProblemList Problems { get; private set; } = new();

    public int EventBlocks { get; private set; }
    public long Stacks { get; private set; }

    /// <summary>Events that were dropped: gaps in the numbering of each thread.</summary>
    public long EventsLost { get; private set; }

    public IReadOnlyDictionary<int, NetTraceMetadata> Metadata => _metadata;

    /// <summary>The file is of this format, by its first bytes.</summary>
    public static bool Is(TraceBytes bytes)
    {
        Span<byte> head = stackalloc byte[24];
        int read = bytes.Read(0, head);
        return head[..read].StartsWith("Nettrace"u8) || (read == 24 && head[4..].SequenceEqual("!FastSerialization.1"u8));
    }

    public static NetTraceFile Open(TraceBytes bytes) => new(bytes);

    /// <summary>UTC of a time stamp; null if the header does not tell.</summary>
    public DateTime? ToUtc(long time)
    {
        if (SyncUtc is not { } start || TicksPerSecond <= 0) return null;
        Int128 ticks = start.Ticks + ((Int128)time - SyncTime) * TimeSpan.TicksPerSecond / TicksPerSecond;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks, DateTimeKind.Utc) : null;
    }

    /// <summary>Reads the file from its beginning and hands over each event.</summary>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public void Read(NetTraceCallback callback, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        _metadata.Clear();
        _threads.Clear();
        _sequence.Clear();
        Problems = new ProblemList();
        (EventBlocks, Stacks, EventsLost, Version) = (0, 0, 0, 0);
        if (_bytes.Length == 0)
        {
            Problems.Add(TraceProblemKind.Empty, 0, 0, "the file is empty");
            return;
        }
        int read = _bytes.Read(0, _head);
        ReadOnlySpan<byte> head = _head.AsSpan(0, read);
        int magic = head.StartsWith("Nettrace"u8) ? 8 : 0;
        if (magic > 0 && read >= 20 && BinaryPrimitives.ReadInt32LittleEndian(head[8..]) == 0)
        {
            Version = BinaryPrimitives.ReadInt32LittleEndian(head[12..]);
            if (Version == 6) ReadBlocks(20, callback, progress, cancellation);
            else Problems.Add(TraceProblemKind.BadStream, 12, _bytes.Length - 12, $"version {Version} of the format is not known");
        }
        else if (head.Length >= magic + 24 && head.Slice(magic + 4, 20).SequenceEqual("!FastSerialization.1"u8))
            ReadObjects(magic + 24, callback, progress, cancellation);
        else
            Problems.Add(TraceProblemKind.NotATrace, 0, _bytes.Length, "the file does not begin as a .nettrace does");
    }

    /// <summary>Version 6: blocks of a kind and a length.</summary>
    void ReadBlocks(long offset, NetTraceCallback callback, ITraceProgress? progress, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_bytes.Read(offset, _head.AsSpan(0, 4)) < 4)
            {
                Problems.Add(TraceProblemKind.CutBuffer, offset, 0, "the file ends without its end mark");
                return;
            }
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(_head);
            int kind = (int)(word >> 24), length = (int)(word & 0xFFFFFF);
            if (kind == 0) return;
            int available = Load(offset + 4, length);
            BlockV6(kind, offset + 4, available, callback);
            offset += 4 + length;
            progress?.Report(offset, _bytes.Length);
            if (available < length) return;
        }
    }

    void BlockV6(int kind, long offset, int length, NetTraceCallback callback)
    {
        ReadOnlySpan<byte> block = _block.AsSpan(0, length);
        switch (kind)
        {
            case 1: ReadTrace(block, offset); break;
            case 2: ReadEvents(block, offset, offset, callback); break;
            case 3: ReadMetadataRows(block, offset); break;
            case 4: ReadSequencePoint(block, offset); break;
            case 5: ReadStacks(block, offset); break;
            case 6: ReadThreads(block, offset); break;
        }
    }

    /// <summary>Up to version 5: objects of a type's name, a size, and content at a multiple of four.</summary>
    void ReadObjects(long offset, NetTraceCallback callback, ITraceProgress? progress, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int read = _bytes.Read(offset, _head);
            if (read == 0)
            {
                Problems.Add(TraceProblemKind.CutBuffer, offset, 0, "the file ends without its end mark");
                return;
            }
            if (_head[0] == NullReference) return;
            if (TryObject(_head.AsSpan(0, read), out int version, out string name, out int headerLength))
            {
                offset = ReadObject(offset + headerLength, version, name, callback);
                if (offset < 0) return;
                progress?.Report(offset, _bytes.Length);
                if (_bytes.Read(offset, _head.AsSpan(0, 1)) == 1 && _head[0] == EndObject)
                {
                    offset++;
                    continue;
                }
                if (offset >= _bytes.Length)
                {
                    Problems.Add(TraceProblemKind.CutBuffer, offset, 0, "the file ends without its end mark");
                    return;
                }
            }
            long next = FindObject(offset + 1);
            long end = next < 0 ? _bytes.Length : next;
            Problems.Add(TraceProblemKind.BadStream, offset, end - offset, "no object begins here");
            if (next < 0) return;
            offset = next;
        }
    }

    /// <summary>Two begin tags, no type of the type, version, least version of a reader, name, end of the type.</summary>
    static bool TryObject(ReadOnlySpan<byte> bytes, out int version, out string name, out int length)
    {
        (version, name, length) = (0, "", 0);
        var reader = new StreamBytes(bytes);
        if (reader.Byte() is not (BeginObject or BeginPrivateObject) || reader.Byte() is not (BeginObject or BeginPrivateObject)) return false;
        if (reader.Byte() != NullReference) return false;
        version = reader.Int32();
        reader.Skip(4);
        int nameLength = reader.Int32();
        if (nameLength is < 1 or > 64) return false;
        name = System.Text.Encoding.ASCII.GetString(reader.Take(nameLength));
        bool ended = reader.Byte() == EndObject;
        length = reader.Position;
        return ended && !reader.Failed;
    }

    /// <summary>Where the object ends; -1: nothing is left to read.</summary>
    long ReadObject(long offset, int version, string name, NetTraceCallback callback)
    {
        const int TraceLength = 48;
        if (name == "Trace")
        {
            Version = version;
            int available = Load(offset, TraceLength);
            ReadTrace(_block.AsSpan(0, available), offset);
            return available < TraceLength ? -1 : offset + TraceLength;
        }
        if (_bytes.Read(offset, _head.AsSpan(0, 4)) < 4)
        {
            Problems.Add(TraceProblemKind.CutBuffer, offset, 0, "the file ends inside an object");
            return -1;
        }
        int length = BinaryPrimitives.ReadInt32LittleEndian(_head);
        long content = (offset + 4 + 3) & ~3L;
        if (length is < 0 or > LargestBlock)
        {
            Problems.Add(TraceProblemKind.BadStream, offset, 0, $"an object of type {name} says that it has {length} bytes");
            return offset;
        }
        int loaded = Load(content, length);
        ReadOnlySpan<byte> block = _block.AsSpan(0, loaded);
        switch (name)
        {
            case "EventBlock": ReadEvents(block, content, content, callback); break;
            case "MetadataBlock": ReadMetadataEvents(block, content); break;
            case "StackBlock": ReadStacks(block, content); break;
            case "SPBlock": ReadSequencePoint(block, content); break;
        }
        return loaded < length ? -1 : content + length;
    }

    /// <summary>The next place where an object begins; -1: there is none.</summary>
    long FindObject(long from)
    {
        byte[] window = new byte[(1 << 16) + HeadLength];
        for (long start = from; start < _bytes.Length; start += 1 << 16)
        {
            int read = _bytes.Read(start, window);
            for (int at = 0; at < 1 << 16 && at < read; at++)
                if (window[at] is BeginObject or BeginPrivateObject
                    && TryObject(window.AsSpan(at, Math.Min(HeadLength, read - at)), out _, out string name, out _)
                    && name is "EventBlock" or "MetadataBlock" or "StackBlock" or "SPBlock")
                    return start + at;
        }
        return -1;
    }

    /// <summary>Brings a block into memory; returns how much of it the file has.</summary>
    int Load(long offset, int length)
    {
        int available = (int)Math.Clamp(_bytes.Length - offset, 0, length);
        if (_block.Length < available) _block = new byte[available];
        int read = _bytes.Read(offset, _block.AsSpan(0, available));
        if (read < length) Problems.Add(TraceProblemKind.CutBuffer, offset, length - read, $"the file ends after {read} of the block's {length} bytes");
        return read;
    }

    void ReadTrace(ReadOnlySpan<byte> block, long offset)
    {
        var reader = new StreamBytes(block);
        short year = reader.Int16(), month = reader.Int16();
        reader.Skip(2);
        short day = reader.Int16(), hour = reader.Int16(), minute = reader.Int16(), second = reader.Int16(), millisecond = reader.Int16();
        SyncTime = reader.Int64();
        TicksPerSecond = reader.Int64();
        PointerSize = reader.Int32();
        bool isDate = year is > 0 and < 10_000 && month is > 0 and < 13 && day > 0 && day <= DateTime.DaysInMonth(year, month)
            && hour is >= 0 and < 24 && minute is >= 0 and < 60 && second is >= 0 and < 60 && millisecond is >= 0 and < 1000;
        SyncUtc = isDate ? new DateTime(year, month, day, hour, minute, second, millisecond, DateTimeKind.Utc) : null;
        if (Version < 6)
        {
            ProcessId = reader.Int32();
            Processors = reader.Int32();
            reader.Int32();
        }
        else
        {
            int pairs = reader.Int32();
            for (int i = 0; i < pairs && !reader.Failed; i++)
            {
                string key = reader.Utf8(), value = reader.Utf8();
                if (key == "HardwareThreadCount" && int.TryParse(value, out int processors)) Processors = processors;
                else if (key == "ProcessId" && int.TryParse(value, out int process)) ProcessId = process;
            }
        }
        Judge(reader, offset, "the header");
    }

    void Judge(scoped in StreamBytes reader, long offset, string what)
    {
        if (reader.Failed) Problems.Add(TraceProblemKind.BadStream, offset + reader.Position, reader.Left, $"{what} is broken");
    }

    void ReadEvents(ReadOnlySpan<byte> block, long offset, long fileOffset, NetTraceCallback callback)
    {
        EventBlocks++;
        var events = new NetTraceEvents(block, fileOffset, Version);
        bool odd = false;
        while (events.MoveNext())
        {
            // Bytes that were written over often still read as events, but hardly as those of this block.
            if (!odd && (odd = events.MetadataId != 0 && (!events.IsInTime || !_metadata.ContainsKey(events.MetadataId))))
                Problems.Add(TraceProblemKind.BadStream, offset + events.Position, 0, "an event is not of its block's time, or of no kind that is known");
            if (events.MetadataId == 0)
            {
                // Until version 3, metadata stands among the events.
                AddMetadata(NetTraceMetadata.ReadObject(events.Payload), offset);
                continue;
            }
            CountLost(events.CaptureThread, events.Sequence);
            (int process, ulong thread) = Version == 6 ? _threads.GetValueOrDefault(events.Thread, (0, events.Thread)) : (ProcessId, events.Thread);
            callback(new NetTraceRecord
            {
                Metadata = _metadata.GetValueOrDefault(events.MetadataId),
                MetadataId = events.MetadataId,
                TimeStamp = events.TimeStamp,
                ThreadId = thread,
                ProcessId = process,
                Processor = events.Processor,
                StackId = events.StackId,
                ActivityId = events.ActivityId,
                Payload = events.Payload,
            });
        }
        Stacks += events.InlineStacks;
        if (events.Failed) Problems.Add(TraceProblemKind.BadStream, offset + events.Position, block.Length - events.Position, "an event is broken");
    }

    void ReadMetadataEvents(ReadOnlySpan<byte> block, long offset)
    {
        var events = new NetTraceEvents(block, offset, Version);
        while (events.MoveNext()) AddMetadata(NetTraceMetadata.ReadObject(events.Payload), offset);
        if (events.Failed)
            Problems.Add(TraceProblemKind.BadStream, offset + events.Position, block.Length - events.Position, "the description of an event is broken");
    }

    void ReadMetadataRows(ReadOnlySpan<byte> block, long offset)
    {
        var reader = new StreamBytes(block);
        reader.Skip(reader.UInt16());
        while (!reader.AtEnd && !reader.Failed)
        {
            int size = reader.UInt16();
            ReadOnlySpan<byte> row = reader.Take(size);
            if (!reader.Failed) AddMetadata(NetTraceMetadata.ReadRow(row), offset);
        }
        Judge(reader, offset, "a description of events");
    }

    void AddMetadata((int Id, NetTraceMetadata Metadata)? row, long offset)
    {
        if (row is { } known) _metadata[known.Id] = known.Metadata;
        else Problems.Add(TraceProblemKind.BadStream, offset, 0, "the description of an event is broken");
    }

    void ReadThreads(ReadOnlySpan<byte> block, long offset)
    {
        var reader = new StreamBytes(block);
        while (!reader.AtEnd && !reader.Failed)
        {
            int size = reader.UInt16();
            var row = new StreamBytes(reader.Take(size));
            ulong index = row.VarUInt(), thread = 0;
            int process = ProcessId;
            while (!row.AtEnd && !row.Failed)
            {
                switch (row.Byte())
                {
                    case 1: row.Utf8(); break;
                    case 2: process = (int)row.VarUInt(); break;
                    case 3: thread = row.VarUInt(); break;
                    case 4:
                        row.Utf8();
                        row.Utf8();
                        break;
                    default: row.Take(-1); break;
                }
            }
            _threads[index] = (process, thread);
        }
        Judge(reader, offset, "a list of threads");
    }

    void ReadStacks(ReadOnlySpan<byte> block, long offset)
    {
        var reader = new StreamBytes(block);
        reader.Skip(4);
        int count = reader.Int32();
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            reader.Skip(reader.Int32());
            if (!reader.Failed) Stacks++;
        }
        Judge(reader, offset, "a list of stacks");
    }

    void ReadSequencePoint(ReadOnlySpan<byte> block, long offset)
    {
        var reader = new StreamBytes(block);
        reader.Skip(8);
        bool six = Version == 6;
        uint flags = six ? (uint)reader.Int32() : 0;
        int count = reader.Int32();
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            ulong thread = six ? reader.VarUInt() : (ulong)reader.Int64();
            uint sequence = six ? (uint)reader.VarUInt() : (uint)reader.Int32();
            if (!reader.Failed) CountLost(thread, sequence + 1);
            _sequence[thread] = sequence;
        }
        if ((flags & 1) != 0)
        {
            _threads.Clear();
            _sequence.Clear();
        }
        if ((flags & 2) != 0) _metadata.Clear();
        Judge(reader, offset, "a sequence point");
    }

    /// <summary>A thread numbers its events one after the other; a thread that is new to the file begins anywhere.</summary>
    void CountLost(ulong thread, uint sequence)
    {
        if (Version < 4) return;
        if (_sequence.TryGetValue(thread, out uint last))
        {
            uint gap = sequence - last - 1;
            if (gap < int.MaxValue) EventsLost += gap;
        }
        _sequence[thread] = sequence;
    }

    public void Dispose() => _bytes.Dispose();
}
