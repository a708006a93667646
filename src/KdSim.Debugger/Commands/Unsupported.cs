using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary>Commands of WinDbg that this debugger does not have. They say so by name, instead of a syntax error.</summary>
[Command(".dump", ".dump", "Not supported: writing dump files")]
[Command(".idle_cmd", ".idle_cmd", "Not supported: commands that run when the debugger is idle")]
[Command(".ocommand", ".ocommand", "Not supported: commands in the target's output")]
[Command(".outmask", ".outmask", "Not supported: output masks")]
[Command(".prefer_dml", ".prefer_dml", "Not supported: links are always made where the output can show them")]
[Command(".restart", ".restart", "Not supported: .reboot starts the target again")]
[Command(".settings", ".settings", "Not supported: saved settings")]
[Command(".shell", ".shell", "Not supported: host commands")]
[Command(".symfix", ".symfix", "Not supported: no symbol server is asked; .sympath takes folders and symbol stores")]
[Command("dg", "dg", "Not supported: descriptor tables")]
[Command("rdmsr", "rdmsr", "Not supported: model-specific registers")]
[Command("wrmsr", "wrmsr", "Not supported: model-specific registers")]
public sealed class Unsupported : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string summary = session.Commands.Find(arguments.Name)?.Declaration.Summary ?? "Not supported";
        throw new CommandException($"{arguments.Name}: {char.ToLowerInvariant(summary[0])}{summary[1..]}");
    }
}
