using System.Buffers.Binary;
using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.TraceEventRoute;

/// <summary>
/// Writes events as the EVENT_RECORDs that Windows hands to consumers, in a .btl file: blocks of compressed records, which TraceEvent reads on every
/// platform. Blocks hold one run of literals: nothing is compressed, but the file is what any reader of .btl expects.
/// </summary>
sealed class EventRecordFile(Stream output)
{
    /// <summary>TraceEvent's reader has 1 MB for a block.</summary>
    const int BlockSize = 512 << 10;
    const int RecordAlignment = 16, DataAlignment = 8, ItemLength = 16, ContextLength = 8, PointersLength = 24;
    const ushort Flag32Bit = 0x20, Flag64Bit = 0x40, FlagClassic = 0x100, FlagMessage = 0x200;

    /// <summary>Bytes of a record before the payload.</summary>
    public const int HeadLength = EventHeader.Length + ContextLength + PointersLength;

    /// <summary>The longest record: a payload and items of 64 KB each, and what stands around them.</summary>
    const int LongestRecord = 3 << 16;

    readonly byte[] _block = new byte[BlockSize + LongestRecord];
    readonly byte[] _prefix = new byte[32];
    int _used;
    long _position;

    /// <summary>Bytes that an event of this payload and these items takes.</summary>
    public static long RoomFor(long recordBytes) => HeadLength + recordBytes + 2 * RecordAlignment;

    /// <summary>
    /// The first record: EventTrace/Header. The reader expects it in the layout of 32 bits, with the bias of the time zone in the place of the second
    /// pointer's upper half.
    /// </summary>
    public void WriteHeader(LogFileHeader header, long time, ReadOnlySpan<byte> payload, int pointerSize)
    {
        PayloadTemplate template = LogFileHeader.Template;
        Span<byte> narrow = stackalloc byte[template.OffsetOf("SessionName", 4)];
        narrow.Clear();
        int pointers = template.OffsetOf("LoggerName", pointerSize), namesFrom = template.OffsetOf("SessionName", pointerSize);
        int wideRest = template.OffsetOf("Bias", pointerSize), narrowRest = template.OffsetOf("Bias", 4);
        payload[..Math.Min(pointers, payload.Length)].CopyTo(narrow);
        ReadOnlySpan<byte> rest = payload.Length > wideRest ? payload[wideRest..] : [];
        rest[..Math.Min(rest.Length, narrow.Length - narrowRest)].CopyTo(narrow[narrowRest..]);
        BinaryPrimitives.WriteInt32LittleEndian(narrow[(narrowRest + 4)..], header.Bias);
        BinaryPrimitives.WriteInt64LittleEndian(narrow[template.OffsetOf("PerfFreq", 4)..], TicksPerSecond(header));
        BinaryPrimitives.WriteInt32LittleEndian(narrow[template.OffsetOf("PointerSize", 4)..], header.PointerSize == 4 ? 4 : 8);
        ReadOnlySpan<byte> names = payload.Length > namesFrom ? payload[namesFrom..] : [];
        byte[] whole = [.. narrow, .. names];
        var head = new EventHeader
        {
            Flags = FlagClassic | Flag32Bit,
            TimeStamp = time,
            ProviderId = KernelGroups.GuidOf(KernelGroup.EventTrace),
            Version = LogFileHeader.EventVersion,
        };
        Begin(head, 0, 0, whole.Length);
        Add(whole);
        End();
    }

    public void Write(in EventRecord record)
    {
        ReadOnlySpan<byte> payload = record.Payload;
        int items = 0;
        foreach (ExtendedItem _ in record.Items) items++;
        Begin(HeadOf(record), record.Processor, items, payload.Length);
        Add(payload);
        if (items > 0) AddItems(record);
        End();
    }

    public void Finish() => Flush();

    static long TicksPerSecond(LogFileHeader header) => header.Clock switch
    {
        ClockKind.SystemTime => 10_000_000,
        ClockKind.ProcessorCycles when header.CpuSpeedInMHz > 0 => header.CpuSpeedInMHz * 1_000_000L,
        _ => header.PerfFreq > 0 ? header.PerfFreq : 10_000_000,
    };

    static EventHeader HeadOf(in EventRecord record)
    {
        ushort width = record.PointerSize == 8 ? Flag64Bit : Flag32Bit;
        if (record.Numbering == EventNumbering.Id)
        {
            EventHeader own = MemoryMarshal.Read<EventHeader>(record.Bytes);
            own.Flags |= width;
            return own;
        }
        bool message = record.Numbering == EventNumbering.Message;
        return new EventHeader
        {
            Flags = (ushort)(width | (message ? FlagMessage : FlagClassic)),
            ThreadId = record.ThreadId,
            ProcessId = record.ProcessId,
            TimeStamp = record.TimeStamp,
            ProviderId = record.Provider,
            Id = message ? (ushort)record.Number : (ushort)0,
            Version = record.Version,
            Level = record.Level,
            Opcode = record.Opcode,
        };
    }

    void Begin(in EventHeader header, int processor, int items, int payload)
    {
        if (_used >= BlockSize) Flush();
        Span<byte> head = _block.AsSpan(_used, HeadLength);
        head.Clear();
        MemoryMarshal.Write(head, in header);
        Span<byte> context = head[EventHeader.Length..];
        context[0] = (byte)processor;
        BinaryPrimitives.WriteUInt16LittleEndian(context[4..], (ushort)items);
        BinaryPrimitives.WriteUInt16LittleEndian(context[6..], (ushort)payload);
        _used += HeadLength;
    }

    void Add(ReadOnlySpan<byte> data)
    {
        data.CopyTo(_block.AsSpan(_used));
        _used += data.Length;
        Align(DataAlignment);
    }

    /// <summary>The heads of all items come first, then their data.</summary>
    void AddItems(in EventRecord record)
    {
        foreach (ExtendedItem item in record.Items)
        {
            Span<byte> head = _block.AsSpan(_used, ItemLength);
            head.Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(head[2..], (ushort)item.Type);
            BinaryPrimitives.WriteUInt16LittleEndian(head[6..], (ushort)item.Data.Length);
            _used += ItemLength;
        }
        foreach (ExtendedItem item in record.Items) Add(item.Data);
    }

    void End() => Align(RecordAlignment);

    void Align(int alignment)
    {
        int end = (_used + alignment - 1) & -alignment;
        _block.AsSpan(_used, end - _used).Clear();
        _used = end;
    }

    /// <summary>A block: compressed size, size, the byte 0xE0, the number of literals less 7 in groups of seven bits, the literals.</summary>
    void Flush()
    {
        if (_used == 0) return;
        int prefix = 0;
        _prefix[prefix++] = 0xE0;
        int length = _used - 7;
        for (; length >= 128; length = (length - 128) >> 7) _prefix[prefix++] = (byte)(128 + ((length - 128) & 127));
        _prefix[prefix++] = (byte)length;
        Span<byte> sizes = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(sizes, prefix + _used);
        BinaryPrimitives.WriteInt32LittleEndian(sizes[4..], _used);
        output.Write(sizes);
        output.Write(_prefix, 0, prefix);
        output.Write(_block, 0, _used);
        _position += sizes.Length + prefix + _used;
        // The next block begins at a multiple of four.
        for (; (_position & 3) != 0; _position++) output.WriteByte(0);
        _used = 0;
    }
}
