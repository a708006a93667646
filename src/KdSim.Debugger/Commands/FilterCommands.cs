using System.Globalization;
using KdSim.Debugger.Control;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>sx*</c>: what happens at events.</summary>
[Command("sx", "sx", "Show the event filters", Example = "sx")]
[Command("sxd", "sxd [-c \"commands\"] [-c2 \"commands\"] code|event|*", "Disable the break at an event", Example = "sxd av")]
[Command("sxe", "sxe [-c \"commands\"] [-c2 \"commands\"] code|event[:pattern]|*", "Break at an event", Example = "sxe ld:pulse")]
[Command("sxi", "sxi [-c \"commands\"] [-c2 \"commands\"] code|event|*", "Ignore an event", Example = "sxi ld")]
[Command("sxn", "sxn [-c \"commands\"] [-c2 \"commands\"] code|event[:pattern]|*", "Show an event and go on", Example = "sxn ld")]
[Command("sx-", "sx- -c \"commands\" [-c2 \"commands\"] code|event|*", "Change the commands of an event")]
[Command("sxr", "sxr", "Reset the event filters", Example = "sxr")]
public sealed class SetFilters : EngineCommand<SetFilters.Arguments>, IExplained
{
    /// <param name="Event">Its code, an exception's number, or <c>*</c>; empty for <c>sx</c> and <c>sxr</c>.</param>
    public sealed record Arguments(string Name, string? Command, string? SecondCommand, string Event, string Pattern, string Text)
    {
        public Language.CommandSyntaxException Wrong => new("Syntax", Name.Length + Text.Length, Name + Text);
    }

    protected override Arguments Parse(ArgumentReader reader)
    {
        string text = reader.Text.Trim();
        string? first = null, second = null;
        while (reader.Switch() is { } option)
            switch (option)
            {
                case "-c": first = reader.Word(); break;
                case "-c2": second = reader.Word(); break;
                case "-h": throw new CommandException($"{reader.Name} -h is not supported: the target's own handlers decide");
                default: throw new Language.CommandSyntaxException("Syntax", reader.Name.Length + text.Length, reader.Name + text);
            }
        string rest = reader.Rest();
        int end = rest.IndexOfAny([':', ' ']);
        Arguments arguments = new(reader.Name, first, second, end < 0 ? rest : rest[..end], end < 0 ? "" : rest[(end + 1)..].Trim().Trim('"'), text);
        return reader.Name is "sx" or "sxr" == (arguments.Event.Length == 0) ? arguments : throw arguments.Wrong;
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        EventFilters filters = session.Filters;
        switch (arguments.Name)
        {
            case "sx":
                return List(filters);
            case "sxr":
                filters.Reset();
                break;
            default:
                foreach (EventFilter filter in Chosen(arguments, filters))
                    Set(arguments, session, filter);
                break;
        }
        IKernelEventStops? stops = session.Target.Capability<IKernelEventStops>();
        if (stops is null && filters.Wanted.Count > 0)
            throw new CommandException("This target cannot stop at kernel events");
        stops?.Want(filters.Wanted);
        return [];
    }

    static IEnumerable<Node> List(EventFilters filters)
    {
        foreach (EventFilter filter in filters.All.Where(f => f.Exception == 0))
            foreach (Node node in Row(filter, ""))
                yield return node;
        yield return new Line(new Text(""));
        foreach (EventFilter filter in filters.All.Where(f => f.Exception != 0))
            foreach (Node node in Row(filter, filter.Code is "bpe" or "sse" ? "" : " - not handled"))
                yield return node;
        foreach ((string code, string description) in EventFilters.Continues)
            yield return new Line(new Text($"{code,4} - {description} - handled"));
        yield return new Line(new Text(""));
        foreach (Node node in Row(filters.Other, " - not handled"))
            yield return node;
    }

    static IEnumerable<Node> Row(EventFilter filter, string handling)
    {
        yield return new Line(new Text($"{filter.Code,4} - {filter.Description} - {filter.ModeName}{handling}"));
        if (filter.Patterns.Count > 0)
            yield return new Line(new Text($"       (only break for {string.Join("; ", filter.Patterns)})"));
        if (filter.Command.Length > 0)
            yield return new Line(new Text($"       Command: \"{filter.Command}\""));
        if (filter.SecondCommand.Length > 0)
            yield return new Line(new Text($"       Second command: \"{filter.SecondCommand}\""));
    }

    static void Set(Arguments arguments, DebuggerSession session, EventFilter filter)
    {
        FilterMode mode = arguments.Name[2] switch
        {
            'e' => FilterMode.Break,
            'd' => FilterMode.SecondChance,
            'n' => FilterMode.Notify,
            'i' => FilterMode.Ignore,
            _ => filter.Mode,
        };
        if (filter.Code == "bug" && mode != FilterMode.Break)
        {
            if (arguments.Event == "*")
                return;
            throw new CommandException("A bug check always stops the target: there is nothing to go on with");
        }
        EventRestriction? restriction = arguments.Pattern.Length > 0 && filter.Kernel is { } kernel
            ? EventRestriction.Parse(session, kernel, arguments.Pattern) : null;
        filter.Command = arguments.Command ?? filter.Command;
        filter.SecondCommand = arguments.SecondCommand ?? filter.SecondCommand;
        if (arguments.Name == "sx-")
            return;
        if (arguments.Pattern.Length == 0 || mode != filter.Mode)
            filter.Unrestrict();
        filter.Choose(mode);
        if (arguments.Pattern.Length == 0 || filter.Patterns.Contains(arguments.Pattern))
            return;
        filter.Patterns.Add(arguments.Pattern);
        if (restriction is not null)
            filter.Restrictions.Add(restriction);
    }

    /// <summary><c>*</c> is what no row is for; the rows keep what they are.</summary>
    static IEnumerable<EventFilter> Chosen(Arguments arguments, EventFilters filters)
    {
        if (arguments.Event == "*")
            return [filters.Other, .. filters.All.Where(f => f.Exception != 0)];
        if (filters.Find(arguments.Event) is { } known)
            return [known];
        if (EventFilters.Continues.Any(c => c.Code.Equals(arguments.Event, StringComparison.OrdinalIgnoreCase)))
            throw new CommandException($"{arguments.Event}: how the target goes on after a stop cannot be changed");
        string digits = arguments.Event.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? arguments.Event[2..] : arguments.Event;
        return uint.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint code)
            ? [filters.ForException(code, create: true)]
            : throw arguments.Wrong;
    }

    public IEnumerable<Node> Explain()
    {
        yield return new Line(new Text("    Events, and what a pattern after the colon is compared with:"));
        yield return new Line(new Text("      ld ud             the module's name; patterns with * and ?"));
        yield return new Line(new Text("      out               what the target prints"));
        foreach (KernelEventType type in KernelEventType.All)
            yield return new Line(new Text($"      {type.Code,-5} {type.Description,-26} {string.Join(", ", type.Fields.Select(f => f.Name))}"));
        yield return new Line(new Text("    A pattern for these is [field] comparison value, several with commas; alone, a value means the first field:"));
        yield return new Line(new Text("      sxe irp:device=*Pulse0,major=READ   sxe irql:>=DISPATCH   sxe dpc:pulse!*   sxe pool:tag=Puls,size>100"));
    }
}
