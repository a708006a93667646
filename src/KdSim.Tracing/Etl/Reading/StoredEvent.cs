using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>A copy of an event that outlives the reader, for those who go back and forth in a trace.</summary>
public sealed class StoredEvent
{
    readonly byte[] _bytes;
    readonly HeaderType _header;
    readonly long _bufferOffset;
    readonly int _recordOffset;

    public StoredEvent(in EventRecord record)
    {
        _bytes = record.Bytes.ToArray();
        (_header, _bufferOffset, _recordOffset) = (record.Header, record.BufferOffset, record.RecordOffset);
        (TimeStamp, Processor) = (record.TimeStamp, record.Processor);
    }

    /// <inheritdoc cref="EventRecord.TimeStamp"/>
    public long TimeStamp { get; }

    /// <inheritdoc cref="EventRecord.Processor"/>
    public int Processor { get; }

    /// <summary>The event itself.</summary>
    public EventRecord Record => new(_bytes, _header, TimeStamp, Processor, _bufferOffset, _recordOffset);
}
