using System.CommandLine;
using KdSim.CommandLine;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.NetTrace;
using KdSim.Tracing.Tables;

namespace KdSim.Traces;

/// <summary>What the verbs of `kdsim trace` share: where output goes, and Ctrl+C.</summary>
sealed class TraceRun(Stream output, CancellationToken cancellation)
{
    public const string FileDescription = "a trace: .etl, .nettrace, or a .zip that holds one";

    /// <summary>Of the trace that was opened last: PDBs may be beside it.</summary>
    string _folder = "";

    public Stream Output => output;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Where PDBs are looked for; null for the usual places only.</summary>
    public string? SymbolPath { get; set; }

    /// <summary>Text output with LF at line ends; the caller disposes of it.</summary>
    public StreamWriter Text() => new(output, leaveOpen: true) { NewLine = "\n" };

    /// <summary>Opens a trace with a progress bar; what cannot be read at all is an error of usage.</summary>
    public EtlFile OpenEtl(string path)
    {
        TraceBytes bytes = ReadingFile(path, () => TraceBytes.Open(path));
        if (!NetTraceFile.Is(bytes)) return OpenEtl(path, bytes);
        bytes.Dispose();
        throw new UsageException($"{path}: a .nettrace file, which only trace info and trace dump read; an .etl is expected here");
    }

    public EtlFile OpenEtl(string path, TraceBytes bytes)
    {
        using ProgressBar? progress = ProgressBar.Start("Reading");
        _folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        return ReadingFile(path, () => EtlFile.Open(bytes, progress, cancellation));
    }

    /// <summary>The tables of a trace, with a progress bar.</summary>
    public TraceTables TablesOf(EtlFile file, EventDecoder decoder)
    {
        using ProgressBar? progress = ProgressBar.Start("Tables");
        return TraceTables.Of(file, decoder, new TraceSymbols($"{SymbolPath};{_folder}"), progress, cancellation);
    }

    /// <summary>The format of an answer, as the options of a verb ask for it.</summary>
    public static string FormatOf(string format, bool json) =>
        json ? "json" : format is "text" or "json" or "csv" ? format : throw new UsageException($"--format: text, json or csv expected, not '{format}'");

    /// <summary>Turns the errors of file access into one line that names the file.</summary>
    public static T ReadingFile<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException)
        {
            throw new UsageException(error.Message.Contains(path, StringComparison.Ordinal) ? error.Message : $"{path}: {error.Message}");
        }
    }
}

/// <summary>`kdsim trace VERB ...`: work on trace files without a session. Each verb is a class of its own that adds a command to the table.</summary>
static class TraceCommand
{
    const int Cancelled = 130, UnreadableTrace = 2;

    static readonly Option<string?> Symbols = new("--symbols", "-y")
    {
        Description = "where to look for .pdb files (several folders: separated by ;)", HelpName = "path", Recursive = true,
    };

    /// <summary>A verb: makes its command, which runs with what <see cref="TraceRun"/> offers.</summary>
    static readonly Func<TraceRun, Command>[] Verbs =
        [InfoVerb.Make, DumpVerb.Make, .. AnalysisVerb.All, LintVerb.Make, SqlVerb.Make, ExportVerb.Make];

    /// <summary>Names and descriptions, for the tool's help.</summary>
    public static IEnumerable<(string Name, string Description)> Rows() =>
        Trace(new TraceRun(Stream.Null, default)).Subcommands.Select(verb => ($"trace {verb.Name}", verb.Description ?? ""));

    public static int Run(IReadOnlyList<string> arguments)
    {
        using var cancellation = new CancellationTokenSource();
        ConsoleCancelEventHandler onCancel = (_, key) =>
        {
            key.Cancel = !cancellation.IsCancellationRequested;
            cancellation.Cancel();
        };
        Console.CancelKeyPress += onCancel;
        try
        {
            using var output = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
            return Run(arguments, new TraceRun(output, cancellation.Token));
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("kdsim: cancelled");
            return Cancelled;
        }
        finally
        {
            Console.CancelKeyPress -= onCancel;
        }
    }

    internal static int Run(IReadOnlyList<string> arguments, TraceRun run)
    {
        var root = new RootCommand("kdsim") { Trace(run) };
        root.Options.OfType<VersionOption>().ToList().ForEach(option => root.Options.Remove(option));
        ParseResult result = root.Parse(["trace", .. arguments], new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (result.Errors.Count > 0 && result.Action is not System.CommandLine.Help.HelpAction) throw new UsageException($"trace: {result.Errors[0].Message}");
        run.SymbolPath = result.GetValue(Symbols);
        using StreamWriter text = run.Text();
        return result.Invoke(new InvocationConfiguration { Output = text, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>A file in which no trace was found: what is known was printed, and one line says it on the error stream.</summary>
    public static int Verdict(string name, long events, ProblemList problems)
    {
        if (events > 0 || problems.Count == 0) return 0;
        Console.Error.WriteLine($"kdsim: {name}: {problems.Kept[^1].Text}");
        return UnreadableTrace;
    }

    public static int Verdict(EtlFile file) => Verdict(file.Name, file.EventCount, file.Problems);

    static Command Trace(TraceRun run)
    {
        var trace = new Command("trace", "Work on trace files (.etl, .nettrace, .zip that holds one).") { Symbols };
        foreach (Func<TraceRun, Command> make in Verbs) trace.Subcommands.Add(make(run));
        return trace;
    }
}
