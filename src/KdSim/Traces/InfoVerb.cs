using System.CommandLine;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.NetTrace;

namespace KdSim.Traces;

/// <summary>`kdsim trace info FILE [--json]`: what a trace holds, event by event kind, with checksums.</summary>
static class InfoVerb
{
    public static Command Make(TraceRun run)
    {
        var file = new Argument<string>("FILE") { Description = TraceRun.FileDescription };
        var json = new Option<bool>("--json") { Description = "one JSON object" };
        var command = new Command("info", "totals, system, problems, and each kind of event with count and checksum") { file, json };
        command.SetAction(result => Show(run, result.GetRequiredValue(file), result.GetValue(json)));
        return command;
    }

    static int Show(TraceRun run, string path, bool json)
    {
        TraceBytes bytes = TraceRun.ReadingFile(path, () => TraceBytes.Open(path));
        return NetTraceFile.Is(bytes) ? ShowNetTrace(run, path, bytes, json) : ShowEtl(run, path, bytes, json);
    }

    static int ShowEtl(TraceRun run, string path, TraceBytes bytes, bool json)
    {
        using EtlFile file = run.OpenEtl(path, bytes);
        TraceSummary summary;
        using (ProgressBar? progress = ProgressBar.Start("Counting"))
            summary = TraceRun.ReadingFile(path, () => TraceSummary.Of(file, progress, run.Cancellation));
        var info = new TraceInfo(file, summary);
        Write(run, json, info.WriteJson, info.WriteText);
        return TraceCommand.Verdict(file);
    }

    static int ShowNetTrace(TraceRun run, string path, TraceBytes bytes, bool json)
    {
        using NetTraceFile file = NetTraceFile.Open(bytes);
        NetTraceSummary summary;
        using (ProgressBar? progress = ProgressBar.Start("Counting"))
            summary = TraceRun.ReadingFile(path, () => NetTraceSummary.Of(file, progress, run.Cancellation));
        Write(run, json, summary.WriteJson, summary.WriteText);
        return TraceCommand.Verdict(file.Name, summary.EventCount, file.Problems);
    }

    static void Write(TraceRun run, bool json, Action<Stream> writeJson, Action<TextWriter> writeText)
    {
        if (json)
        {
            writeJson(run.Output);
            run.Output.WriteByte((byte)'\n');
            return;
        }
        using StreamWriter text = run.Text();
        writeText(text);
    }
}
