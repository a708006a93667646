using System.CommandLine;
using System.Text.Json;
using KdSim.Tracing.Etl.Lint;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Traces;

/// <summary>`kdsim trace lint FILE [--json]`: where an .etl differs from what is known of files that Windows writes. Exit code 1: somewhere.</summary>
static class LintVerb
{
    const int Broken = 1;

    public static Command Make(TraceRun run)
    {
        var file = new Argument<string>("FILE") { Description = "an .etl, or a .zip that holds one" };
        var json = new Option<bool>("--json") { Description = "one JSON object" };
        var command = new Command("lint", "hold an .etl against the rules of the format; exit code 1 if one is broken") { file, json };
        command.SetAction(result => Lint(run, result.GetRequiredValue(file), result.GetValue(json)));
        return command;
    }

    static int Lint(TraceRun run, string path, bool json)
    {
        using EtlFile file = run.OpenEtl(path);
        TraceLint lint;
        using (ProgressBar? progress = ProgressBar.Start("Checking"))
            lint = TraceRun.ReadingFile(path, () => TraceLint.Of(file, progress, run.Cancellation));
        if (json) WriteJson(run, lint);
        else WriteText(run, file, lint);
        return lint.Counts.Count > 0 ? Broken : 0;
    }

    static void WriteText(TraceRun run, EtlFile file, TraceLint lint)
    {
        using StreamWriter text = run.Text();
        foreach (LintFinding finding in lint.Findings) text.WriteLine($"0x{finding.Offset:x8}  {finding.Rule,-15} {finding.Text}");
        foreach ((LintRule rule, long count) in lint.Counts)
            if (count > lint.Findings.Count(finding => finding.Rule == rule))
                text.WriteLine($"{rule}: {count:N0} times in all");
        int rules = Enum.GetValues<LintRule>().Length;
        text.WriteLine($"{file.EventCount:N0} events in {file.Buffers.Count:N0} buffers, {rules} rules, {lint.Counts.Count} broken, "
            + $"{lint.Counts.Values.Sum():N0} findings");
    }

    static void WriteJson(TraceRun run, TraceLint lint)
    {
        using (var json = new Utf8JsonWriter(run.Output, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("rules", Enum.GetValues<LintRule>().Length);
            json.WriteStartObject("broken");
            foreach ((LintRule rule, long count) in lint.Counts) json.WriteNumber($"{rule}", count);
            json.WriteEndObject();
            json.WriteStartArray("findings");
            foreach (LintFinding finding in lint.Findings)
            {
                json.WriteStartObject();
                json.WriteString("rule", $"{finding.Rule}");
                json.WriteNumber("offset", finding.Offset);
                json.WriteString("text", finding.Text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        run.Output.WriteByte((byte)'\n');
    }
}
