using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>e*</c>: writes values or text.</summary>
[Command("e", "e address [values]", "Enter values as the last e command did")]
[Command("ea", "ea address \"text\"", "Enter ASCII text")]
[Command("eb", "eb [/p] address values", "Enter bytes")]
[Command("ed", "ed [/p] address values", "Enter doublewords", Example = "ed nt!Kd_DEFAULT_Mask f")]
[Command("ep", "ep [/p] address values", "Enter pointer-sized values")]
[Command("eq", "eq [/p] address values", "Enter quadwords")]
[Command("eu", "eu address \"text\"", "Enter Unicode text")]
[Command("ew", "ew [/p] address values", "Enter words")]
[Command("eza", "eza address \"text\"", "Enter ASCII text and a NUL")]
[Command("ezu", "ezu address \"text\"", "Enter Unicode text and a NUL")]
[Command("ef", "ef address values", "Enter single-precision numbers")]
[Command("eD", "eD address values", "Enter double-precision numbers")]
public sealed class EnterMemory : TextCommand
{
    static readonly ConditionalWeakTable<DebuggerSession, StrongBox<string>> Last = [];

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        StrongBox<string> last = Last.GetValue(session, static _ => new("eb"));
        string kind = last.Value = arguments.Name == "e" ? last.Value! : arguments.Name;
        (string text, bool physical, _) = MemoryOptions.Take(arguments.Text);
        ulong address = session.EvaluatePrefix(text, out int used);
        string values = text[used..].TrimStart(' ', ',', '\t');
        if (values.Length > 0)
        {
            session.Write(address, Bytes(session, kind, values), physical);
            yield break;
        }
        if (IsText(kind))
        {
            string line = session.ReadInput("Input> ");
            if (line.Length > 0)
                session.Write(address, Bytes(session, kind, line), physical);
            yield break;
        }
        // Unit by unit, until an empty line; a line of blanks keeps what is there.
        for (int unit = UnitOf(kind); ; address += (ulong)unit)
        {
            byte[] old = new byte[unit];
            bool readable = (physical ? session.Target.ReadPhysical(address, old) : session.Read(address, old)) == unit;
            Array.Reverse(old);
            yield return new Text($"{Addresses.Accent(address)} {(readable ? Convert.ToHexStringLower(old) : new string('?', unit * 2))} ");
            string line = session.ReadInput("Input> ");
            if (line.Length == 0)
                yield break;
            if (line.Trim().Length > 0)
                session.Write(address, Bytes(session, kind, line.Trim()), physical);
        }
    }

    static bool IsText(string name) => name is "ea" or "eza" or "eu" or "ezu";

    static int UnitOf(string name) => name switch { "eb" => 1, "ew" => 2, "ed" or "ef" => 4, _ => 8 };

    static byte[] Bytes(DebuggerSession session, string name, string values)
    {
        if (IsText(name))
        {
            string text = values.Trim().Trim('"') + (name.Length == 3 ? "\0" : "");
            return name[^1] == 'a' ? Encoding.Latin1.GetBytes(text) : Encoding.Unicode.GetBytes(text);
        }
        return MemoryValues.Parse(session, values, UnitOf(name), name is "ef" or "eD");
    }
}

/// <summary>Lists of values: <c>1 2 'abc' "text"</c>.</summary>
static class MemoryValues
{
    public static byte[] Parse(DebuggerSession session, string values, int unit, bool floats = false)
    {
        List<byte> bytes = [];
        byte[] cell = new byte[8];
        while ((values = values.TrimStart(' ', ',', '\t')).Length > 0)
        {
            if (values[0] is '"' || values[0] == '\'' && unit == 1)
            {
                int end = values.IndexOf(values[0], 1);
                if (end < 0)
                    throw new CommandException($"Syntax error at '{values}'");
                bytes.AddRange(Encoding.Latin1.GetBytes(values[1..end]));
                values = values[(end + 1)..];
                continue;
            }
            ulong value;
            if (floats)
            {
                string word = values.Split(' ')[0];
                if (!double.TryParse(word, System.Globalization.CultureInfo.InvariantCulture, out double number))
                    throw new CommandException($"Numeric expression missing from '{values}'");
                value = unit == 4 ? BitConverter.SingleToUInt32Bits((float)number) : BitConverter.DoubleToUInt64Bits(number);
                values = values[word.Length..];
            }
            else
            {
                value = session.EvaluatePrefix(values, out int used);
                if (unit < 8 && value >> (unit * 8) is not 0 && (long)value >> (unit * 8 - 1) != -1)
                    throw new CommandException($"Overflow error at '{values}'");
                values = values[used..];
            }
            BinaryPrimitives.WriteUInt64LittleEndian(cell, value);
            bytes.AddRange(cell.AsSpan(0, unit));
        }
        return [.. bytes];
    }
}

/// <summary><c>f</c>: fills a range with a repeated pattern of bytes.</summary>
[Command("f", "f range pattern", "Fill memory with bytes")]
[Command("fp", "fp range pattern", "Fill physical memory with bytes")]
public sealed class FillMemory : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        if (arguments.Name == "fp" && text.StartsWith('[') && text.IndexOf(']') is int close && text[1..Math.Max(close, 1)] is "c" or "uc" or "wc")
            text = text[(close + 1)..].TrimStart();
        AddressRange range = AddressRange.Parse(session, text, 1, 1, out string rest);
        byte[] pattern = MemoryValues.Parse(session, rest, 1);
        if (pattern.Length == 0)
            throw arguments.Wrong("Syntax", arguments.Text.Length);
        byte[] bytes = new byte[range.Length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = pattern[i % pattern.Length];
        session.Write(range.Start, bytes, physical: arguments.Name == "fp");
        yield return new Line(new Text($"Filled 0x{range.Length:x} bytes"));
    }
}

/// <summary><c>m</c>: copies a range; overlap does not matter.</summary>
[Command("m", "m range address", "Move memory")]
public sealed class MoveMemory : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        AddressRange range = AddressRange.Parse(session, arguments.Text, 1, 1, out string rest);
        ulong target = session.Evaluate(rest);
        byte[] bytes = new byte[range.Length];
        int length = session.Read(range.Start, bytes);
        if (length != bytes.Length)
            throw new CommandException($"Memory access error at {Addresses.Accent(range.Start + (ulong)length)}");
        session.Write(target, bytes);
        yield break;
    }
}

/// <summary><c>c</c>: shows the bytes that differ.</summary>
[Command("c", "c range address", "Compare memory")]
public sealed class CompareMemory : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        AddressRange range = AddressRange.Parse(session, arguments.Text, 1, 1, out string rest);
        ulong other = session.Evaluate(rest);
        byte[] left = new byte[4096], right = new byte[4096];
        for (ulong at = 0; at < range.Length; at += 4096)
        {
            int want = (int)Math.Min(4096, range.Length - at);
            int length = Math.Min(session.Read(range.Start + at, left.AsSpan(0, want)), session.Read(other + at, right.AsSpan(0, want)));
            for (int i = 0; i < length; i++)
                if (left[i] != right[i])
                    yield return new Line(new Text($"{Addresses.Accent(range.Start + at + (ulong)i)}  {left[i]:x2} - " +
                        $"{Addresses.Accent(other + at + (ulong)i)}  {right[i]:x2}"));
            if (length < want)
                throw new CommandException($"Memory access error at {Addresses.Accent(range.Start + at + (ulong)length)}");
        }
    }
}
