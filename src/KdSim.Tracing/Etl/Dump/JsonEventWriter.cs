using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Dump;

/// <summary>
/// One JSON object an event and line. Numbers are plain, addresses and flags hexadecimal text; an undecoded payload is hexadecimal under "hex".
/// </summary>
public sealed class JsonEventWriter : EventWriter
{
    readonly Stream _output;
    readonly TraceClock _clock;
    readonly Utf8JsonWriter _json;

    /// <summary>For each open struct, the depth of the array that it stands in, or -1.</summary>
    readonly Stack<int> _arrays = [];

    public JsonEventWriter(Stream output, TraceClock clock)
    {
        (_output, _clock) = (output, clock);
        _json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public override void Write(in EventRecord record, EventDescription description)
    {
        _json.WriteStartObject();
        _json.WriteNumber("ts", record.TimeStamp);
        _json.WriteNumber("ns", _clock.ToNanoseconds(record.TimeStamp));
        if (_clock.ToUtc(record.TimeStamp) is { } utc) _json.WriteString("utc", utc.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture));
        _json.WriteNumber("cpu", record.Processor);
        if (record.ProcessId != EventRecord.NoThread) _json.WriteNumber("pid", record.ProcessId);
        if (record.ThreadId != EventRecord.NoThread) _json.WriteNumber("tid", record.ThreadId);
        _json.WriteString("provider", description.Provider);
        _json.WriteString("guid", record.Provider);
        _json.WriteString("event", description.Name);
        _json.WriteString("kind", record.Numbering switch { EventNumbering.Opcode => "opcode", EventNumbering.Id => "id", _ => "msg" });
        _json.WriteNumber("num", record.Number);
        _json.WriteNumber("version", record.Version);
        if (record.Numbering == EventNumbering.Id) WriteDescriptor(record);
        WritePayload(record, description, "payload");
        WriteStack(record);
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _output.WriteByte((byte)'\n');
    }

    /// <summary>Only what the payload holds, as one object without a line end: its fields, or "hex".</summary>
    public void WriteFields(in EventRecord record, EventDescription description)
    {
        if (description.Template is null) _json.WriteStartObject();
        WritePayload(record, description, name: null);
        if (description.Template is null) _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
    }

    void WriteDescriptor(in EventRecord record)
    {
        _json.WriteNumber("level", record.Level);
        _json.WriteNumber("opcode", record.Opcode);
        _json.WriteNumber("task", record.Task);
        _json.WriteNumber("channel", record.Channel);
        _json.WriteString("keyword", $"0x{record.Keyword:x}");
        if (record.ActivityId != default) _json.WriteString("activity", record.ActivityId);
        foreach (ExtendedItem item in record.Items)
            if (item.Type == ExtendedItemType.RelatedActivityId && item.Data.Length == 16)
                _json.WriteString("related_activity", new Guid(item.Data));
    }

    void WritePayload(in EventRecord record, EventDescription description, string? name)
    {
        if (description.Template is null)
        {
            _json.WriteString("hex", Convert.ToHexStringLower(record.Payload));
            return;
        }
        if (name is null) _json.WriteStartObject();
        else _json.WriteStartObject(name);
        PayloadReader reader = EventDecoder.Read(record, description);
        // Inside an array, a value has no name.
        int arrayDepth = -1;
        while (reader.MoveNext())
        {
            bool named = arrayDepth != reader.Depth - (reader.Token == PayloadToken.BeginStruct ? 1 : 0);
            switch (reader.Token)
            {
                case PayloadToken.BeginStruct:
                    if (named) _json.WriteStartObject(reader.Field.Name);
                    else _json.WriteStartObject();
                    _arrays.Push(arrayDepth);
                    arrayDepth = -1;
                    break;
                case PayloadToken.EndStruct:
                    _json.WriteEndObject();
                    arrayDepth = _arrays.Pop();
                    break;
                case PayloadToken.BeginArray:
                    _json.WriteStartArray(reader.Field.Name);
                    arrayDepth = reader.Depth;
                    break;
                case PayloadToken.EndArray:
                    _json.WriteEndArray();
                    arrayDepth = -1;
                    break;
                default:
                    if (named) _json.WritePropertyName(reader.Field.Name);
                    WriteValue(reader, named);
                    if (ElapsedTime.BeginsAt(reader.Field)) _json.WriteNumber(ElapsedTime.Name, ElapsedTime.Milliseconds(_clock, reader, record));
                    break;
            }
        }
        CloseOpen(reader.IsTruncated, arrayDepth);
        _json.WriteEndObject();
        if (reader.IsTruncated) _json.WriteBoolean("truncated", true);
        if (!reader.Rest.IsEmpty) _json.WriteString("rest", Convert.ToHexStringLower(reader.Rest));
    }

    /// <summary>A payload that ended too early leaves arrays and structs open.</summary>
    void CloseOpen(bool truncated, int arrayDepth)
    {
        if (!truncated) return;
        if (arrayDepth >= 0) _json.WriteEndArray();
        while (_arrays.TryPop(out int outer))
        {
            _json.WriteEndObject();
            if (outer >= 0) _json.WriteEndArray();
        }
    }

    void WriteValue(scoped in PayloadReader reader, bool named)
    {
        bool array = named && reader.Field.IsArray;
        if (array) _json.WriteStartArray();
        ValueShape shape = ValueText.ShapeOf(reader.Field);
        for (int i = 0; i < reader.Count; i++)
        {
            switch (shape)
            {
                case ValueShape.Signed:
                    _json.WriteNumberValue(reader.Int64At(i));
                    break;
                case ValueShape.Unsigned:
                    _json.WriteNumberValue(ValueText.NumberOf(reader, i));
                    break;
                case ValueShape.Real when double.IsFinite(reader.DoubleAt(i)):
                    if (reader.Field.Type == WireType.Float) _json.WriteNumberValue((float)reader.DoubleAt(i));
                    else _json.WriteNumberValue(reader.DoubleAt(i));
                    break;
                case ValueShape.Boolean:
                    _json.WriteBooleanValue(reader.UInt64At(i) != 0);
                    break;
                default:
                    _json.WriteStringValue(ValueText.Of(reader, i));
                    break;
            }
        }
        if (array) _json.WriteEndArray();
    }

    void WriteStack(in EventRecord record)
    {
        if (Stacks?.Of(record) is not { Count: > 0 } frames) return;
        _json.WriteStartArray("stack");
        foreach (ulong frame in frames) _json.WriteStringValue($"0x{frame:x}");
        _json.WriteEndArray();
    }

    public override void Dispose() => _json.Dispose();
}
