using System.CommandLine;
using KdSim.CommandLine;
using KdSim.Tracing.Analysis;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Tables;

namespace KdSim.Traces;

/// <summary>`kdsim trace dpcisr|irps|cpu|... FILE` and `kdsim trace diff A B`: reports, as text, JSON (one object) or CSV (one section).</summary>
static class AnalysisVerb
{
    /// <summary>A verb for each analysis, and that which compares two traces.</summary>
    public static IEnumerable<Func<TraceRun, Command>> All { get; } =
    [
        .. TraceAnalysis.All.Select(analysis => (Func<TraceRun, Command>)(run =>
            Make(run, analysis.Name, analysis.Description, ["FILE"], tables => analysis.Run(tables[0])))),
        run => Make(
            run, "diff", "what changed from one trace to another: counts, latencies, statuses", ["A", "B"], tables => TraceDiff.Of(tables[0], tables[1])),
    ];

    static Command Make(TraceRun run, string name, string description, string[] files, Func<TraceTables[], TraceReport> analyse)
    {
        Argument<string>[] arguments = [.. files.Select(file => new Argument<string>(file) { Description = "a trace: .etl, or a .zip that holds one" })];
        var format = new Option<string>("--format")
        {
            Description = "text, json (one object) or csv (one section)", HelpName = "text|json|csv", DefaultValueFactory = _ => "text",
        };
        var json = new Option<bool>("--json") { Description = "the same as --format json" };
        var section = new Option<string?>("--section") { Description = "only this section; of CSV the first if not said", HelpName = "name" };
        var command = new Command(name, description) { format, json, section };
        foreach (Argument<string> argument in arguments) command.Arguments.Add(argument);
        command.SetAction(result =>
        {
            string chosen = TraceRun.FormatOf(result.GetValue(format)!, result.GetValue(json));
            int verdict = 0;
            var tables = new TraceTables[arguments.Length];
            for (int i = 0; i < tables.Length; i++)
            {
                using EtlFile file = run.OpenEtl(result.GetRequiredValue(arguments[i]));
                tables[i] = run.TablesOf(file, EventDecoder.Of(file));
                verdict = Math.Max(verdict, TraceCommand.Verdict(file));
            }
            TraceReport report = analyse(tables);
            ReportWriter.Write(chosen, run.Output, report, Chosen(report, result.GetValue(section)));
            return verdict;
        });
        return command;
    }

    static string? Chosen(TraceReport report, string? section)
    {
        string[] names = [report.Summary.Name, .. report.Sections.Select(one => one.Name)];
        return section is null || names.Contains(section) ? section
            : throw new UsageException($"--section: {string.Join(", ", names)} expected, not '{section}'");
    }
}
