using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace WmiTrace;

/// <summary><c>!logdump</c>: what a circular session holds, as text.</summary>
[Command("!logdump", "!wmitrace.logdump [-t n] id|name", "Show the messages of a circular session, the newest n", Example = "!wmitrace.logdump -t 20 kdtrace")]
[Command("!eventlogdump", "!wmitrace.eventlogdump id|name", "Show the events of a circular session, field by field")]
public sealed class LogDump : TraceCommand
{
    const int All = int.MaxValue;

    protected override IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces)
    {
        int most = arguments.After("-t") is not { } text ? All
            : int.TryParse(text, out int number) && number > 0 ? number : throw new CommandException($"{arguments.Name}: -t needs a number");
        string? name = arguments.Values.Where((value, i) => value != "-t" && (i == 0 || arguments.Values[i - 1] != "-t")).FirstOrDefault();
        TraceSessionState session = Find(arguments, traces, name);
        yield return new Line($"(WmiTrace) LogDump for Logger Id 0x{session.Id:X2}");
        IReadOnlyList<TraceMessage> messages = traces.Newest(session.Id, most);
        yield return new Line($"Found Buffers: {session.Buffers} Messages: {messages.Count}, sorting entries");
        bool byFields = arguments.Name.EndsWith("eventlogdump", StringComparison.OrdinalIgnoreCase);
        foreach (TraceMessage message in messages)
        {
            yield return new Line(byFields ? message.Prefix : message.Line);
            if (!byFields) continue;
            foreach ((string field, string value) in message.Fields) yield return new Line($"    {field,-24} {value}");
        }
        yield return new Line($"Total of {messages.Count} Messages from {session.Buffers} Buffers");
    }
}

/// <summary><c>!dynamicprint</c>: print sessions that were started with -kd after each run.</summary>
[Command("!dynamicprint", "!wmitrace.dynamicprint 0|1", "Print the events of -kd sessions as they come")]
public sealed class DynamicPrint : TraceCommand
{
    protected override IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces)
    {
        traces.DynamicPrint = arguments.Values is ["1"] || (arguments.Values is not ["0"]
            ? throw new CommandException($"{arguments.Name}: 0 or 1 is expected") : false);
        yield return new Line($"(WmiTrace) Dynamic print is {(traces.DynamicPrint ? "on" : "off")}");
    }
}

/// <summary><c>!help</c>: what the extension has.</summary>
[Command("!help", "!wmitrace.help", "List the commands of the tracing extension")]
public sealed class Help : TraceCommand
{
    protected override IEnumerable<Node> Run(TraceWords arguments, ITraceSessions traces) =>
        typeof(Help).Assembly.GetTypes().SelectMany(type => type.GetCustomAttributes(typeof(CommandAttribute), false).Cast<CommandAttribute>())
            .OrderBy(command => command.Name, StringComparer.Ordinal).Select(command => new Line($"{command.Syntax,-80} {command.Summary}"));
}
