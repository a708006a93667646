using System.CommandLine;
using System.Data.Common;
using KdSim.CommandLine;
using KdSim.Traces.Sql;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Export;
using KdSim.Tracing.NetTrace;
using KdSim.Tracing.Tables;

namespace KdSim.Traces;

/// <summary>`kdsim trace export FILE --format F -o OUT`: the trace for other tools.</summary>
static class ExportVerb
{
    delegate void Export(TraceRun run, EtlFile file, string output);

    static readonly Dictionary<string, (string Description, Export Write)> Formats = new()
    {
        ["parquet"] = ("a folder with one Parquet file a table", Parquet),
        ["csv"] = ("a folder with one CSV file a table", Csv),
        ["perfetto"] = ("a file for ui.perfetto.dev and trace_processor", (run, file, path) => Draw(run, file, path, PerfettoWriter.Write)),
        ["chrome"] = ("the JSON of chrome://tracing", (run, file, path) => Draw(run, file, path, ChromeTraceWriter.Write)),
        ["nettrace"] = ("a .nettrace file of version 6", NetTrace),
    };

    public static Command Make(TraceRun run)
    {
        var file = new Argument<string>("FILE") { Description = "a trace: .etl, or a .zip that holds one" };
        var format = new Option<string>("--format")
        {
            Description = string.Join("; ", Formats.Select(pair => $"{pair.Key}: {pair.Value.Description}")),
            HelpName = string.Join('|', Formats.Keys), Required = true,
        };
        var output = new Option<string>("--output", "-o") { Description = "the file or folder to write", HelpName = "path", Required = true };
        var command = new Command("export", "the trace for other tools") { file, format, output };
        command.SetAction(result =>
        {
            string name = result.GetRequiredValue(format);
            if (!Formats.TryGetValue(name, out (string, Export Write) chosen))
                throw new UsageException($"--format: {string.Join(", ", Formats.Keys)} expected, not '{name}'");
            using EtlFile trace = run.OpenEtl(result.GetRequiredValue(file));
            string path = result.GetRequiredValue(output);
            TraceRun.ReadingFile(path, () =>
            {
                chosen.Write(run, trace, path);
                return 0;
            });
            return TraceCommand.Verdict(trace);
        });
        return command;
    }

    static void Parquet(TraceRun run, EtlFile file, string folder)
    {
        EventDecoder decoder = EventDecoder.Of(file);
        using var database = new TraceDatabase(file, decoder, run.TablesOf(file, decoder));
        using (ProgressBar? progress = ProgressBar.Start("Loading events")) database.LoadEvents(progress, run.Cancellation);
        Directory.CreateDirectory(folder);
        foreach (ITraceTable table in TraceTables.Schemas)
        {
            string path = Path.Combine(folder, $"{table.Name}.parquet");
            try
            {
                database.Execute($"copy {table.Name} to '{path.Replace("'", "''", StringComparison.Ordinal)}' (format parquet, compression zstd)");
            }
            catch (DbException error)
            {
                throw new IOException($"{path}: {error.Message.Split('\n', 2)[0]}");
            }
        }
    }

    static void NetTrace(TraceRun run, EtlFile file, string path)
    {
        using ProgressBar? progress = ProgressBar.Start("Writing events");
        using var output = new BufferedStream(File.Create(path), 1 << 16);
        NetTraceWriter.Write(file, output, progress, run.Cancellation);
    }

    static void Csv(TraceRun run, EtlFile file, string folder)
    {
        EventDecoder decoder = EventDecoder.Of(file);
        TraceTables tables = run.TablesOf(file, decoder);
        Directory.CreateDirectory(folder);
        foreach (ITraceTable table in tables.All)
        {
            using StreamWriter text = NewFile(folder, table);
            RowWriter.WriteCsv(text, Names(table), Enumerable.Range(0, table.Count).Select(
                row => (object?[])[.. Enumerable.Range(0, table.Columns.Length).Select(column => table.Value(row, column))]));
        }
        using StreamWriter events = NewFile(folder, EventTable.Schema);
        RowWriter.WriteCsv(events, Names(EventTable.Schema), []);
        using ProgressBar? progress = ProgressBar.Start("Writing events");
        EventTable.Read(file, decoder, row => RowWriter.WriteCsvRow(events,
            [row.Number, row.Time, row.Cpu, row.Thread, row.Process, row.Provider, row.Event, row.Id, row.Version, row.Fields]), progress, run.Cancellation);
    }

    static void Draw(TraceRun run, EtlFile file, string path, Action<IReadOnlyList<TimelineTrack>, Stream> write)
    {
        IReadOnlyList<TimelineTrack> tracks = Timeline.Of(run.TablesOf(file, EventDecoder.Of(file)));
        using var output = new BufferedStream(File.Create(path), 1 << 16);
        write(tracks, output);
    }

    static StreamWriter NewFile(string folder, ITraceTable table) => new(Path.Combine(folder, $"{table.Name}.csv")) { NewLine = "\n" };

    static System.Collections.Immutable.ImmutableArray<string> Names(ITraceTable table) => [.. table.Columns.Select(column => column.Name)];
}
