using System.Buffers.Binary;
using System.Text;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.NetTrace;

/// <summary>
/// Writes events as a .nettrace of version 6, in the order of time. Each kind of event gets a row of metadata with its names and fields; kernel events
/// carry their task's GUID and their opcode as id, by which TraceEvent finds its own templates for them.
/// </summary>
public sealed class NetTraceWriter
{
    const int BlockSize = 64 << 10, RowLimit = ushort.MaxValue, SequencePointEvery = 1_000_000;
    const int Trace = 1, Events = 2, Metadata = 3, SequencePoint = 4, Threads = 6;
    const byte CaptureThread = 1, CompressedHeaders = 1, HasMetadata = 1, HasSequence = 2, HasThread = 4, IsSorted = 64, HasPayloadSize = 128;

    readonly Stream _output;
    readonly MemoryStream _block = new();
    readonly Dictionary<(EventDescription, Guid, int, byte, byte), int> _metadata = [];
    readonly Dictionary<(uint Process, uint Thread), int> _threads = [];
    readonly List<byte[]> _newRows = [];

    /// <summary>Index 1 is the thread that stands for all capturing.</summary>
    readonly List<byte[]> _newThreads = [[CaptureThread]];

    // What the events of this block are differences to.
    int _lastMetadata, _lastThread, _lastProcessor, _lastPayload;
    long _lastTime, _firstTime;
    bool _started;
    uint _sequence;

    NetTraceWriter(Stream output) => _output = output;

    /// <summary>Writes all events of a file.</summary>
    /// <exception cref="OperationCanceledException">The writing was cancelled.</exception>
    public static void Write(EtlFile file, Stream output, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        var writer = new NetTraceWriter(output);
        writer.Header(file);
        EventDecoder decoder = EventDecoder.Of(file);
        long count = 0;
        foreach (EventRecord record in file.InTimeOrder(progress, cancellation))
        {
            writer.Add(record, decoder.Describe(record));
            if (++count % SequencePointEvery == 0) writer.Point(record.TimeStamp);
        }
        writer.Flush();
        Span<byte> end = stackalloc byte[4];
        end.Clear();
        output.Write(end);
    }

    void Header(EtlFile file)
    {
        Span<byte> head = stackalloc byte[20];
        "Nettrace"u8.CopyTo(head);
        head[8..].Clear();
        head[12] = 6;
        _output.Write(head);
        var block = new MemoryStream();
        DateTime start = file.Clock.ToUtc(file.Clock.Origin) ?? new DateTime(1601, 1, 1);
        foreach (int part in (int[])[start.Year, start.Month, (int)start.DayOfWeek, start.Day, start.Hour, start.Minute, start.Second, start.Millisecond])
            Number16(block, part);
        // The date has milliseconds only: the tick that goes with it is that much earlier.
        long frequency = file.Clock.TicksPerSecond;
        long remainder = (long)((Int128)(start.Ticks % TimeSpan.TicksPerMillisecond) * frequency / TimeSpan.TicksPerSecond);
        Number64(block, file.Clock.Origin - remainder);
        Number64(block, frequency);
        Number32(block, file.PointerSize);
        Number32(block, 1);
        Text(block, "HardwareThreadCount");
        Text(block, $"{file.Header?.NumberOfProcessors ?? 0}");
        Block(Trace, block);
    }

    void Add(in EventRecord record, EventDescription description)
    {
        int metadata = MetadataOf(record, description), thread = ThreadOf(record.ProcessId, record.ThreadId);
        if (_block.Length > BlockSize) Flush();
        if (!_started) _firstTime = record.TimeStamp;
        byte flags = IsSorted;
        bool isFirst = !_started;
        _started = true;
        if (isFirst || metadata != _lastMetadata) flags |= HasMetadata;
        // All events count as captured by one thread: they are in the order of time already.
        if (isFirst || record.Processor != _lastProcessor) flags |= HasSequence;
        if (isFirst || thread != _lastThread) flags |= HasThread;
        ReadOnlySpan<byte> payload = record.Payload;
        if (isFirst || payload.Length != _lastPayload) flags |= HasPayloadSize;
        _block.WriteByte(flags);
        if ((flags & HasMetadata) != 0) VarUInt(_block, (ulong)metadata);
        if ((flags & HasSequence) != 0)
        {
            VarUInt(_block, isFirst ? _sequence : 0);
            VarUInt(_block, CaptureThread);
            VarUInt(_block, (ulong)record.Processor);
        }
        _sequence++;
        if ((flags & HasThread) != 0) VarUInt(_block, (ulong)thread);
        VarUInt(_block, (ulong)(record.TimeStamp - _lastTime));
        if ((flags & HasPayloadSize) != 0) VarUInt(_block, (ulong)payload.Length);
        _block.Write(payload);
        (_lastMetadata, _lastProcessor, _lastThread, _lastPayload, _lastTime) = (metadata, record.Processor, thread, payload.Length, record.TimeStamp);
    }

    int MetadataOf(in EventRecord record, EventDescription description)
    {
        var key = (description, record.Provider, record.Number, record.Version, record.Opcode);
        if (_metadata.TryGetValue(key, out int known)) return known;
        int id = _metadata.Count + 1;
        _metadata.Add(key, id);
        var row = new MemoryStream();
        VarUInt(row, (ulong)id);
        Text(row, description.Provider);
        VarUInt(row, (ulong)record.Number);
        Text(row, description.Name);
        byte[] fields = NetTraceFields.Write(description.Template, record.PointerSize);
        long options = 2 + 2 + 1 + 8 + 1 + 16 + 2 + 2;
        bool fits = row.Length + fields.Length + options < RowLimit;
        row.Write(fits ? fields : [0, 0]);
        Number16(row, (int)options - 2);
        row.WriteByte(1);
        row.WriteByte(record.Opcode);
        row.WriteByte(3);
        Number64(row, (long)record.Keyword);
        row.WriteByte(7);
        row.Write(record.Provider.ToByteArray());
        row.WriteByte(8);
        row.WriteByte(record.Level);
        row.WriteByte(9);
        row.WriteByte(record.Version);
        _newRows.Add(row.ToArray());
        return id;
    }

    int ThreadOf(uint process, uint thread)
    {
        if (_threads.TryGetValue((process, thread), out int known)) return known;
        int index = _threads.Count + CaptureThread + 1;
        _threads.Add((process, thread), index);
        var row = new MemoryStream();
        VarUInt(row, (ulong)index);
        row.WriteByte(2);
        VarUInt(row, process);
        row.WriteByte(3);
        VarUInt(row, thread);
        _newThreads.Add(row.ToArray());
        return index;
    }

    /// <summary>Writes what the events of the block need, then the block.</summary>
    void Flush()
    {
        if (!_started) return;
        Rows(Threads, _newThreads, header: false);
        Rows(Metadata, _newRows, header: true);
        var block = new MemoryStream();
        Number16(block, 20);
        Number16(block, CompressedHeaders);
        Number64(block, _firstTime);
        Number64(block, _lastTime);
        _block.WriteTo(block);
        Block(Events, block);
        _block.SetLength(0);
        _started = false;
        (_lastMetadata, _lastProcessor, _lastThread, _lastPayload, _lastTime) = (0, 0, 0, 0, 0);
    }

    void Rows(int kind, List<byte[]> rows, bool header)
    {
        if (rows.Count == 0) return;
        var block = new MemoryStream();
        if (header) Number16(block, 0);
        foreach (byte[] row in rows)
        {
            Number16(block, row.Length);
            block.Write(row);
        }
        rows.Clear();
        Block(kind, block);
    }

    /// <summary>A place from which a reader may forget what came before.</summary>
    void Point(long time)
    {
        Flush();
        var block = new MemoryStream();
        Number64(block, time);
        Number32(block, 0);
        Number32(block, 1);
        VarUInt(block, CaptureThread);
        VarUInt(block, _sequence);
        Block(SequencePoint, block);
    }

    void Block(int kind, MemoryStream content)
    {
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)content.Length | (uint)kind << 24);
        _output.Write(head);
        content.WriteTo(_output);
    }

    internal static void VarUInt(Stream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7) to.WriteByte((byte)(value | 0x80));
        to.WriteByte((byte)value);
    }

    internal static void Text(Stream to, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        VarUInt(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    internal static void Number16(Stream to, int value) => to.Write([(byte)value, (byte)(value >> 8)]);

    static void Number32(Stream to, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        to.Write(bytes);
    }

    static void Number64(Stream to, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        to.Write(bytes);
    }
}

/// <summary>The fields of a template in the metadata of version 6. They end before the first that the format has no type for.</summary>
static class NetTraceFields
{
    const int Object = 1, Array = 19, FixedArray = 22;

    public static byte[] Write(PayloadTemplate? template, int pointerSize)
    {
        var fields = new List<byte[]>();
        foreach (PayloadField field in template?.Fields ?? [])
        {
            var content = new MemoryStream();
            NetTraceWriter.Text(content, field.Name);
            if (!TryType(content, field, pointerSize) || content.Length > ushort.MaxValue) break;
            fields.Add(content.ToArray());
        }
        var all = new MemoryStream();
        NetTraceWriter.Number16(all, fields.Count);
        foreach (byte[] field in fields)
        {
            NetTraceWriter.Number16(all, field.Length);
            all.Write(field);
        }
        return all.ToArray();
    }

    static bool TryType(MemoryStream to, PayloadField field, int pointerSize)
    {
        switch (field.Count.Kind)
        {
            case ExtentKind.Prefix:
                to.WriteByte(Array);
                return TryScalar(to, field, pointerSize);
            case ExtentKind.Fixed:
                to.WriteByte(FixedArray);
                if (!TryScalar(to, field, pointerSize)) return false;
                NetTraceWriter.Number16(to, field.Count.Value);
                return true;
            case ExtentKind.None:
                return TryScalar(to, field, pointerSize);
            default:
                return false;
        }
    }

    static bool TryScalar(MemoryStream to, PayloadField field, int pointerSize)
    {
        if (field.Type == WireType.Struct)
        {
            to.WriteByte(Object);
            to.Write(Write(new PayloadTemplate(field.Members), pointerSize));
            return true;
        }
        int code = field.Type switch
        {
            WireType.Int8 => 5,
            WireType.UInt8 => 6,
            WireType.Int16 => 7,
            WireType.UInt16 => 8,
            WireType.Int32 => 9,
            WireType.UInt32 => 10,
            WireType.Int64 => 11,
            WireType.UInt64 or WireType.FileTime => 12,
            WireType.Pointer => pointerSize == 8 ? 12 : 10,
            WireType.Float => 13,
            WireType.Double => 14,
            WireType.Boolean => 3,
            WireType.Guid => 17,
            WireType.UnicodeString when field.Length.Kind == ExtentKind.None => 18,
            _ => 0,
        };
        if (code == 0) return false;
        to.WriteByte((byte)code);
        return true;
    }
}
