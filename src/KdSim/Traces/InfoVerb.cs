using System.CommandLine;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Traces;

/// <summary>`kdsim trace info FILE [--json]`: what a trace holds, event by event kind, with checksums.</summary>
static class InfoVerb
{
    public static Command Make(TraceRun run)
    {
        var file = new Argument<string>("FILE") { Description = "a trace: .etl, or a .zip that holds one" };
        var json = new Option<bool>("--json") { Description = "one JSON object" };
        var command = new Command("info", "totals, system, problems, and each kind of event with count and checksum") { file, json };
        command.SetAction(result => Show(run, result.GetRequiredValue(file), result.GetValue(json)));
        return command;
    }

    static int Show(TraceRun run, string path, bool json)
    {
        using EtlFile file = run.OpenEtl(path);
        TraceSummary summary;
        using (ProgressBar? progress = ProgressBar.Start("Counting"))
            summary = TraceRun.ReadingFile(path, () => TraceSummary.Of(file, progress, run.Cancellation));
        var info = new TraceInfo(file, summary);
        if (json)
        {
            info.WriteJson(run.Output);
            run.Output.WriteByte((byte)'\n');
        }
        else
        {
            using StreamWriter text = run.Text();
            info.WriteText(text);
        }
        return TraceCommand.Verdict(file);
    }
}
