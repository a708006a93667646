using System.Globalization;
using System.Text.Json;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>The answer of `trace info`: as one JSON object (plain numbers; names are only ever added) and as text.</summary>
public sealed class TraceInfo(EtlFile file, TraceSummary summary)
{
    internal const string UtcFormat = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    /// <summary>The number that the header gives; without one, what the events show.</summary>
    long Processors => file.Header is { } header ? header.NumberOfProcessors : summary.ProcessorsSeen.DefaultIfEmpty(-1).Max() + 1;

    int CompressedBuffers => file.Buffers.Count(buffer => buffer.Header.IsCompressed);

    public void WriteJson(Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        LogFileHeader header = file.Header ?? new LogFileHeader();
        json.WriteStartObject();
        json.WriteString("file", Path.GetFileName(file.Name));
        json.WriteString("format", "etl");
        json.WriteNumber("size", file.Length);
        json.WriteNumber("total_events", summary.EventCount);
        json.WriteNumber("first_ts", file.FirstTime);
        json.WriteNumber("last_ts", file.LastTime);
        WriteTime(json, "first_utc", file.Clock.ToUtc(file.FirstTime));
        WriteTime(json, "last_utc", file.Clock.ToUtc(file.LastTime));
        json.WriteNumber("processors", Processors);
        json.WriteStartArray("processors_seen");
        foreach (int processor in summary.ProcessorsSeen) json.WriteNumberValue(processor);
        json.WriteEndArray();
        json.WriteNumber("pointer_size", file.PointerSize);
        json.WriteNumber("os_build", header.ProviderVersion);
        json.WriteString("os_version", $"{header.OsMajor}.{header.OsMinor}");
        json.WriteString("log_version", $"{header.LogMajor}.{header.LogMinor}");
        json.WriteNumber("log_file_mode", header.LogFileMode);
        json.WriteString("clock", file.Clock.Kind.ToString());
        json.WriteNumber("perf_freq", header.PerfFreq);
        json.WriteNumber("cpu_mhz", header.CpuSpeedInMHz);
        WriteTime(json, "boot_utc", TraceClock.ToCalendar(header.BootTime));
        json.WriteString("session", header.SessionName);
        json.WriteString("log_file", header.LogFileName);
        json.WriteNumber("buffers", file.Buffers.Count);
        json.WriteNumber("buffer_size", header.BufferSize);
        json.WriteNumber("compressed_buffers", CompressedBuffers);
        json.WriteNumber("lost", header.EventsLost);
        json.WriteNumber("buffers_lost", header.BuffersLost);
        WriteProblems(json, file.Problems);
        json.WriteStartArray("groups");
        foreach (EventGroup group in summary.Groups) WriteGroup(json, group);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteTime(Utf8JsonWriter json, string name, DateTime? time)
    {
        if (time is { } known) json.WriteString(name, known.ToString(UtcFormat, CultureInfo.InvariantCulture));
        else json.WriteNull(name);
    }

    internal static void WriteProblems(Utf8JsonWriter json, ProblemList problems)
    {
        json.WriteNumber("problem_count", problems.Count);
        json.WriteStartArray("problems");
        foreach (TraceProblem problem in problems.Kept)
        {
            json.WriteStartObject();
            json.WriteString("kind", problem.Kind.ToString());
            json.WriteNumber("offset", problem.Offset);
            json.WriteNumber("bytes", problem.Bytes);
            json.WriteString("text", problem.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void WriteGroup(Utf8JsonWriter json, EventGroup group)
    {
        json.WriteStartObject();
        json.WriteString("kind", KindName(group.Kind));
        json.WriteString("provider", group.Provider);
        json.WriteNumber("num", group.Number);
        json.WriteString("name", $"{group.Name.Provider}/{group.Name.Name}");
        json.WriteNumber("count", group.Count);
        json.WriteNumber("payload_bytes", group.PayloadBytes);
        json.WriteNumber("crc32", group.Crc32);
        json.WriteNumber("first_ts", group.FirstTime);
        json.WriteNumber("last_ts", group.LastTime);
        json.WriteEndObject();
    }

    static string KindName(EventNumbering kind) => kind switch
    {
        EventNumbering.Opcode => "opcode",
        EventNumbering.Id => "id",
        _ => "msg",
    };

    public void WriteText(TextWriter output)
    {
        output.WriteLine($"File            {file.Name} ({file.Length:N0} bytes)");
        if (file.Header is { } header)
        {
            output.WriteLine($"Session         {header.SessionName}, written to {header.LogFileName}");
            output.WriteLine($"System          Windows {header.OsMajor}.{header.OsMinor} build {header.ProviderVersion}, {8 * file.PointerSize} bits, "
                + $"{header.NumberOfProcessors} processors of {header.CpuSpeedInMHz} MHz");
            output.WriteLine($"Format          log version {header.LogMajor}.{header.LogMinor}, buffers of {header.BufferSize} bytes, "
                + $"mode 0x{header.LogFileMode:x}");
            output.WriteLine($"Clock           {header.Clock}, {header.PerfFreq:N0} ticks a second");
        }
        else output.WriteLine("Header          lost");
        output.WriteLine($"Time            {Show(file.FirstTime)} to {Show(file.LastTime)}, {Seconds()} s");
        output.WriteLine($"Buffers         {file.Buffers.Count:N0}" + (CompressedBuffers > 0 ? $", {CompressedBuffers:N0} of them compressed" : ""));
        output.WriteLine($"Events          {summary.EventCount:N0} from processors {string.Join(' ', summary.ProcessorsSeen)}");
        output.WriteLine($"Lost            {file.Header?.EventsLost ?? 0:N0} events, {file.Header?.BuffersLost ?? 0:N0} buffers");
        WriteProblems(output, file.Problems);
        if (summary.Groups.Count == 0) return;
        output.WriteLine();
        output.WriteLine($"{"Count",12} {"Payload",14} {"CRC-32",8} {"Kind",-6} {"Number",6}  Provider");
        foreach (EventGroup group in summary.Groups)
            output.WriteLine($"{group.Count,12:N0} {group.PayloadBytes,14:N0} {group.Crc32:x8} {KindName(group.Kind),-6} {group.Number,6}  {NameOf(group)}");
    }

    internal static void WriteProblems(TextWriter output, ProblemList problems)
    {
        output.WriteLine($"Problems        {problems.Count:N0}" + (problems.Bytes > 0 ? $", {problems.Bytes:N0} bytes lost" : ""));
        foreach (TraceProblem problem in problems.Kept.Take(20)) output.WriteLine($"  {problem}");
        if (problems.Count > 20) output.WriteLine($"  and {problems.Count - 20:N0} more (--json lists them)");
    }

    string Show(long time) => file.Clock.ToUtc(time) is { } utc ? utc.ToString(UtcFormat, CultureInfo.InvariantCulture) : $"tick {time}";

    string Seconds() => (file.Clock.DurationInNanoseconds(file.LastTime - file.FirstTime) / 1e9).ToString("F6", CultureInfo.InvariantCulture);

    static string NameOf(EventGroup group) => group.Name.Source switch
    {
        DescriptionSource.Kernel => $"{group.Provider} {group.Name.Name}",
        _ when group.Name.Provider == $"{group.Provider}" => $"{group.Provider}",
        _ => $"{group.Provider} {group.Name.Provider}/{group.Name.Name}",
    };
}
