using System.Globalization;
using System.Text;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Dump;

/// <summary>One line an event: time since the header event, processor, process, thread, name, fields.</summary>
public sealed class TextEventWriter(TextWriter output, TraceClock clock) : EventWriter
{
    readonly StringBuilder _line = new();

    public override void Write(in EventRecord record, EventDescription description)
    {
        decimal seconds = clock.ToNanoseconds(record.TimeStamp) / 1_000_000_000m;
        _line.Clear();
        _line.Append(CultureInfo.InvariantCulture, $"{seconds,16:F9} {record.Processor,3} {Id(record.ProcessId),6} {Id(record.ThreadId),6} ");
        if (description.Source != DescriptionSource.Kernel && description.Provider != KernelEvents.ProviderName) _line.Append(description.Provider).Append('/');
        _line.Append(description.Name);
        PayloadText.Append(_line, record, description, clock);
        output.WriteLine(_line.ToString());
        if (Stacks is null) return;
        foreach (ulong frame in Stacks.Of(record)) output.WriteLine($"{"",36}0x{frame:x16}");
    }

    static string Id(uint number) => number == EventRecord.NoThread ? "-" : number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A payload in one line: name=value, structs in braces, arrays in brackets; bytes in hexadecimal where nothing is known.</summary>
static class PayloadText
{
    public static void Append(StringBuilder line, in EventRecord record, EventDescription description, TraceClock clock)
    {
        if (description.Template is null)
        {
            if (!record.Payload.IsEmpty) line.Append(' ').Append(Convert.ToHexStringLower(record.Payload));
            return;
        }
        PayloadReader reader = EventDecoder.Read(record, description);
        bool inArray = false;
        while (reader.MoveNext())
        {
            switch (reader.Token)
            {
                case PayloadToken.BeginStruct:
                    Name(line, reader.Field, !inArray).Append('{');
                    inArray = false;
                    break;
                case PayloadToken.EndStruct:
                    line.Append(" }");
                    inArray = reader.Field.IsArray;
                    break;
                case PayloadToken.BeginArray:
                    Name(line, reader.Field, true).Append('[');
                    inArray = true;
                    break;
                case PayloadToken.EndArray:
                    line.Append(" ]");
                    inArray = false;
                    break;
                default:
                    Name(line, reader.Field, !inArray);
                    Value(line, reader);
                    if (ElapsedTime.BeginsAt(reader.Field))
                        line.Append(CultureInfo.InvariantCulture, $" {ElapsedTime.Name}={ElapsedTime.Milliseconds(clock, reader, record)}");
                    break;
            }
        }
        if (reader.IsTruncated) line.Append(" (cut off)");
        if (!reader.Rest.IsEmpty) line.Append(" rest=").Append(Convert.ToHexStringLower(reader.Rest));
    }

    static StringBuilder Name(StringBuilder line, PayloadField field, bool named)
    {
        line.Append(' ');
        return named ? line.Append(field.Name).Append('=') : line;
    }

    static void Value(StringBuilder line, scoped in PayloadReader reader)
    {
        if (!reader.Field.IsArray || reader.IsSingle)
        {
            Element(line, reader, 0);
            return;
        }
        line.Append('[');
        for (int i = 0; i < reader.Count; i++)
        {
            if (i > 0) line.Append(' ');
            Element(line, reader, i);
        }
        line.Append(']');
    }

    static void Element(StringBuilder line, scoped in PayloadReader reader, int element)
    {
        string text = ValueText.Of(reader, element);
        bool quoted = reader.Field.Type is WireType.UnicodeString or WireType.AnsiString or WireType.CountedUnicodeString or WireType.CountedAnsiString;
        if (!quoted)
        {
            line.Append(text);
            return;
        }
        line.Append('"');
        foreach (char letter in text)
        {
            if (letter is '"' or '\\') line.Append('\\').Append(letter);
            else if (char.IsControl(letter)) line.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}");
            else line.Append(letter);
        }
        line.Append('"');
    }
}
