using KdSim.Debugging.Targets;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Recording;

/// <summary>The events of a trace as messages for people: names and values as text.</summary>
static class RecordedMessages
{
    /// <summary>The newest events in the order of time.</summary>
    public static IReadOnlyList<TraceMessage> Newest(byte[] trace, int most)
    {
        using EtlFile file = EtlFile.Open(TraceBytes.Of(trace));
        EventDecoder decoder = EventDecoder.Of(file);
        long skip = Math.Max(0, file.EventCount - most);
        var messages = new List<TraceMessage>();
        foreach (EventRecord record in file.InTimeOrder())
        {
            if (skip-- > 0) continue;
            EventDescription description = decoder.Describe(record);
            messages.Add(new TraceMessage(record.Processor, Known(record.ProcessId), Known(record.ThreadId), file.Clock.ToUtc(record.TimeStamp) ?? default,
                description.Provider, description.Name, Fields(record, description)));
        }
        return messages;
    }

    static uint Known(uint id) => id == EventRecord.NoThread ? 0 : id;

    /// <summary>Names and values of a payload.</summary>
    public static List<KeyValuePair<string, string>> Fields(in EventRecord record, EventDescription description)
    {
        var fields = new List<KeyValuePair<string, string>>();
        PayloadReader reader = EventDecoder.Read(record, description);
        while (reader.MoveNext())
            if (reader.Token == PayloadToken.Value)
                fields.Add(new(reader.Field.Name, string.Join(' ', Values(reader))));
        return fields;
    }

    static List<string> Values(scoped in PayloadReader reader)
    {
        var values = new List<string>();
        for (int i = 0; i < reader.Count; i++) values.Add(ValueText.Of(reader, i));
        return values;
    }
}
