using System.Globalization;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Targets.Traces;

/// <summary>One place in a trace: an event, or the begin of an ISR or DPC, whose event stands at its end.</summary>
/// <param name="Nanoseconds">Since the trace began.</param>
/// <param name="Event">Null at a begin.</param>
/// <param name="Level">At a begin: the level that the routine runs at.</param>
readonly record struct TraceStep(
    ulong Nanoseconds, int Processor, StoredEvent? Event, string RunKind = "", ulong Routine = 0, byte? Level = null, ulong Vector = 0);

/// <summary>Fields of a payload by name, as text: for events that are rare.</summary>
static class TraceFields
{
    public static Dictionary<string, string> Of(in EventRecord record, EventDescription description)
    {
        var fields = new Dictionary<string, string>();
        PayloadReader reader = EventDecoder.Read(record, description);
        while (reader.MoveNext())
            if (reader.Token == PayloadToken.Value)
                fields[reader.Field.Name] = ValueText.Of(reader);
        return fields;
    }

    public static uint Number(Dictionary<string, string> fields, string name) =>
        uint.TryParse(fields.GetValueOrDefault(name), CultureInfo.InvariantCulture, out uint value) ? value : 0;

    public static ulong Hex(Dictionary<string, string> fields, string name) =>
        fields.GetValueOrDefault(name) is ['0', 'x', ..] text && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
            out ulong value) ? value : 0;
}
