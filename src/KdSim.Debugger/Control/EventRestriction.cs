using KdSim.Debugger.Breakpoints;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Control;

/// <summary>
/// What restricts a kernel event (<c>irp:device=*Pulse0,major=READ</c>): conditions on its fields, all of which must hold. A condition is a
/// field, a comparison and a value; the value is a pattern for the field's names, or a number.
/// </summary>
public sealed class EventRestriction
{
    static readonly string[] Comparisons = ["==", "!=", "<=", ">=", "=", "<", ">"];

    readonly List<Condition> _conditions = [];

    sealed record Condition(EventField Field, string Comparison, string Wanted, ulong? Number)
    {
        public bool Holds(DebuggerSession session, IReadOnlyList<ulong> values)
        {
            EventFieldValue value = Field.Read(session, values);
            bool same = Number == value.Number || value.Names.Any(n => n.Length > 0 && Wildcard.Matches(Wanted, n));
            return Comparison switch
            {
                "=" or "==" => same,
                "!=" => !same,
                "<" => value.Number < Number,
                "<=" => value.Number <= Number,
                ">" => value.Number > Number,
                _ => value.Number >= Number,
            };
        }
    }

    EventRestriction(string text) => Text = text;

    /// <summary>As it was typed.</summary>
    public string Text { get; }

    public bool Holds(DebuggerSession session, IReadOnlyList<ulong> values) => _conditions.All(c => c.Holds(session, values));

    /// <summary>Reads what follows the colon; an unknown field, or a comparison with what is no number, is an error that says so.</summary>
    public static EventRestriction Parse(DebuggerSession session, KernelEventType type, string text)
    {
        EventRestriction restriction = new(text);
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            restriction._conditions.Add(ParseCondition(session, type, part));
        return restriction;
    }

    static Condition ParseCondition(DebuggerSession session, KernelEventType type, string text)
    {
        int at = text.IndexOfAny(['=', '!', '<', '>']);
        string comparison = at < 0 ? "" : Comparisons.FirstOrDefault(c => string.CompareOrdinal(text, at, c, 0, c.Length) == 0) ?? "";
        // A bang that compares nothing belongs to a symbol: pulse!PulseIsr.
        string name = comparison.Length == 0 ? "" : text[..at].Trim();
        string wanted = comparison.Length == 0 ? text : text[(at + comparison.Length)..].Trim();
        EventField field = name.Length == 0 ? Default(type, wanted) : type.Fields.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new CommandException($"{type.Code}: there is no field '{name}'; there are {string.Join(", ", type.Fields.Select(f => f.Name))}");
        ulong? number = NumberOf(session, field, wanted);
        if (comparison is "<" or "<=" or ">" or ">=" && number is null)
            throw new CommandException($"{type.Code}: '{wanted}' is not a number");
        return new Condition(field, comparison.Length == 0 ? "=" : comparison, wanted, number);
    }

    /// <summary>The first field; raise and lower speak of the direction.</summary>
    static EventField Default(KernelEventType type, string wanted) =>
        wanted is "raise" or "lower" && type.Fields.FirstOrDefault(f => f.Name == "direction") is { } direction ? direction : type.Fields[0];

    static ulong? NumberOf(DebuggerSession session, EventField field, string text)
    {
        if (field.IsIrql)
            return IrqlConditions.Level(text);
        try
        {
            return Wildcard.HasAny(text) || text.StartsWith('\\') ? null : session.Masm.Evaluate(text);
        }
        catch (CommandException)
        {
            return null;
        }
    }
}
