using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>.record</c>: a trace file of what the target does from here on, or a ring of the newest events (a flight recorder).</summary>
[Command(".record", ".record [start [/r MB] [/p profile] [file] | save file | stop]",
    "Record a trace: to a file, or (/r, or without a file) the newest events in a ring, saved to the file at a bug check")]
public sealed class RecordCommand : EngineCommand<RecordCommand.Arguments>
{
    const string SessionName = "record";
    const long DefaultRing = 16;

    public sealed record Arguments(string Verb, string? File, string Profile, long? Ring);

    protected override Arguments Parse(ArgumentReader arguments)
    {
        string verb = arguments.Word().ToLowerInvariant(), profile = "";
        string? file = null;
        long? ring = null;
        while (!arguments.AtEnd)
            switch (arguments.Peek == '/' ? arguments.Word() : "")
            {
                case "/p": profile = arguments.Word(); break;
                case "/r":
                    ring = long.TryParse(arguments.Word().TrimEnd('M', 'm'), out long megabytes) && megabytes is > 0 and <= 4096
                        ? megabytes : throw new CommandException(".record: /r 1 to 4096 (MB) expected");
                    break;
                case "" when file is null: file = arguments.Word(); break;
                // A path may begin with a slash.
                case var path when path.Length > 2 && file is null: file = path; break;
                default: throw new CommandException($".record: '{arguments.Rest()}' is not expected here");
            }
        if (verb is not ("" or "start" or "save" or "stop")) throw new CommandException($".record: start, save or stop expected, found '{verb}'");
        if (verb == "save" && file is null) throw new CommandException(".record save: a file is expected");
        return new Arguments(verb, file is null ? null : Path.GetFullPath(file), profile, ring);
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        ITraceSessions traces = session.Target.Capability<ITraceSessions>() ?? throw new CommandException("This target records no traces");
        switch (arguments.Verb)
        {
            case "start":
                long ring = arguments.Ring ?? (arguments.File is null ? DefaultRing : 0);
                traces.Start(new TraceRequest(SessionName, arguments.Profile, arguments.File, ring << 20));
                string saved = arguments.File is null ? "; .record save writes it" : $", saved to {arguments.File} at a bug check";
                yield return new Line(ring == 0 ? $"Recording to {arguments.File}" : $"Recording into a ring of {ring} MB{saved}");
                break;
            case "save":
                traces.Save(Current(traces).Id, arguments.File!);
                yield return new Line($"Saved to {arguments.File}");
                break;
            case "stop":
                TraceSessionState ended = Current(traces);
                traces.Stop(ended.Id);
                yield return new Line($"Recorded {ended.Events} events{(ended.Request is { RingBytes: 0, File: { } file } ? $" to {file}" : "")}");
                break;
            default:
                if (traces.Sessions.Count == 0)
                    yield return new Line("Nothing is recorded");
                foreach (TraceSessionState state in traces.Sessions)
                    yield return new Line($"{state.Request.Name}: {state.Events} events, {state.Buffers} full buffers",
                        state.Request.RingBytes > 0 ? $", ring of {state.Request.RingBytes >> 20} MB" : "", state.Request.File is { } path ? $", {path}" : "");
                break;
        }
    }

    static TraceSessionState Current(ITraceSessions traces) =>
        traces.Sessions.FirstOrDefault(session => session.Request.Name == SessionName) ?? traces.Sessions.FirstOrDefault()
        ?? throw new CommandException("Nothing is recorded: .record start begins");
}
