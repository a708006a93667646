using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>By what an event is numbered within its provider.</summary>
public enum EventNumbering : byte
{
    /// <summary>Classic: the task's GUID and the opcode.</summary>
    Opcode,

    /// <summary>Manifest, EventSource and TraceLogging: the provider's GUID and the event's id.</summary>
    Id,

    /// <summary>WPP: the GUID of the message's source file and the message's number.</summary>
    Message,
}

/// <summary>Receives an event; it is valid during the call only.</summary>
public delegate void EventCallback(in EventRecord record);

/// <summary>An event where it stands in a buffer: nothing is copied, so it lives only until the reader moves on.</summary>
public readonly ref struct EventRecord
{
    /// <summary>The thread and process of a record that does not say them.</summary>
    public const uint NoThread = 0xFFFFFFFF;

    readonly ReadOnlySpan<byte> _record;

    /// <param name="record">Header and payload, without padding; known to be well-formed.</param>
    internal EventRecord(ReadOnlySpan<byte> record, HeaderType header, long timeStamp, int processor, long bufferOffset, int recordOffset)
    {
        _record = record;
        Header = header;
        TimeStamp = timeStamp;
        Processor = processor;
        BufferOffset = bufferOffset;
        RecordOffset = recordOffset;
    }

    public HeaderType Header { get; }

    /// <summary>In the file's own ticks; for a message without one, that of the record before it.</summary>
    public long TimeStamp { get; }

    public int Processor { get; }

    /// <summary>Where the buffer stands in the file.</summary>
    public long BufferOffset { get; }

    /// <summary>Where the record stands in its (expanded) buffer.</summary>
    public int RecordOffset { get; }

    public ReadOnlySpan<byte> Bytes => _record;

    public EventNumbering Numbering => Header switch
    {
        HeaderType.EventHeader32 or HeaderType.EventHeader64 => EventNumbering.Id,
        HeaderType.Message => EventNumbering.Message,
        _ => EventNumbering.Opcode,
    };

    public bool IsClassic => Numbering == EventNumbering.Opcode;

    /// <summary>Has a group and opcode in place of a GUID.</summary>
    public bool IsKernel => Header is <= HeaderType.Compact64 or HeaderType.PerfInfo32 or HeaderType.PerfInfo64;

    /// <summary>Bytes of a pointer where the event was written.</summary>
    public int PointerSize => Header switch
    {
        HeaderType.System32 or HeaderType.Compact32 or HeaderType.FullHeader32 or HeaderType.Instance32 => 4,
        HeaderType.PerfInfo32 or HeaderType.EventHeader32 => 4,
        HeaderType.Message => (MessageFlags & MessageFlags.Pointer32) != 0 ? 4 : 8,
        _ => 8,
    };

    public bool HasTimeStamp => Header != HeaderType.Message || (MessageFlags & MessageFlags.TimeStamp) != 0;

    public KernelGroup Group => IsKernel ? (KernelGroup)_record[7] : KernelGroup.EventTrace;

    /// <summary>The event's number within its provider, of the kind that <see cref="Numbering"/> says.</summary>
    public int Number => Numbering switch
    {
        EventNumbering.Id => Get<ushort>(40),
        EventNumbering.Message => Get<ushort>(4),
        _ => Opcode,
    };

    /// <summary>The provider's GUID; of classic events, the task's; of messages, that of the source file, or the component id as its first part.</summary>
    public Guid Provider
    {
        get
        {
            if (IsKernel) return KernelGroups.GuidOf((KernelGroup)_record[7], _record[6]);
            if (Header != HeaderType.Message) return Get<Guid>(24);
            MessageParts parts = MessageParts.Of(MessageFlags);
            if (parts.Guid != 0) return Get<Guid>(parts.Guid);
            return parts.ComponentId != 0 ? new Guid(Get<uint>(parts.ComponentId), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) : default;
        }
    }

    public byte Opcode => Header switch
    {
        HeaderType.EventHeader32 or HeaderType.EventHeader64 => _record[45],
        HeaderType.Message => 0,
        HeaderType.FullHeader32 or HeaderType.FullHeader64 or HeaderType.Instance32 or HeaderType.Instance64 => _record[4],
        _ => _record[6],
    };

    public byte Version => Header switch
    {
        HeaderType.EventHeader32 or HeaderType.EventHeader64 => _record[42],
        HeaderType.Message => 0,
        HeaderType.FullHeader32 or HeaderType.FullHeader64 or HeaderType.Instance32 or HeaderType.Instance64 => _record[6],
        _ => _record[0],
    };

    public byte Level => Header switch
    {
        HeaderType.EventHeader32 or HeaderType.EventHeader64 => _record[44],
        HeaderType.FullHeader32 or HeaderType.FullHeader64 or HeaderType.Instance32 or HeaderType.Instance64 => _record[5],
        _ => 0,
    };

    public byte Channel => Numbering == EventNumbering.Id ? _record[43] : (byte)0;

    public ushort Task => Numbering == EventNumbering.Id ? Get<ushort>(46) : (ushort)0;

    public ulong Keyword => Numbering == EventNumbering.Id ? Get<ulong>(48) : 0;

    public Guid ActivityId => Numbering == EventNumbering.Id ? Get<Guid>(64) : default;

    public uint ThreadId => Header switch
    {
        HeaderType.PerfInfo32 or HeaderType.PerfInfo64 => NoThread,
        HeaderType.Message => MessageThread(0),
        _ => Get<uint>(8),
    };

    public uint ProcessId => Header switch
    {
        HeaderType.PerfInfo32 or HeaderType.PerfInfo64 => NoThread,
        HeaderType.Message => MessageThread(4),
        _ => Get<uint>(12),
    };

    /// <summary>The flags of a WPP message.</summary>
    public MessageFlags MessageFlags => Header == HeaderType.Message ? Get<MessageFlags>(6) : MessageFlags.None;

    /// <summary>What the provider wrote: without header, counters and extended items.</summary>
    public ReadOnlySpan<byte> Payload => _record[PayloadOffset..];

    int PayloadOffset
    {
        get
        {
            int header = RecordScan.HeaderLength[(int)Header];
            if (IsKernel) return header + CounterBits.BytesOf(Get<ushort>(0));
            return Numbering switch
            {
                EventNumbering.Message => MessageParts.Of(MessageFlags).Payload,
                EventNumbering.Id when HasItems => header + ItemBytes(),
                _ => header,
            };
        }
    }

    /// <summary>The flags of an EVENT_HEADER; 0 for other headers.</summary>
    public ushort EventFlags => Numbering == EventNumbering.Id ? Get<ushort>(4) : (ushort)0;

    public bool HasItems => Numbering == EventNumbering.Id && (Get<ushort>(4) & EventHeader.HasExtendedItems) != 0;

    /// <summary>The extended items between header and payload.</summary>
    public ExtendedItems Items => HasItems ? new(_record[EventHeader.Length..]) : new([]);

    int ItemBytes()
    {
        ExtendedItems items = Items;
        while (items.MoveNext()) { }
        return items.End;
    }

    uint MessageThread(int offset)
    {
        int thread = MessageParts.Of(MessageFlags).Thread;
        return thread == 0 ? NoThread : Get<uint>(thread + offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T Get<T>(int offset) where T : unmanaged => Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_record), offset));
}

/// <summary>Walks through the extended items of a record; a broken chain ends the walk.</summary>
public ref struct ExtendedItems(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;
    bool _last = bytes.IsEmpty;

    public readonly ExtendedItems GetEnumerator() => this;

    /// <summary>The walk came to the item that says it is the last.</summary>
    public readonly bool IsWhole => _last;

    /// <summary>Where the next item, or the payload, begins.</summary>
    public int End { get; private set; }

    public ExtendedItem Current { get; private set; }

    public bool MoveNext()
    {
        if (_last || End + ExtendedItemHeader.Length > _bytes.Length) return false;
        ExtendedItemHeader header = MemoryMarshal.Read<ExtendedItemHeader>(_bytes[End..]);
        int data = End + ExtendedItemHeader.Length;
        if (header.DataSize > _bytes.Length - data) return false;
        Current = new ExtendedItem(header.Type, _bytes.Slice(data, header.DataSize));
        End = Math.Min(RecordScan.Next(data, header.DataSize), _bytes.Length);
        _last = (header.Linkage & ExtendedItemHeader.More) == 0;
        return true;
    }
}

/// <summary>An extended item of a record.</summary>
public readonly ref struct ExtendedItem(ExtendedItemType type, ReadOnlySpan<byte> data)
{
    public ExtendedItemType Type { get; } = type;

    public ReadOnlySpan<byte> Data { get; } = data;
}
