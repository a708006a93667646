using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>.reexec</c>: from a trace to the machine.</summary>
[Command(".reexec", ".reexec",
    "Make the run of a trace again, up to the event at which one stands (at its start: to its end), and go on with the live machine")]
public sealed class ReexecCommand : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        IReexecution recorded = session.Target.Capability<IReexecution>() ?? throw new CommandException("Only the run of a trace can be made again");
        foreach (string line in recorded.Reexecute()) yield return new Line(line);
        yield return new Text(session.Stops.Location());
    }
}
