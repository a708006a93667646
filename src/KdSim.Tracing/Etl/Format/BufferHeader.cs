using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KdSim.Tracing.Etl.Format;

/// <summary>Bits of <see cref="BufferHeader.BufferFlag"/>.</summary>
[Flags]
public enum BufferFlags : ushort
{
    None = 0,
    FlushMarker = 1,
    EventsLost = 2,
    BufferLost = 4,

    /// <summary>The processor field holds an index of 11 bits; without it, its low byte is the processor and its high byte an alignment.</summary>
    ProcessorIndex = 0x20,

    /// <summary>The records are compressed (plain LZ77).</summary>
    Compressed = 0x40,
}

/// <summary>What a buffer holds.</summary>
public enum BufferType : ushort
{
    Generic = 0,
    Rundown = 1,
    ContextSwap = 2,
    ReferenceTime = 3,

    /// <summary>The first buffer of a file: its first record is EventTrace/Header.</summary>
    Header = 4,
    Batched = 5,
    Empty = 6,
    DebugInformation = 7,
}

/// <summary>WMI_BUFFER_HEADER: a file is buffers back to back, each beginning with this.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct BufferHeader
{
    /// <summary>Bytes of the header on disk.</summary>
    public const int Length = 0x48;

    /// <summary>In place of a record's first four bytes: the rest of the buffer is unused.</summary>
    public const uint EndOfRecords = 0xFFFFFFFF;

    /// <summary>Records begin at multiples of this.</summary>
    public const int RecordAlignment = 8;

    /// <summary>Bytes on disk, header included: of a compressed buffer, its compressed size.</summary>
    public uint BufferSize;

    /// <summary>End of data; 0 in header buffers of old systems.</summary>
    public uint SavedOffset;
    public uint CurrentOffset;
    public int ReferenceCount;

    /// <summary>When the buffer was flushed.</summary>
    public long TimeStamp;
    public long SequenceNumber;
    public ulong ClockAndFrequency;
    public ushort ProcessorField;
    public ushort LoggerId;
    public uint State;

    /// <summary>End of data; of a compressed buffer, where its data ends once expanded.</summary>
    public uint Offset;
    public BufferFlags BufferFlag;
    public BufferType BufferType;

    /// <summary>List pointers of the writer's memory: without meaning on disk.</summary>
    public ulong Stale0, Stale1;

    public readonly int Processor => (BufferFlag & BufferFlags.ProcessorIndex) != 0 ? ProcessorField & 0x7FF : ProcessorField & 0xFF;

    public readonly bool IsCompressed => (BufferFlag & BufferFlags.Compressed) != 0;

    /// <summary>Where the records end, counted from the beginning of the (expanded) buffer.</summary>
    public readonly uint DataEnd => Offset != 0 ? Offset : SavedOffset;

    public static BufferHeader Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<BufferHeader>(bytes);

    public readonly void Write(Span<byte> bytes) => MemoryMarshal.Write(bytes, in this);

    static BufferHeader()
    {
        if (Unsafe.SizeOf<BufferHeader>() != Length) throw new InvalidOperationException("the layout of the buffer header is wrong");
    }
}
