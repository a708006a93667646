using KdSim.Debugging.Output;

namespace KdSim.Debugging.Commands;

/// <summary>A command with more to say in <c>.hh</c> than its declaration, made from its own tables.</summary>
public interface IExplained
{
    /// <summary>The lines, indented, that follow syntax and summary.</summary>
    IEnumerable<Node> Explain();
}
