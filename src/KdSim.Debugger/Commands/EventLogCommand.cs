using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>.eventlog</c>: the latest stops of this session.</summary>
[Command(".eventlog", ".eventlog", "Show the latest events that stopped the target", Example = ".eventlog")]
public sealed class EventLog : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (session.Stops.Log.Count == 0)
            yield return new Line(new Text("No event has happened yet"));
        foreach ((string text, string time) in session.Stops.Log)
            yield return new Text($"{text}\n{time}");
    }
}
