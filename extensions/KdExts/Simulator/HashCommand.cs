using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdExts.Simulator;

/// <summary><c>!hash</c>: whether two machines are in the same state.</summary>
[Command("!hash", "!hash", "Show one number for the whole state of the machine; equal machines have equal numbers", Example = "!hash")]
public sealed class HashCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        IStateHash target = session.Target.Capability<IStateHash>() ?? throw new CommandException("This target's state cannot be hashed");
        yield return new Line(target.StateHash);
    }
}
