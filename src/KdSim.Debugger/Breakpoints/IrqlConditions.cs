using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Breakpoints;

/// <summary>The words of <c>bi</c>: <c>raise</c>, <c>lower</c>, comparisons, and levels by number or name.</summary>
public static class IrqlConditions
{
    static readonly (string Name, byte Level)[] Names =
    [
        ("PASSIVE", 0), ("APC", 1), ("DISPATCH", 2), ("CMCI", 5), ("CLOCK", 13), ("IPI", 14), ("POWER", 14), ("DRS", 14), ("PROFILE", 15),
            ("HIGH", 15),
    ];

    static readonly (string Text, IrqlComparison Comparison)[] Comparisons =
    [
        ("==", IrqlComparison.Equal), ("!=", IrqlComparison.NotEqual), ("<=", IrqlComparison.LessOrEqual),
        (">=", IrqlComparison.GreaterOrEqual), ("<", IrqlComparison.Less), (">", IrqlComparison.Greater), ("=", IrqlComparison.Equal),
    ];

    /// <summary>The comparison that a text begins with, and its length; None when there is none.</summary>
    public static (IrqlComparison Comparison, int Length) Comparison(string text)
    {
        foreach ((string symbol, IrqlComparison comparison) in Comparisons)
            if (text.StartsWith(symbol, StringComparison.Ordinal))
                return (comparison, symbol.Length);
        return (IrqlComparison.None, 0);
    }

    /// <summary>A level: hex 0 to f, or a name with or without <c>_LEVEL</c>.</summary>
    public static byte Level(string text)
    {
        string name = text.EndsWith("_LEVEL", StringComparison.OrdinalIgnoreCase) ? text[..^6] : text;
        foreach ((string known, byte level) in Names)
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
                return level;
        if (byte.TryParse(text, System.Globalization.NumberStyles.HexNumber, null, out byte number) && number <= 15)
            return number;
        throw new CommandException($"'{text}' is no IRQL: 0 to f, or PASSIVE, APC, DISPATCH, CLOCK, IPI, HIGH");
    }

    public static string NameOf(byte level) => level switch
    {
        0 => "PASSIVE_LEVEL",
        1 => "APC_LEVEL",
        2 => "DISPATCH_LEVEL",
        13 => "CLOCK_LEVEL",
        14 => "IPI_LEVEL",
        15 => "HIGH_LEVEL",
        _ => "DEVICE_LEVEL",
    };

    /// <summary>As <c>bl</c> shows it: <c>irql raise == 2 (DISPATCH_LEVEL)</c>.</summary>
    public static string Describe(IrqlCondition condition, string? module) => $"irql {Words(condition, module, named: true)}".TrimEnd();

    /// <summary>The arguments of a <c>bi</c> that sets the condition again.</summary>
    public static string AsArguments(IrqlCondition condition, string? module) => Words(condition, module, named: false);

    static string Words(IrqlCondition condition, string? module, bool named)
    {
        List<string> words = [];
        if (condition.Processor is { } processor)
            words.Add($"/p {processor}");
        if (module is not null)
            words.Add($"/m {module}");
        if (condition.Direction != IrqlDirection.Any)
            words.Add(condition.Direction == IrqlDirection.Raise ? "raise" : "lower");
        if (condition.Comparison != IrqlComparison.None)
        {
            words.Add(Comparisons.First(c => c.Comparison == condition.Comparison).Text);
            words.Add(named ? $"{condition.Level:x} ({NameOf(condition.Level)})" : $"{condition.Level:x}");
        }
        return string.Join(' ', words);
    }
}
