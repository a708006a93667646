using System.CommandLine;
using System.Globalization;
using KdSim.CommandLine;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Dump;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.NetTrace;

namespace KdSim.Traces;

/// <summary>`kdsim trace dump FILE`: the events of a trace, decoded, as text, JSON lines or CSV.</summary>
sealed class DumpVerb
{
    readonly Argument<string> _file = new("FILE") { Description = TraceRun.FileDescription };
    readonly Option<string> _format = new("--format")
    {
        Description = "text, json (one object a line) or csv", HelpName = "text|json|csv", DefaultValueFactory = _ => "text",
    };
    readonly Option<bool> _json = new("--json") { Description = "the same as --format json" };
    readonly Option<string?> _provider = new("--provider") { Description = "name (* and ? match) or GUID", HelpName = "name" };
    readonly Option<string?> _event = new("--event") { Description = "name (* and ? match) or number", HelpName = "name" };
    readonly Option<string[]> _where = new("--where")
    {
        Description = "a condition on a field, such as Vector=0x61; repeatable: all must hold", HelpName = "field=value",
    };
    readonly Option<string?> _from = new("--from") { Description = "earliest time: since the header event (1.5s 20ms 7us 100ns), or UTC", HelpName = "time" };
    readonly Option<string?> _to = new("--to") { Description = "the time before which events stand", HelpName = "time" };
    readonly Option<string?> _cpu = new("--cpu") { Description = "processors, with commas between", HelpName = "n,n" };
    readonly Option<string?> _process = new("--pid") { Description = "process ids", HelpName = "n,n" };
    readonly Option<string?> _thread = new("--tid") { Description = "thread ids", HelpName = "n,n" };
    readonly Option<long?> _limit = new("--limit") { Description = "stop after so many events", HelpName = "n" };
    readonly Option<bool> _stacks = new("--stacks") { Description = "attach call stacks to the events that they belong to" };
    readonly Option<bool> _fileOrder = new("--file-order") { Description = "in the order of the file, not of time" };
    readonly Option<string[]> _manifest = new("--manifest") { Description = "a manifest (XML) with events of providers; repeatable", HelpName = "file" };

    public static Command Make(TraceRun run)
    {
        var verb = new DumpVerb();
        var command = new Command("dump", "events, decoded, as text, JSON lines or CSV")
        {
            verb._file, verb._format, verb._json, verb._provider, verb._event, verb._where, verb._from, verb._to, verb._cpu, verb._process, verb._thread,
            verb._limit, verb._stacks, verb._fileOrder, verb._manifest,
        };
        command.SetAction(result => verb.Dump(run, result));
        return command;
    }

    int Dump(TraceRun run, ParseResult result)
    {
        string path = result.GetRequiredValue(_file);
        string format = TraceRun.FormatOf(result.GetValue(_format)!, result.GetValue(_json));
        long limit = result.GetValue(_limit) ?? long.MaxValue;
        TraceBytes bytes = TraceRun.ReadingFile(path, () => TraceBytes.Open(path));
        return NetTraceFile.Is(bytes) ? DumpNetTrace(run, result, format, bytes, limit) : DumpEtl(run, result, format, bytes, limit);
    }

    int DumpNetTrace(TraceRun run, ParseResult result, string format, TraceBytes bytes, long left)
    {
        using NetTraceFile file = NetTraceFile.Open(bytes);
        NetTraceEventSequence events;
        using (ProgressBar? progress = ProgressBar.Start("Reading"))
            events = TraceRun.ReadingFile(file.Name, () => NetTraceEventSequence.Of(file, progress, run.Cancellation));
        EventFilter filter = FilterOf(result, events.Clock);
        using StreamWriter text = run.Text();
        using EventWriter writer = WriterOf(run, format, text, events.Clock, null);
        for (int i = 0; i < events.Count && left > 0; i++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            EventRecord record = events[i];
            EventDescription description = events.DescriptionOf(i);
            if (!filter.Accepts(record, description)) continue;
            writer.Write(record, description);
            left--;
        }
        return TraceCommand.Verdict(file.Name, events.Count, file.Problems);
    }

    int DumpEtl(TraceRun run, ParseResult result, string format, TraceBytes bytes, long limit)
    {
        using EtlFile file = run.OpenEtl(bytes.Name, bytes);
        EventFilter filter = FilterOf(result, file.Clock);
        EventDecoder decoder = EventDecoder.Of(file);
        foreach (string manifest in result.GetValue(_manifest) ?? []) Add(decoder, manifest);
        foreach (string problem in decoder.Problems) Console.Error.WriteLine($"kdsim: {problem}");
        StackIndex? stacks = null;
        if (result.GetValue(_stacks))
        {
            using ProgressBar? progress = ProgressBar.Start("Stacks");
            stacks = StackIndex.Of(file, progress, run.Cancellation);
        }
        using StreamWriter text = run.Text();
        using EventWriter writer = WriterOf(run, format, text, file.Clock, stacks);
        Write(run, file, result.GetValue(_fileOrder), decoder, filter, writer, limit);
        return TraceCommand.Verdict(file);
    }

    static EventWriter WriterOf(TraceRun run, string format, TextWriter text, TraceClock clock, StackIndex? stacks) => format switch
    {
        "json" => new JsonEventWriter(run.Output, clock) { Stacks = stacks },
        "csv" => new CsvEventWriter(text, clock) { Stacks = stacks },
        _ => new TextEventWriter(text, clock) { Stacks = stacks },
    };

    static void Write(TraceRun run, EtlFile file, bool fileOrder, EventDecoder decoder, EventFilter filter, EventWriter writer, long left)
    {
        // The bar would be written over the events where both go to a terminal.
        using ProgressBar? progress = Console.IsOutputRedirected ? ProgressBar.Start("Dumping") : null;
        if (fileOrder)
        {
            foreach (EventRecord record in file.InFileOrder(progress, run.Cancellation))
                if (!One(record, decoder, filter, writer, ref left))
                    return;
        }
        else
        {
            foreach (EventRecord record in file.InTimeOrder(progress, run.Cancellation))
                if (!One(record, decoder, filter, writer, ref left))
                    return;
        }
    }

    /// <summary>False: enough.</summary>
    static bool One(in EventRecord record, EventDecoder decoder, EventFilter filter, EventWriter writer, ref long left)
    {
        if (left <= 0) return false;
        if (!filter.Accepts(record, decoder, out EventDescription description)) return true;
        writer.Write(record, description);
        left--;
        return true;
    }

    static void Add(EventDecoder decoder, string path)
    {
        using FileStream stream = TraceRun.ReadingFile(path, () => File.OpenRead(path));
        foreach (EventManifest manifest in TraceRun.ReadingFile(path, () => EventManifest.Parse(stream, path))) decoder.Add(manifest);
    }

    EventFilter FilterOf(ParseResult result, TraceClock clock) => new()
    {
        Provider = result.GetValue(_provider),
        Event = result.GetValue(_event),
        Fields = [.. (result.GetValue(_where) ?? []).Select(Condition)],
        From = result.GetValue(_from) is { } from ? TimeOf("--from", from, clock) : null,
        To = result.GetValue(_to) is { } to ? TimeOf("--to", to, clock) : null,
        Processors = Numbers("--cpu", result.GetValue(_cpu), int.Parse),
        Processes = Numbers("--pid", result.GetValue(_process), uint.Parse),
        Threads = Numbers("--tid", result.GetValue(_thread), uint.Parse),
    };

    static FieldCondition Condition(string text)
    {
        try
        {
            return FieldCondition.Parse(text);
        }
        catch (FormatException error)
        {
            throw new UsageException($"--where: {error.Message}");
        }
    }

    static long TimeOf(string option, string text, TraceClock clock) =>
        clock.TryParse(text, out long ticks) ? ticks
            : throw new UsageException($"{option}: '{text}' is neither a time such as 1.5s, 20ms, 7us or 100ns nor UTC");

    static HashSet<T> Numbers<T>(string option, string? text, Func<string, IFormatProvider, T> parse)
    {
        try
        {
            return text is null ? [] : [.. text.Split(',').Select(number => parse(number, CultureInfo.InvariantCulture))];
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new UsageException($"{option}: numbers with commas between expected, not '{text}'");
        }
    }
}
