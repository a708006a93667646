using System.Globalization;
using System.Text;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Dump;

/// <summary>Comma-separated values: one row an event, the fields of its payload in the last column.</summary>
public sealed class CsvEventWriter : EventWriter
{
    readonly TextWriter _output;
    readonly TraceClock _clock;
    readonly StringBuilder _payload = new();

    public CsvEventWriter(TextWriter output, TraceClock clock)
    {
        (_output, _clock) = (output, clock);
        output.WriteLine("ts,ns,cpu,pid,tid,provider,guid,event,num,version,level,opcode,keyword,payload,stack");
    }

    public override void Write(in EventRecord record, EventDescription description)
    {
        _payload.Clear();
        PayloadText.Append(_payload, record, description, _clock);
        string stack = Stacks is null ? "" : string.Join(' ', Stacks.Of(record).Select(frame => $"0x{frame:x}"));
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{record.TimeStamp},{_clock.ToNanoseconds(record.TimeStamp)},{record.Processor},{Id(record.ProcessId)},{Id(record.ThreadId)},"
            + $"{Quoted(description.Provider)},{record.Provider},{Quoted(description.Name)},{record.Number},{record.Version},{record.Level},{record.Opcode},"
            + $"0x{record.Keyword:x},{Quoted(_payload.ToString().TrimStart())},{stack}"));
    }

    static string Id(uint number) => number == EventRecord.NoThread ? "" : number.ToString(CultureInfo.InvariantCulture);

    static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
