using System.Globalization;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace WmiTrace;

/// <summary>What stands behind a command of the tracing extension: words, quotes keep them together.</summary>
public sealed record TraceWords(string Name, IReadOnlyList<string> Values)
{
    /// <summary>The word behind a switch, taken out of the line; null if the switch is not there.</summary>
    public string? After(string option)
    {
        int at = Values.ToList().FindIndex(value => value.Equals(option, StringComparison.OrdinalIgnoreCase));
        return at < 0 ? null : at + 1 < Values.Count ? Values[at + 1] : throw new CommandException($"{Name}: {option} needs a value");
    }

    public bool Has(string option) => Values.Any(value => value.Equals(option, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A command over the target's recordings.</summary>
public abstract class TraceCommand : Command<TraceWords>
{
    protected sealed override TraceWords Parse(ArgumentReader arguments)
    {
        var words = new List<string>();
        while (!arguments.AtEnd) words.Add(arguments.Word());
        return new TraceWords(arguments.Name, words);
    }

    protected sealed override IEnumerable<Node> Run(TraceWords arguments, IDebugSession session) =>
        Run(arguments, session.Target.Capability<ITraceSessions>() ?? throw new CommandException("This target records no traces"));

    protected abstract IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces);

    /// <summary>The session that a word names: its number (hexadecimal, as the extension shows it) or its name.</summary>
    protected static TraceSessionState Find(TraceWords arguments, ITraceSessions traces, string? word)
    {
        if (word is null) throw new CommandException($"{arguments.Name}: the number or name of a session is expected; !wmitrace.strdump lists them");
        string digits = word.Replace("0x", "", StringComparison.OrdinalIgnoreCase);
        int? id = int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int number) ? number : null;
        return traces.Sessions.FirstOrDefault(session => session.Request.Name.Equals(word, StringComparison.OrdinalIgnoreCase) || session.Id == id)
            ?? throw new CommandException($"There is no session {word}");
    }
}

/// <summary><c>!strdump</c>: the sessions that run.</summary>
[Command("!strdump", "!wmitrace.strdump [id|name]", "List the sessions that record, or show one")]
[Command("!logger", "!wmitrace.logger id|name", "Show the configuration of a session")]
public sealed class SessionList : TraceCommand
{
    protected override IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces)
    {
        yield return new Line("(WmiTrace) StrDump Generic");
        if (arguments.Values.Count > 0)
        {
            TraceSessionState one = Find(arguments, traces, arguments.Values[0]);
            yield return new Line($"    Logger Id 0x{one.Id:X2}  Name {one.Request.Name}");
            yield return new Line($"    Profile     {(one.Request.Profile.Length == 0 ? "default" : one.Request.Profile)}");
            yield return new Line($"    Mode        {(one.Request.RingBytes > 0 ? $"circular, {one.Request.RingBytes >> 10} KB" : "sequential")}");
            yield return new Line($"    File        {one.Request.File ?? "(none)"}");
            yield return new Line($"    Buffers     {one.Buffers}");
            yield return new Line($"    Events      {one.Events}");
            yield break;
        }
        if (traces.Sessions.Count == 0)
            yield return new Line("    No session records");
        foreach (TraceSessionState session in traces.Sessions)
            yield return new Line("    Logger Id 0x", new Link($"{session.Id:X2}", $"!wmitrace.strdump {session.Id:x}"), $" '{session.Request.Name}' ",
                session.Request.RingBytes > 0 ? "circular" : "sequential", $", {session.Events} events, {session.Buffers} full buffers");
    }
}

/// <summary><c>!start</c>, <c>!stop</c>, <c>!logsave</c>.</summary>
[Command("!start", "!wmitrace.start Name [-cir MB | -seq MB] [-f File] [-b KB] [-kd] [-p Profile]", "Begin to record",
    Example = "!wmitrace.start kdtrace -cir 4")]
public sealed class Start : TraceCommand
{
    const long DefaultRing = 16;

    protected override IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces)
    {
        if (arguments.Values.Count == 0 || arguments.Values[0].StartsWith('-')) throw new CommandException($"{arguments.Name}: the session needs a name");
        foreach (string unsupported in (string[])["-max", "-min", "-ft"])
            if (arguments.Has(unsupported))
                throw new CommandException($"{arguments.Name}: {unsupported} has no meaning here: buffers are made when they are needed, and none is lost");
        string? file = arguments.After("-f");
        // -seq limits a file in Windows; here a file takes all. Without a file everything is in memory, so there has to be a limit.
        long ring = arguments.Has("-cir") || file is null ? Number(arguments, "-cir") ?? Number(arguments, "-seq") ?? DefaultRing : 0;
        TraceSessionState session = traces.Start(new TraceRequest(arguments.Values[0], arguments.After("-p") ?? "", file, ring << 20,
            (int)(Number(arguments, "-b") ?? 0) << 10, arguments.Has("-kd")));
        yield return new Line($"(WmiTrace) Logger Id 0x{session.Id:X2} '{session.Request.Name}' started");
    }

    static long? Number(TraceWords arguments, string option) => arguments.After(option) is not { } text ? null
        : long.TryParse(text, out long value) && value is > 0 and <= 4096 ? value
        : throw new CommandException($"{arguments.Name}: {option} 1 to 4096 expected");
}

/// <summary><c>!stop</c>: the file is complete then.</summary>
[Command("!stop", "!wmitrace.stop id|name", "End a recording", Example = "!wmitrace.stop kdtrace")]
public sealed class Stop : TraceCommand
{
    protected override IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces)
    {
        TraceSessionState session = Find(arguments, traces, arguments.Values.Count > 0 ? arguments.Values[0] : null);
        traces.Stop(session.Id);
        yield return new Line($"(WmiTrace) Logger Id 0x{session.Id:X2} '{session.Request.Name}' stopped, {session.Events} events");
    }
}

/// <summary><c>!logsave</c>: what a ring holds, as a file.</summary>
[Command("!logsave", "!wmitrace.logsave id|name File", "Save what a circular session holds to an .etl file")]
public sealed class LogSave : TraceCommand
{
    protected override IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces)
    {
        if (arguments.Values.Count != 2) throw new CommandException($"{arguments.Name}: a session and a file are expected");
        TraceSessionState session = Find(arguments, traces, arguments.Values[0]);
        traces.Save(session.Id, Path.GetFullPath(arguments.Values[1]));
        yield return new Line($"(WmiTrace) LogSave for Logger Id 0x{session.Id:X2}: {arguments.Values[1]}");
    }
}

/// <summary><c>!enable</c> and <c>!disable</c>: not here.</summary>
[Command("!enable", "!wmitrace.enable id|name GUID", "Not supported: a session's profile chooses its events")]
[Command("!disable", "!wmitrace.disable id|name GUID", "Not supported: a session's profile chooses its events")]
public sealed class Providers : TraceCommand
{
    protected override IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces) => throw new CommandException(
        $"{arguments.Name}: the profile of a session (!wmitrace.start NAME -p PROFILE) chooses its events; providers of guest drivers are not recorded");
}
