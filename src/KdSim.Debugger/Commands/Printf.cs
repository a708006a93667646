using System.Globalization;
using System.Text;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>.printf</c>: C's conversions, and the debugger's own for addresses, strings and symbols. No line end is added.</summary>
[Command(".printf", ".printf [/D] \"format\", argument, ...", "Print formatted text", Example = ".printf \"%y\\n\", @rip")]
public sealed class Printf : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        bool links = false;
        while (text.StartsWith('/'))
        {
            int blank = text.IndexOf(' ');
            if (blank < 0)
                throw arguments.Wrong("Syntax", text.Length);
            links |= text[..blank] == "/D";
            text = text[blank..].TrimStart();
        }
        if (text.Length == 0 || text[0] != '"')
            throw arguments.Wrong("Syntax", 1);
        (string format, int end) = Quoted.Read(text);
        List<ulong> values = [];
        string rest = text[end..].TrimStart();
        while (rest.StartsWith(','))
        {
            values.Add(session.EvaluatePrefix(rest[1..], out int used));
            rest = rest[(1 + used)..].TrimStart();
        }
        if (rest.Length > 0)
            throw arguments.Wrong("Syntax", arguments.Text.Length - rest.Length + 1);
        string output = Formatted(session, format, values);
        if (!links)
        {
            yield return new Text(output);
            yield break;
        }
        foreach (Node node in Markup.Parse(output))
            yield return node;
    }

    static string Formatted(DebuggerSession session, string format, List<ulong> values)
    {
        StringBuilder output = new();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                output.Append(format[i]);
                continue;
            }
            if (format[i + 1] == '%')
            {
                output.Append('%');
                i++;
                continue;
            }
            Conversion conversion = Conversion.Read(format, ref i, () => next < values.Count ? (int)values[next++] : 0);
            if (next >= values.Count)
                throw new CommandException("Not enough arguments for the format string");
            output.Append(conversion.Apply(session, values[next++]));
        }
        return output.ToString();
    }
}

/// <summary>One <c>%</c> conversion.</summary>
/// <param name="Bytes">1, 2 or 8 where a modifier says so, else 4.</param>
sealed record Conversion(string Flags, int Width, int Precision, int Bytes, bool Long, string Kind)
{
    public static Conversion Read(string format, ref int i, Func<int> star)
    {
        int at = i + 1;
        int start = at;
        while (at < format.Length && format[at] is '-' or '+' or ' ' or '#' or '0')
            at++;
        string flags = format[start..at];
        int width = Number(format, ref at, star), precision = -1;
        if (at < format.Length && format[at] == '.')
        {
            at++;
            precision = Number(format, ref at, star);
        }
        int bytes = 4;
        bool isLong = false;
        if (string.CompareOrdinal(format, at, "I64", 0, 3) == 0)
            (bytes, at) = (8, at + 3);
        else if (string.CompareOrdinal(format, at, "I32", 0, 3) == 0)
            at += 3;
        while (at < format.Length && format[at] is 'l' or 'h' && !(format[at] == 'l' && at + 1 < format.Length && format[at + 1] == 'y'))
        {
            bytes = format[at] == 'h' ? bytes == 2 ? 1 : 2 : isLong ? 8 : bytes;
            isLong |= format[at++] == 'l';
        }
        string kind = "";
        foreach (string known in (ReadOnlySpan<string>)["msa", "msu", "ma", "mu", "ly"])
            if (string.CompareOrdinal(format, at, known, 0, known.Length) == 0)
            {
                kind = known;
                break;
            }
        if (kind.Length == 0)
            kind = at < format.Length ? format[at].ToString() : "";
        i = at + Math.Max(kind.Length, 1) - 1;
        return new Conversion(flags, Math.Min(width, 4096), Math.Min(precision, 4096), bytes, isLong, kind);
    }

    static int Number(string format, ref int at, Func<int> star)
    {
        if (at < format.Length && format[at] == '*')
        {
            at++;
            return star();
        }
        int value = 0;
        while (at < format.Length && char.IsDigit(format[at]) && value < 100000)
            value = value * 10 + format[at++] - '0';
        return value;
    }

    public string Apply(DebuggerSession session, ulong value)
    {
        ulong narrow = Bytes == 8 ? value : value & (1UL << (Bytes * 8)) - 1;
        string text = Kind switch
        {
            "d" or "i" => Signed((long)(value << (64 - Bytes * 8)) >> (64 - Bytes * 8)),
            "u" => Digits(narrow.ToString(CultureInfo.InvariantCulture)),
            "x" => (Flags.Contains('#') ? "0x" : "") + Digits(narrow.ToString("x")),
            "X" => (Flags.Contains('#') ? "0X" : "") + Digits(narrow.ToString("X")),
            "o" => Digits(Convert.ToString((long)narrow, 8)),
            "p" => value.ToString("x16"),
            "P" => value.ToString("X16"),
            "N" => value.ToString("x16"),
            "c" => ((char)(byte)value).ToString(),
            "C" => ((char)(ushort)value).ToString(),
            "s" or "ma" => Cut(session.ReadAnsi(value)),
            "S" or "mu" => Cut(session.ReadUnicode(value, 4096).Split('\0')[0]),
            "msa" => session.TryReadInteger(value, 2, out ulong n) && session.TryReadPointer(value + 8, out ulong a)
                ? session.ReadAnsi(a, (int)n) : "",
            "msu" => session.TryReadInteger(value, 2, out ulong n) && session.TryReadPointer(value + 8, out ulong a)
                ? session.ReadUnicode(a, (int)n) : "",
            "y" => session.SymbolAt(value),
            "ly" => session.SymbolAt(value) + (session.Modules.LineAt(value) is { } line ? $" [{line.File} @ {line.Line}]" : ""),
            "e" => CNumbers.Scientific(Real(value), Precision < 0 ? 6 : Precision),
            "E" => CNumbers.Scientific(Real(value), Precision < 0 ? 6 : Precision).ToUpperInvariant(),
            "f" => CNumbers.Fixed(Real(value), Precision < 0 ? 6 : Precision),
            "G" => CNumbers.General(Real(value), Precision < 0 ? 6 : Precision).ToUpperInvariant(),
            "g" => CNumbers.General(Real(value), Precision < 0 ? 6 : Precision),
            _ => throw new CommandException($"Unknown conversion %{Kind} in the format string"),
        };
        if (Flags.Contains('-'))
            return text.PadRight(Width);
        bool zero = Flags.Contains('0') && Kind is "d" or "i" or "u" or "x" or "X" or "o" or "f" or "e" or "E" or "g" or "G";
        if (!zero || text.Length >= Width)
            return text.PadLeft(Width);
        return text.StartsWith('-') ? "-" + text[1..].PadLeft(Width - 1, '0') : text.PadLeft(Width, '0');
    }

    string Signed(long value)
    {
        string digits = Digits(((UInt128)(value < 0 ? -(Int128)value : value)).ToString(CultureInfo.InvariantCulture));
        return value < 0 ? "-" + digits : Flags.Contains('+') ? "+" + digits : Flags.Contains(' ') ? " " + digits : digits;
    }

    string Digits(string digits) => Precision > 0 ? digits.PadLeft(Precision, '0') : digits;

    string Cut(string text) => Precision >= 0 && text.Length > Precision ? text[..Precision] : text;

    double Real(ulong value) => Long ? BitConverter.UInt64BitsToDouble(value) : BitConverter.UInt32BitsToSingle((uint)value);
}

/// <summary>C string literals of command lines.</summary>
static class Quoted
{
    /// <summary>The text of the literal at the start, and how long the literal is.</summary>
    public static (string Value, int Length) Read(string text)
    {
        StringBuilder value = new();
        int i = 1;
        for (; i < text.Length && text[i] != '"'; i++)
        {
            if (text[i] != '\\' || i + 1 >= text.Length)
            {
                value.Append(text[i]);
                continue;
            }
            i++;
            value.Append(text[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', char c => c });
        }
        return i < text.Length ? (value.ToString(), i + 1) : throw new CommandException($"Syntax error at '{text}'");
    }
}

/// <summary>The little markup of <c>.printf /D</c>: links become nodes, the rest loses its tags.</summary>
static class Markup
{
    public static IEnumerable<Node> Parse(string text)
    {
        int at = 0;
        while (at < text.Length)
        {
            int open = text.IndexOf('<', at);
            if (open < 0)
                break;
            if (open > at)
                yield return new Text(Unescape(text[at..open]));
            int close = text.IndexOf('>', open);
            if (close < 0)
            {
                at = open;
                break;
            }
            string tag = text[(open + 1)..close];
            at = close + 1;
            if (!tag.StartsWith("link", StringComparison.OrdinalIgnoreCase) && !tag.StartsWith("exec", StringComparison.OrdinalIgnoreCase))
                continue;
            int from = tag.IndexOf('"'), to = tag.LastIndexOf('"');
            int end = text.IndexOf($"</{tag[..4]}>", at, StringComparison.OrdinalIgnoreCase);
            if (from < 0 || to <= from || end < 0)
                continue;
            yield return new Link(Unescape(text[at..end]), Unescape(tag[(from + 1)..to]));
            at = end + tag[..4].Length + 3;
        }
        if (at < text.Length)
            yield return new Text(Unescape(text[at..]));
    }

    static string Unescape(string text) => text.Replace("&lt;", "<").Replace("&gt;", ">").Replace("&quot;", "\"").Replace("&amp;", "&");
}
