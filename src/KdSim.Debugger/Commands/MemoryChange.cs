using System.Buffers.Binary;
using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>e*</c>: writes values or text.</summary>
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
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        (string text, bool physical, _) = MemoryOptions.Take(arguments.Text);
        ulong address = session.Masm.EvaluatePrefix(text, out int used);
        string values = text[used..].TrimStart(' ', ',', '\t');
        if (values.Length > 0)
        {
            session.Write(address, Bytes(session, arguments.Name, values), physical);
            yield break;
        }
        if (IsText(arguments.Name))
        {
            string line = session.ReadInput("Input> ");
            if (line.Length > 0)
                session.Write(address, Bytes(session, arguments.Name, line), physical);
            yield break;
        }
        // Unit by unit, until an empty line; a blank line of the pipe's end is one too.
        for (int unit = UnitOf(arguments.Name); ; address += (ulong)unit)
        {
            byte[] old = new byte[unit];
            bool readable = (physical ? session.Target.ReadPhysical(address, old) : session.Read(address, old)) == unit;
            Array.Reverse(old);
            yield return new Text($"{Addresses.Accent(address)} {(readable ? Convert.ToHexStringLower(old) : new string('?', unit * 2))} ");
            string line = session.ReadInput("Input> ");
            if (line.Length == 0)
                yield break;
            session.Write(address, Bytes(session, arguments.Name, line), physical);
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
                value = session.Masm.EvaluatePrefix(values, out int used);
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
        AddressRange range = AddressRange.Parse(session, arguments.Text, 1, 1, out string rest);
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

/// <summary><c>s</c>: searches for bytes, values or text.</summary>
[Command("s", "s [-[flags]b|w|d|q|a|u] range pattern", "Search memory", Example = "s -a nt L1000 \"PE\"")]
public sealed class SearchMemory : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        char type = 'b';
        bool addressesOnly = false;
        if (text.StartsWith('-'))
        {
            int blank = text.IndexOf(' ');
            if (blank < 0)
                throw arguments.Wrong("Syntax", text.Length);
            string option = text[1..blank];
            if (option.StartsWith('[') && option.IndexOf(']') is int close && close > 0)
            {
                addressesOnly = option[..close].Contains('1');
                option = option[(close + 1)..];
            }
            if (option is not ("b" or "w" or "d" or "q" or "a" or "u"))
                throw arguments.Wrong("Syntax", 1);
            type = option[0];
            text = text[blank..].TrimStart();
        }
        int unit = type switch { 'w' => 2, 'd' => 4, 'q' => 8, _ => 1 };
        AddressRange range = AddressRange.Parse(session, text, unit, 0, out string rest);
        byte[] pattern = type switch
        {
            'a' => Encoding.Latin1.GetBytes(rest.Trim('"')),
            'u' => Encoding.Unicode.GetBytes(rest.Trim('"')),
            _ => MemoryValues.Parse(session, rest, unit),
        };
        if (pattern.Length == 0)
            throw arguments.Wrong("Syntax", arguments.Text.Length);
        foreach (ulong hit in Hits(session, range, pattern, unit))
        {
            if (addressesOnly)
                yield return new Line(new Text($"0x{Addresses.Accent(hit)}"));
            else
                yield return new Text(session.Capture(() =>
                    session.RunNested($"{Display(type)} 0x{hit:x} L{16 / Math.Max(unit, type == 'u' ? 2 : 1):x}")));
        }
    }

    static string Display(char type) => type switch { 'w' => "dW", 'd' => "dc", 'q' => "dq", 'u' => "dW", _ => "db" };

    static IEnumerable<ulong> Hits(DebuggerSession session, AddressRange range, byte[] pattern, int unit)
    {
        byte[] buffer = new byte[0x10000 + pattern.Length];
        for (ulong at = 0; at < range.Length;)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            int want = (int)Math.Min((ulong)buffer.Length, range.Length - at);
            int length = session.Read(range.Start + at, buffer.AsSpan(0, want));
            for (int i = 0; i + pattern.Length <= length; i++)
            {
                int found = buffer.AsSpan(i, length - i).IndexOf(pattern);
                if (found < 0)
                    break;
                i += found;
                if (i + pattern.Length > 0x10000 + pattern.Length - 1 && want == buffer.Length)
                    break;
                if ((range.Start + at + (ulong)i) % (ulong)unit == 0)
                    yield return range.Start + at + (ulong)i;
            }
            // A page that is not there is skipped; a full buffer overlaps the next by the pattern's length.
            at = length < want ? (range.Start + at + (ulong)length & ~0xfffUL) + 0x1000 - range.Start : want == buffer.Length ? at + 0x10000
                : range.Length;
        }
    }
}
