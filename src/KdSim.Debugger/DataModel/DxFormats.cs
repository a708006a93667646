using System.Globalization;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.DataModel;

/// <summary>The format specifiers that stand behind the expression of <c>dx</c>.</summary>
static class DxFormats
{
    public static ModelFormat Parse(string specifiers)
    {
        ModelFormat format = ModelFormat.Default;
        foreach (string specifier in specifiers.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            format = specifier switch
            {
                "x" or "X" or "h" => format with { Radix = 16 },
                "d" or "i" => format with { Radix = 10 },
                "o" => format with { Radix = 8 },
                "b" or "bb" => format with { Radix = 2 },
                "en" => format with { EnumNamesOnly = true },
                "c" => format with { CharacterSize = 1 },
                "s" or "s8" or "su" => format with { Quotes = true },
                "sb" or "s8b" or "sub" or "na" => format with { Quotes = false },
                "!" or "nd" or "r" => format,
                _ when int.TryParse(specifier.Trim('[', ']'), NumberStyles.None, CultureInfo.InvariantCulture, out int most) => format with { Most = most },
                _ => throw new CommandException($"Error: '{specifier}' is not a format specifier"),
            };
        return format;
    }
}
