using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Tests.Etl;

/// <summary>
/// Makes .etl files of every header kind, of both word sizes and compressed, and of shapes that no good writer makes. Independent of the product's
/// writer: the reader is tested against the format, not against a sibling.
/// </summary>
public sealed class EtlBuilder(int bufferSize = 4096, bool compressed = false, int pointerSize = 8)
{
    public const long HeaderTime = 1_000_000, Frequency = 10_000_000;

    /// <summary>2024-01-01T00:00:00Z.</summary>
    public const long StartTime = 133_485_408_000_000_000;

    readonly MemoryStream _file = new();
    readonly Dictionary<int, Open> _open = [];
    readonly List<long> _buffers = [];
    readonly byte[] _packed = new byte[Lz77.WorstLength(bufferSize)];
    readonly byte[] _record = new byte[1 << 16];
    long _sequence = 1;

    public int Processors { get; set; } = 2;
    public uint EventsLost { get; set; }
    public uint LogFileMode { get; set; } = compressed ? LogFileHeader.CompressedMode | 1 : 1;

    /// <summary>Where each buffer stands in the file, the header's first; valid once the file is built.</summary>
    public IEnumerable<long> BufferOffsets => _buffers.Select(offset => offset + bufferSize).Prepend(0);

    /// <summary>The whole file.</summary>
    public byte[] Build()
    {
        foreach (int processor in _open.Keys.Order().ToArray()) Flush(processor);
        return [.. HeaderBuffer(), .. _file.ToArray()];
    }

    /// <summary>The whole file, written to a disk.</summary>
    public void Save(string path)
    {
        foreach (int processor in _open.Keys.Order().ToArray()) Flush(processor);
        using FileStream stream = File.Create(path);
        stream.Write(HeaderBuffer());
        _file.Position = 0;
        _file.CopyTo(stream);
    }

    public EtlBuilder System(int processor, long time, KernelGroup group, byte opcode, byte version, ReadOnlySpan<byte> payload,
        uint thread = 4, uint process = 8, bool compact = false, ushort versionBits = 0)
    {
        HeaderType type = (compact, pointerSize) switch
        {
            (false, 8) => HeaderType.System64,
            (false, _) => HeaderType.System32,
            (_, 8) => HeaderType.Compact64,
            _ => HeaderType.Compact32,
        };
        int counters = CounterBits.BytesOf(versionBits);
        int header = (compact ? CompactTraceHeader.Length : SystemTraceHeader.Length) + counters;
        var system = new SystemTraceHeader
        {
            Version = (ushort)(version | versionBits), HeaderType = type, MarkerFlags = RecordMarker.Header, Size = (ushort)(header + payload.Length),
            Opcode = opcode, Group = group, ThreadId = thread, ProcessId = process, TimeStamp = time, KernelTime = 1, UserTime = 2,
        };
        MemoryMarshal.Write(_record, in system);
        _record.AsSpan(header - counters, counters).Fill(0xCC);
        return Add(processor, time, header, payload);
    }

    public EtlBuilder PerfInfo(int processor, long time, KernelGroup group, byte opcode, byte version, ReadOnlySpan<byte> payload, ushort versionBits = 0)
    {
        int counters = CounterBits.BytesOf(versionBits);
        var header = new PerfInfoTraceHeader
        {
            Version = (ushort)(version | versionBits), HeaderType = pointerSize == 8 ? HeaderType.PerfInfo64 : HeaderType.PerfInfo32,
            MarkerFlags = RecordMarker.Header, Size = (ushort)(PerfInfoTraceHeader.Length + counters + payload.Length), Opcode = opcode,
            Group = group, TimeStamp = time,
        };
        MemoryMarshal.Write(_record, in header);
        _record.AsSpan(PerfInfoTraceHeader.Length, counters).Fill(0xCC);
        return Add(processor, time, PerfInfoTraceHeader.Length + counters, payload);
    }

    public EtlBuilder Full(int processor, long time, Guid task, byte opcode, byte version, ReadOnlySpan<byte> payload, bool instance = false)
    {
        int length = instance ? InstanceTraceHeader.Length : FullTraceHeader.Length;
        HeaderType type = (instance, pointerSize) switch
        {
            (false, 8) => HeaderType.FullHeader64,
            (false, _) => HeaderType.FullHeader32,
            (_, 8) => HeaderType.Instance64,
            _ => HeaderType.Instance32,
        };
        var header = new InstanceTraceHeader
        {
            Event = new FullTraceHeader
            {
            Size = (ushort)(length + payload.Length), HeaderType = type, MarkerFlags = RecordMarker.Header, Opcode = opcode, Level = 3,
            Version = version,
                ThreadId = 4, ProcessId = 8, TimeStamp = time, Guid = task,
            },
            InstanceId = 1, ParentInstanceId = 2, ParentGuid = task,
        };
        MemoryMarshal.Write(_record, in header);
        return Add(processor, time, length, payload);
    }

    public EtlBuilder Event(int processor, long time, Guid provider, ushort id, ReadOnlySpan<byte> payload, byte version = 0, byte level = 4, byte opcode = 0,
        ushort task = 0, ulong keyword = 0, params (ExtendedItemType Type, byte[] Data)[] items)
    {
        int at = EventHeader.Length;
        for (int i = 0; i < items.Length; i++)
        {
            var item = new ExtendedItemHeader
            {
                Type = items[i].Type, Linkage = i + 1 < items.Length ? ExtendedItemHeader.More : (ushort)0, DataSize = (ushort)items[i].Data.Length,
            };
            MemoryMarshal.Write(_record.AsSpan(at), in item);
            items[i].Data.CopyTo(_record, at + ExtendedItemHeader.Length);
            int end = at + ExtendedItemHeader.Length + items[i].Data.Length;
            at = (end + 7) & ~7;
            _record.AsSpan(end, at - end).Clear();
        }
        var header = new EventHeader
        {
            Size = (ushort)(at + payload.Length), HeaderType = pointerSize == 8 ? HeaderType.EventHeader64 : HeaderType.EventHeader32,
            MarkerFlags = RecordMarker.Header, Flags = items.Length > 0 ? EventHeader.HasExtendedItems : (ushort)0, ThreadId = 4, ProcessId = 8,
            TimeStamp = time, ProviderId = provider, Id = id,
            Version = version, Level = level, Opcode = opcode, Task = task, Keyword = keyword,
        };
        MemoryMarshal.Write(_record, in header);
        return Add(processor, time, at, payload);
    }

    public EtlBuilder Message(int processor, long time, Guid source, ushort number, MessageFlags flags, ReadOnlySpan<byte> payload)
    {
        var header = new MessageTraceHeader { MarkerFlags = RecordMarker.Message, MessageNumber = number, Flags = flags };
        int at = MessageTraceHeader.Length;
        if ((flags & MessageFlags.Sequence) != 0) at += Put(at, 77);
        if ((flags & MessageFlags.ComponentId) != 0) at += Put(at, 0xC0);
        else if ((flags & MessageFlags.Guid) != 0)
        {
            source.TryWriteBytes(_record.AsSpan(at));
            at += 16;
        }
        if ((flags & MessageFlags.TimeStamp) != 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_record.AsSpan(at), time);
            at += 8;
        }
        if ((flags & MessageFlags.SystemInformation) != 0)
        {
            at += Put(at, 4);
            at += Put(at, 8);
        }
        header.Size = (ushort)(at + payload.Length);
        MemoryMarshal.Write(_record, in header);
        return Add(processor, time, at, payload);
    }

    int Put(int at, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_record.AsSpan(at), value);
        return 4;
    }

    /// <summary>Writes out what a processor has, even if its buffer is not full.</summary>
    public EtlBuilder Flush(int processor)
    {
        if (_open.Remove(processor, out Open? open)) WriteBuffer(open.Data, open.Used, processor, BufferType.Generic, open.LastTime);
        return this;
    }

    EtlBuilder Add(int processor, long time, int header, ReadOnlySpan<byte> payload)
    {
        int size = header + payload.Length;
        if (_open.TryGetValue(processor, out Open? open) && open.Used + size > bufferSize)
        {
            Flush(processor);
            open = null;
        }
        if (open is null) _open[processor] = open = new Open(bufferSize);
        payload.CopyTo(_record.AsSpan(header));
        _record.AsSpan(0, size).CopyTo(open.Data.AsSpan(open.Used));
        open.Used = Math.Min(bufferSize, (open.Used + size + 7) & ~7);
        open.LastTime = time;
        return this;
    }

    void WriteBuffer(byte[] data, int used, int processor, BufferType type, long time)
    {
        _buffers.Add(_file.Length);
        WriteBuffer(_file, data, used, processor, type, time);
    }

    void WriteBuffer(Stream to, byte[] data, int used, int processor, BufferType type, long time)
    {
        bool pack = compressed && type != BufferType.Header;
        int size = bufferSize, packed = 0;
        if (pack)
        {
            packed = Lz77.Compress(data.AsSpan(BufferHeader.Length, used - BufferHeader.Length), _packed);
            size = BufferHeader.Length + packed;
        }
        var header = new BufferHeader
        {
            BufferSize = (uint)size, SavedOffset = (uint)used, CurrentOffset = (uint)used, TimeStamp = time, SequenceNumber = _sequence++,
            ProcessorField = (ushort)processor, LoggerId = 3, State = 3, Offset = (uint)used,
            BufferFlag = BufferFlags.ProcessorIndex | (pack ? BufferFlags.Compressed : 0), BufferType = type,
        };
        header.Write(data);
        if (pack)
        {
            to.Write(data, 0, BufferHeader.Length);
            to.Write(_packed, 0, packed);
        }
        else to.Write(data, 0, bufferSize);
    }

    byte[] HeaderBuffer()
    {
        byte[] payload = HeaderPayload();
        var header = new EtlBuilder(bufferSize, pointerSize: pointerSize) { _sequence = 0 };
        header.System(0, HeaderTime, KernelGroup.EventTrace, LogFileHeader.Opcode, LogFileHeader.EventVersion, payload);
        Open open = header._open[0];
        using var stream = new MemoryStream();
        header.WriteBuffer(stream, open.Data, open.Used, 0, BufferType.Header, HeaderTime);
        return stream.ToArray();
    }

    byte[] HeaderPayload()
    {
        PayloadTemplate template = LogFileHeader.Template;
        string session = "Test\0", name = "test.etl\0";
        int fixedPart = template.OffsetOf("SessionName", pointerSize);
        byte[] payload = new byte[fixedPart + 2 * (session.Length + name.Length)];
        Encoding.Unicode.GetBytes(session + name).CopyTo(payload, fixedPart);
        void Put(string field, long value) => BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(template.OffsetOf(field, pointerSize)), value);
        void Put32(string field, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(template.OffsetOf(field, pointerSize)), value);
        Put32("BufferSize", (uint)bufferSize);
        Put32("Version", compressed ? 0x0002_000Au : 0x0501_000Au);
        Put32("ProviderVersion", 22631);
        Put32("NumberOfProcessors", (uint)Processors);
        Put32("LogFileMode", LogFileMode);
        Put32("BuffersWritten", (uint)_buffers.Count + 1);
        Put32("StartBuffers", 1);
        Put32("PointerSize", (uint)pointerSize);
        Put32("EventsLost", EventsLost);
        Put32("CPUSpeed", 2000);
        Put("PerfFreq", Frequency);
        Put("StartTime", StartTime);
        Put32("ReservedFlags", (uint)ClockKind.PerformanceCounter);
        return payload;
    }

    sealed class Open
    {
        public Open(int size)
        {
            Data = new byte[size];
            Data.AsSpan().Fill(0xFF);
        }

        public byte[] Data { get; }
        public int Used { get; set; } = BufferHeader.Length;
        public long LastTime { get; set; }
    }
}
