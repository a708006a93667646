using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugging.Commands;

/// <summary>A debugger command; derive from <see cref="Command{TArguments}"/>. Needs a public constructor without parameters.</summary>
public interface ICommand
{
    /// <summary>Parses the words after the name. Never touches the target; throws <see cref="CommandException"/>.</summary>
    object Parse(ArgumentReader arguments);

    /// <summary>Runs what <see cref="Parse"/> returned. Lazily: enumeration is the work, and stopping it cancels.</summary>
    IEnumerable<Node> Run(object arguments, IDebugSession session);
}

/// <summary>A command in two halves: text to record, record to nodes. Neither writes text; only the second sees the target.</summary>
public abstract class Command<TArguments> : ICommand where TArguments : notnull
{
    /// <summary>Takes the words after the name apart. Throws <see cref="CommandException"/> with what is expected.</summary>
    protected abstract TArguments Parse(ArgumentReader arguments);

    /// <summary>Does the work, node by node. An <see cref="Error"/> node, or a <see cref="CommandException"/>, ends the line.</summary>
    protected abstract IEnumerable<Node> Run(TArguments arguments, IDebugSession session);

    object ICommand.Parse(ArgumentReader arguments) => Parse(arguments);

    IEnumerable<Node> ICommand.Run(object arguments, IDebugSession session) => Run((TArguments)arguments, session);
}

/// <summary>A command cannot go on; the message is what the user sees, complete.</summary>
public class CommandException(string message) : Exception(message)
{
    /// <summary>One plain sentence that helps, shown on a line below the message; null: there is nothing to add.</summary>
    public string? Hint { get; init; }
}
