using System.Globalization;
using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>?</c>: evaluates with the default evaluator; alone it lists the commands.</summary>
[Command("?", "? [expression]", "Evaluate an expression", Example = "? nt!IofCompleteRequest + 4")]
public sealed class Evaluate : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Text.Length == 0)
        {
            foreach (Node node in Help.List(session))
                yield return node;
            yield break;
        }
        ulong value;
        if (session.Options.PrefersCpp)
            value = session.Evaluate(arguments.Text);
        else
        {
            value = session.Masm.EvaluatePrefix(arguments.Text, out int used);
            if (arguments.Text.AsSpan(used).Trim().Length > 0)
                throw new CommandSyntaxException("Extra character", 2 + used, $"? {arguments.Text}");
            session.Pseudo.LastExpression = value;
        }
        yield return new Line(new Text($"Evaluate expression: {(long)value} = {Addresses.Accent(value)}"));
    }
}

/// <summary><c>n</c>: the radix of numbers without a prefix.</summary>
[Command("n", "n [8|10|16]", "Set or show the number base", Example = "n")]
public sealed class NumberBase : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Text.Length > 0)
            session.Options.Radix = arguments.Text is "8" or "10" or "16" ? int.Parse(arguments.Text) : throw arguments.Wrong("Syntax", 1);
        yield return new Line(new Text($"base is {session.Options.Radix}"));
    }
}

/// <summary><c>.expr</c>: the default evaluator.</summary>
[Command(".expr", ".expr [/s masm|c++] [/q]", "Show or set the default evaluator", Example = ".expr")]
public sealed class ChooseEvaluator : TextCommand
{
    const string Masm = "MASM - Microsoft Assembler expressions";
    const string Cpp = "C++ - C++ source expressions";

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Text == "/q")
        {
            yield return new Text($"Available expression evaluators:\n{Masm}\n{Cpp}\n");
        }
        else if (arguments.Text.StartsWith("/s ", StringComparison.Ordinal))
            session.Options.PrefersCpp = arguments.Text[3..].Trim().ToLowerInvariant() switch
            {
                "masm" => false,
                "c++" => true,
                _ => throw arguments.Wrong("Syntax", 3),
            };
        else if (arguments.Text.Length > 0)
            throw arguments.Wrong("Syntax", 1);
        yield return new Line(new Text($"Current expression evaluator: {(session.Options.PrefersCpp ? Cpp : Masm)}"));
    }
}

/// <summary><c>.formats</c>: a value in every form.</summary>
[Command(".formats", ".formats expression", "Show a number in several formats", Example = ".formats 5a4d")]
public sealed class ShowFormats : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ulong value = session.Evaluate(arguments.Text);
        StringBuilder binary = new(), chars = new();
        for (int shift = 56; shift >= 0; shift -= 8)
        {
            byte part = (byte)(value >> shift);
            binary.Append(Convert.ToString(part, 2).PadLeft(8, '0')).Append(shift > 0 ? " " : "");
            chars.Append(part is >= 0x20 and < 0x7f ? (char)part : '.');
        }
        yield return new Text(
            "Evaluate expression:\n" +
            $"  Hex:     {Addresses.Accent(value)}\n" +
            $"  Decimal: {(long)value}\n" +
            $"  Decimal (unsigned) : {value}\n" +
            $"  Octal:   {Octal(value)}\n" +
            $"  Binary:  {binary}\n" +
            $"  Chars:   {chars}\n" +
            $"  Time:    {Time(value)}\n" +
            $"  Float:   low {CNumbers.General(BitConverter.UInt32BitsToSingle((uint)value), 6)} " +
            $"high {CNumbers.General(BitConverter.UInt32BitsToSingle((uint)(value >> 32)), 6)}\n" +
            $"  Double:  {CNumbers.General(BitConverter.UInt64BitsToDouble(value), 6)}\n");
    }

    static string Octal(ulong value)
    {
        StringBuilder digits = new();
        for (int shift = 63; shift >= 0; shift -= 3)
            digits.Append((char)('0' + (value >> shift & 7)));
        return digits.ToString();
    }

    static string Time(ulong value)
    {
        if (value <= uint.MaxValue)
            return CTime(DateTime.UnixEpoch.AddSeconds(value));
        return value <= (ulong)DateTime.MaxValue.ToFileTimeUtc()
            ? string.Create(CultureInfo.InvariantCulture, $"{Dated(DateTime.FromFileTimeUtc((long)value))} (UTC + 0:00)")
            : "***** Invalid FILETIME";
    }

    static string CTime(DateTime t) => string.Create(CultureInfo.InvariantCulture, $"{t:ddd MMM dd HH:mm:ss yyyy}");

    static string Dated(DateTime t) => string.Create(CultureInfo.InvariantCulture, $"{t:ddd MMM dd HH:mm:ss.fff yyyy}");
}
