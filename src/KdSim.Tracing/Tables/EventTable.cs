using System.Text;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Dump;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Tables;

/// <summary>The table of all events, row by row from the file: it is too large to be kept.</summary>
public static class EventTable
{
    /// <summary>The schema; it has no rows.</summary>
    public static ITraceTable Schema { get; } = new TraceTable<EventRow>();

    /// <summary>Hands the rows in the order of time to a consumer.</summary>
    public static void Read(EtlFile file, EventDecoder decoder, Action<EventRow> row, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        using var bytes = new MemoryStream();
        using var fields = new JsonEventWriter(bytes, file.Clock);
        long number = 0;
        foreach (EventRecord record in file.InTimeOrder(progress, cancellation))
        {
            EventDescription description = decoder.Describe(record);
            bytes.SetLength(0);
            fields.WriteFields(record, description);
            row(new EventRow(
                number++, file.Clock.ToNanoseconds(record.TimeStamp), record.Processor,
                record.ThreadId == EventRecord.NoThread ? null : record.ThreadId, record.ProcessId == EventRecord.NoThread ? null : record.ProcessId,
                description.Provider, description.Name, record.Number, record.Version, Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length)));
        }
    }
}
