using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace TraceExts;

/// <summary>What was typed behind the name: expressions, kept as text until the command runs.</summary>
public sealed record EventStateArguments(string Name, IReadOnlyList<string> Values);

/// <summary>A command that answers from events, as the command of the same name answers from memory. A ? is what the trace does not tell.</summary>
public abstract class EventStateCommand : Command<EventStateArguments>
{
    protected sealed override EventStateArguments Parse(ArgumentReader arguments)
    {
        var values = new List<string>();
        while (!arguments.AtEnd)
            if (arguments.Switch() is null)
                values.Add(arguments.Word());
        return new EventStateArguments(arguments.Name, values);
    }

    protected sealed override IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session) =>
        Run(arguments, session, session.Target.Capability<IEventState>() ?? throw new CommandException("This target is no trace"));

    protected abstract IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session, IEventState state);

    /// <summary>The address that was typed; null where none was, or a zero or -1 that stands for "all".</summary>
    protected static ulong? Address(EventStateArguments arguments, IDebugSession session) =>
        arguments.Values.Count == 0 || arguments.Values[0] == "-1" || session.Evaluate(arguments.Values[0]) is 0 ? null : session.Evaluate(arguments.Values[0]);

    protected static Node Code(IDebugSession session, ulong address) => address == 0 ? "?" : new Symbol(session.SymbolAt(address), address);

    protected static Node Known(ulong address, string command) => address == 0 ? new Text($"{"?",16}") : new Link($"{address:x16}", $"{command} {address:x}");

    protected static string Time(ulong nanoseconds) => $"{nanoseconds / 1_000_000_000}.{nanoseconds % 1_000_000_000:d9}";
}
