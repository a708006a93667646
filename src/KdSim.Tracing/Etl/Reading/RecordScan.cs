using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>What stands at a place where a record should begin.</summary>
enum RecordFound : byte
{
    Event,

    /// <summary>A record of a known header type that carries no event (errors of the logger, timed and WNODE headers).</summary>
    NoEvent,
    EndOfRecords,
    Invalid,
}

/// <summary>The shortest look at a record: type, size, time stamp, and whether it can be one at all.</summary>
static class RecordScan
{
    /// <summary>Stands for the time stamp of a record without one.</summary>
    public const long NoTimeStamp = long.MinValue;

    /// <summary>Length of each header by type; 0 where there is no such type.</summary>
    public static ReadOnlySpan<byte> HeaderLength =>
    [
        0, SystemTraceHeader.Length, SystemTraceHeader.Length, CompactTraceHeader.Length, CompactTraceHeader.Length, 0, 0, 0, 0, 0,
        FullTraceHeader.Length, InstanceTraceHeader.Length, 8, 8, 8, MessageTraceHeader.Length,
        PerfInfoTraceHeader.Length, PerfInfoTraceHeader.Length, EventHeader.Length, EventHeader.Length, FullTraceHeader.Length, InstanceTraceHeader.Length,
    ];

    public static RecordFound Look(ReadOnlySpan<byte> data, int offset, int end, out HeaderType type, out int size, out long timeStamp)
    {
        type = 0;
        size = 0;
        timeStamp = NoTimeStamp;
        if (offset + 8 > end) return offset + 4 > end || Read<uint>(data, offset) == BufferHeader.EndOfRecords ? RecordFound.EndOfRecords : RecordFound.Invalid;
        uint marker = Read<uint>(data, offset);
        if (marker >> 24 == RecordMarker.Header)
        {
            type = (HeaderType)(byte)(marker >> 16);
            if ((int)type >= HeaderLength.Length || type == HeaderType.Message) return RecordFound.Invalid;
            int least = HeaderLength[(int)type];
            if (least == 0) return RecordFound.Invalid;
            switch (type)
            {
                case HeaderType.System32 or HeaderType.System64 or HeaderType.Compact32 or HeaderType.Compact64:
                    size = Read<ushort>(data, offset + 4);
                    least += CounterBits.BytesOf((ushort)marker);
                    if (size < least || size > end - offset) return RecordFound.Invalid;
                    timeStamp = Read<long>(data, offset + 16);
                    return RecordFound.Event;
                case HeaderType.PerfInfo32 or HeaderType.PerfInfo64:
                    size = Read<ushort>(data, offset + 4);
                    least += CounterBits.BytesOf((ushort)marker);
                    if (size < least || size > end - offset) return RecordFound.Invalid;
                    timeStamp = Read<long>(data, offset + 8);
                    return RecordFound.Event;
                default:
                    size = (ushort)marker;
                    if (size < least || size > end - offset) return RecordFound.Invalid;
                    if (type is HeaderType.Timed or HeaderType.Error or HeaderType.WnodeHeader) return RecordFound.NoEvent;
                    timeStamp = Read<long>(data, offset + 16);
                    return RecordFound.Event;
            }
        }
        if (marker == BufferHeader.EndOfRecords) return RecordFound.EndOfRecords;
        if (marker >> 24 != RecordMarker.Message) return RecordFound.Invalid;
        type = HeaderType.Message;
        size = (ushort)marker;
        if (size < MessageTraceHeader.Length || size > end - offset) return RecordFound.Invalid;
        MessageParts parts = MessageParts.Of(Read<MessageFlags>(data, offset + 6));
        if (size < parts.Payload) return RecordFound.Invalid;
        if (parts.TimeStamp != 0) timeStamp = Read<long>(data, offset + parts.TimeStamp);
        return RecordFound.Event;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Read<T>(ReadOnlySpan<byte> data, int offset) where T : unmanaged =>
        Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref MemoryMarshal.GetReference(data), offset));

    /// <summary>Where the next record begins.</summary>
    public static int Next(int offset, int size) => (offset + size + BufferHeader.RecordAlignment - 1) & -BufferHeader.RecordAlignment;
}

/// <summary>Offsets of a WPP message's optional parts from the beginning of the record; 0: not there.</summary>
readonly record struct MessageParts(int Sequence, int Guid, int ComponentId, int TimeStamp, int Thread, int Payload)
{
    public static MessageParts Of(MessageFlags flags)
    {
        int at = MessageTraceHeader.Length, sequence = 0, guid = 0, component = 0, time = 0, thread = 0;
        if ((flags & MessageFlags.Sequence) != 0) at = (sequence = at) + 4;
        if ((flags & MessageFlags.ComponentId) != 0) at = (component = at) + 4;
        else if ((flags & MessageFlags.Guid) != 0) at = (guid = at) + 16;
        if ((flags & MessageFlags.TimeStamp) != 0) at = (time = at) + 8;
        if ((flags & MessageFlags.SystemInformation) != 0) at = (thread = at) + 8;
        return new MessageParts(sequence, guid, component, time, thread, at);
    }
}
