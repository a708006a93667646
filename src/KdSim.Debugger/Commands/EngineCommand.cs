using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary>A command of the debugger itself: it sees the whole session.</summary>
public abstract class EngineCommand<TArguments> : Command<TArguments> where TArguments : notnull
{
    protected sealed override IEnumerable<Node> Run(TArguments arguments, IDebugSession session) =>
        Run(arguments, (DebuggerSession)session);

    protected abstract IEnumerable<Node> Run(TArguments arguments, DebuggerSession session);
}

/// <summary>The arguments of a command whose own grammar is "an expression" or "the rest": kept as text, with the name that was typed.</summary>
public sealed record TextArguments(string Name, string Text)
{
    /// <summary>The caret after everything that was understood.</summary>
    public CommandSyntaxException Wrong(string kind, int consumed) =>
        new(kind, Name.Length + consumed, Text.Length == 0 ? Name : $"{Name} {Text}");
}

/// <summary>A command that takes text.</summary>
public abstract class TextCommand : EngineCommand<TextArguments>
{
    protected override TextArguments Parse(ArgumentReader arguments) => new(arguments.Name, arguments.Text.Trim());
}
