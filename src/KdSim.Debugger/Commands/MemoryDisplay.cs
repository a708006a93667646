using System.Globalization;
using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>d*</c>: memory in rows. Unreadable memory shows as question marks and is no error.</summary>
[Command("d", "d [range]", "Display memory as the last d command did", Example = "d")]
[Command("da", "da [range]", "Display ASCII text", Example = "da @rsp")]
[Command("db", "db [/p] [/cN] [range]", "Display bytes and ASCII", Example = "db @rsp")]
[Command("dc", "dc [/p] [/cN] [range]", "Display doublewords and ASCII", Example = "dc @rsp")]
[Command("dd", "dd [/p] [/cN] [range]", "Display doublewords", Example = "dd @rsp L4")]
[Command("dD", "dD [range]", "Display double-precision numbers")]
[Command("df", "df [range]", "Display single-precision numbers")]
[Command("dp", "dp [/p] [/cN] [range]", "Display pointer-sized values")]
[Command("dq", "dq [/p] [/cN] [range]", "Display quadwords", Example = "dq @rsp")]
[Command("du", "du [range]", "Display Unicode text")]
[Command("dw", "dw [/p] [/cN] [range]", "Display words")]
[Command("dW", "dW [range]", "Display words and ASCII")]
public sealed class DisplayMemory : TextCommand
{
    const ulong RowBytes = 16;
    const int CharactersInRow = 48;

    /// <summary>Where each session goes on, and how.</summary>
    sealed class Continuation
    {
        public ulong Next;
        public string Kind = "db";
    }

    static readonly System.Runtime.CompilerServices.ConditionalWeakTable<DebuggerSession, Continuation> Last = [];

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        Continuation last = Last.GetOrCreateValue(session);
        string kind = arguments.Name == "d" ? last.Kind : arguments.Name;
        last.Kind = kind;
        (string text, bool physical, int columns) = MemoryOptions.Take(arguments.Text);
        int unit = UnitOf(kind);
        ulong count = kind switch { "dw" or "dW" => 64, "dd" or "dc" => 32, "dq" or "dp" or "df" => 16, "dD" => 15, "da" or "du" => 0, _ =>
            128 };
        AddressRange range = text.Length == 0
            ? new AddressRange(last.Next != 0 ? last.Next : session.Rip, count * (ulong)unit, false)
            : AddressRange.Parse(session, text, unit, count, out _);
        session.Pseudo.LastData = session.TryReadInteger(range.Start, Math.Min(unit, 8), out ulong value) ? value : 0;
        if (kind is "da" or "du")
        {
            foreach (Node line in Strings(session, range, kind == "du", last))
                yield return line;
            yield break;
        }
        ulong row = columns > 0 ? (ulong)(columns * unit) : kind == "df" || kind == "dD" ? (ulong)unit : RowBytes;
        for (ulong at = 0; at < range.Length; at += row)
        {
            byte[] bytes = new byte[Math.Min(row, range.Length - at)];
            int length = physical ? session.Target.ReadPhysical(range.Start + at, bytes) : ReadSparse(session, range.Start + at, bytes);
            string start = physical ? $"#{range.Start + at:x8}" : Addresses.Accent(range.Start + at);
            yield return new Line(new Text($"{start}  {Row(kind, unit, bytes, length, (int)row)}"));
            last.Next = range.Start + at + (ulong)bytes.Length;
        }
    }

    static int ReadSparse(DebuggerSession session, ulong address, byte[] bytes) => session.Read(address, bytes);

    static int UnitOf(string kind) =>
        kind switch { "dw" or "dW" => 2, "du" => 2, "dd" or "dc" or "df" => 4, "dq" or "dp" or "dD" => 8, _ => 1 };

    static string Row(string kind, int unit, byte[] bytes, int readable, int rowBytes)
    {
        StringBuilder row = new();
        int count = (bytes.Length + unit - 1) / unit, whole = rowBytes / unit;
        for (int i = 0; i < whole; i++)
        {
            if (i > 0)
                row.Append(kind == "db" && i == 8 && i < count ? '-' : ' ');
            row.Append(i >= count ? new string(' ', Width(kind, unit)) : Cell(kind, unit, bytes, i * unit, readable));
        }
        if (kind is "db" or "dc" or "dW")
        {
            row.Append("  ");
            for (int i = 0; i < bytes.Length; i++)
                row.Append(i >= readable ? '?' : bytes[i] is >= 0x20 and < 0x7f ? (char)bytes[i] : '.');
        }
        return row.ToString().TrimEnd(' ');
    }

    static int Width(string kind, int unit) => unit == 8 ? 17 : kind is "df" ? 0 : unit * 2;

    static string Cell(string kind, int unit, byte[] bytes, int at, int readable)
    {
        if (at + unit > readable)
            return unit == 8 ? "????????`????????" : new string('?', unit * 2);
        ulong value = 0;
        for (int i = unit - 1; i >= 0; i--)
            value = value << 8 | bytes[at + i];
        return kind switch
        {
            "df" => $"{BitConverter.UInt32BitsToSingle((uint)value).ToString("G9", CultureInfo.InvariantCulture),16}",
            "dD" => $"{BitConverter.UInt64BitsToDouble(value).ToString("G17", CultureInfo.InvariantCulture),22}",
            _ => unit == 8 ? Addresses.Accent(value) : value.ToString("x" + unit * 2),
        };
    }

    static IEnumerable<Node> Strings(DebuggerSession session, AddressRange range, bool wide, Continuation last)
    {
        ulong at = range.Start;
        ulong end = range.IsExplicit ? range.Start + range.Length : ulong.MaxValue;
        int unit = wide ? 2 : 1;
        bool done = false;
        while (!done && at < end)
        {
            StringBuilder text = new();
            ulong start = at;
            while (text.Length < CharactersInRow && at < end)
            {
                if (!session.TryReadInteger(at, unit, out ulong c))
                {
                    if (text.Length == 0)
                        text.Append(new string('?', wide ? 4 : 2));
                    done = true;
                    break;
                }
                at += (ulong)unit;
                if (c == 0)
                {
                    done = true;
                    break;
                }
                text.Append(c is >= 0x20 and < 0x7f ? (char)c : '.');
            }
            yield return new Line(new Text($"{Addresses.Accent(start)}  \"{text}\""));
        }
        last.Next = at;
    }
}

/// <summary>The switches that <c>d*</c>, <c>e*</c> share.</summary>
static class MemoryOptions
{
    /// <summary>Takes <c>/p</c> (with its caching flag) and <c>/cN</c> off the front.</summary>
    public static (string Left, bool Physical, int Columns) Take(string text)
    {
        bool physical = false;
        int columns = 0;
        while (text.StartsWith('/'))
        {
            int end = text.IndexOf(' ');
            string option = end < 0 ? text : text[..end];
            if (option.StartsWith("/c", StringComparison.Ordinal) &&
                int.TryParse(option.AsSpan(2), NumberStyles.HexNumber, null, out int count))
                columns = Math.Clamp(count, 0, 64);
            else if (option.StartsWith("/p", StringComparison.Ordinal))
                physical = true;
            else
                throw new CommandSyntaxException("Syntax", 1, option);
            text = end < 0 ? "" : text[end..].TrimStart();
        }
        return (text, physical, columns);
    }
}

/// <summary><c>dds dqs dps</c> and the pointer-then-what-it-points-to family.</summary>
[Command("dds", "dds [range]", "Display doublewords with their symbols")]
[Command("dqs", "dqs [range]", "Display quadwords with their symbols")]
[Command("dps", "dps [range]", "Display pointers with their symbols", Example = "dps @rsp")]
[Command("dda", "dda [range]", "Display doublewords and the ASCII text that they point to")]
[Command("ddu", "ddu [range]", "Display doublewords and the Unicode text that they point to")]
[Command("ddp", "ddp [range]", "Display doublewords and the pointer that they point to")]
[Command("dqa", "dqa [range]", "Display quadwords and the ASCII text that they point to")]
[Command("dqu", "dqu [range]", "Display quadwords and the Unicode text that they point to")]
[Command("dqp", "dqp [range]", "Display quadwords and the pointer that they point to")]
[Command("dpa", "dpa [range]", "Display pointers and the ASCII text that they point to")]
[Command("dpu", "dpu [range]", "Display pointers and the Unicode text that they point to")]
[Command("dpp", "dpp [range]", "Display pointers and what they point to, with symbols")]
public sealed class DisplayReferenced : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        int unit = arguments.Name[1] == 'd' ? 4 : 8;
        AddressRange range = arguments.Text.Length == 0
            ? new AddressRange(session.Rip, 128, false)
            : AddressRange.Parse(session, arguments.Text, unit, (ulong)(128 / unit), out _);
        for (ulong at = range.Start; at - range.Start < range.Length; at += (ulong)unit)
        {
            bool read = session.TryReadInteger(at, unit, out ulong value);
            string shown = !read ? unit == 8 ? "????????`????????" : "????????" : unit == 8 ? Addresses.Accent(value)
                : value.ToString("x8");
            string more = read ? Referenced(session, arguments.Name[2], value) : "";
            yield return new Line(new Text($"{Addresses.Accent(at)}  {shown}{more}"));
        }
    }

    static string Referenced(DebuggerSession session, char kind, ulong value) => kind switch
    {
        's' => Name(session, value),
        'a' => session.TryReadInteger(value, 1, out _) ? $" \"{session.ReadAnsi(value, 128)}\"" : "",
        'u' => session.TryReadInteger(value, 2, out _) ? $" \"{session.ReadUnicode(value, 256).Split('\0')[0]}\"" : "",
        _ => session.TryReadPointer(value, out ulong pointed) ? $" {Addresses.Accent(pointed)}{Name(session, pointed)}" : "",
    };

    static string Name(DebuggerSession session, ulong value) =>
        session.Symbols.TryGetName(value, out string name, out ulong displacement)
            ? $" {name}{(displacement == 0 ? "" : $"+0x{displacement:x}")}" : "";
}

/// <summary><c>ds dS</c>: the text of a counted string structure.</summary>
[Command("ds", "ds address", "Display the text of an ANSI_STRING")]
[Command("dS", "dS address", "Display the text of a UNICODE_STRING")]
public sealed class DisplayCountedString : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ulong address = session.Evaluate(arguments.Text);
        if (!session.TryReadInteger(address, 2, out ulong length) || !session.TryReadPointer(address + 8, out ulong buffer))
            throw new CommandException($"Unable to read string structure at {Addresses.Accent(address)}");
        string text = arguments.Name == "dS" ? session.ReadUnicode(buffer, (int)length) : session.ReadAnsi(buffer, (int)length);
        yield return new Line(new Text($"{Addresses.Accent(buffer)}  \"{text}\""));
    }
}

/// <summary><c>dl</c>: the elements of a linked list.</summary>
[Command("dl", "dl[b] address [max [size]]", "Display the elements of a linked list")]
[Command("dlb", "dlb address [max [size]]", "Display the elements of a linked list backwards")]
public sealed class DisplayList : EngineCommand<DisplayList.Arguments>
{
    public sealed record Arguments(bool Backwards, string Address, string? Most, string? Size);

    protected override Arguments Parse(ArgumentReader reader) =>
        new(reader.Name == "dlb", reader.Expression() ?? throw new CommandSyntaxException("Syntax", 2, reader.Name), reader.Expression(),
            reader.Expression());

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        ulong head = session.Evaluate(arguments.Address), at = head;
        ulong most = arguments.Most is { } m ? session.Evaluate(m) : 32, size = arguments.Size is { } s ? session.Evaluate(s) : 2;
        for (ulong i = 0; i < most; i++)
        {
            StringBuilder row = new(Addresses.Accent(at) + " ");
            for (ulong k = 0; k < Math.Min(size, 16); k++)
                row.Append(session.TryReadPointer(at + k * 8, out ulong value) ? $" {Addresses.Accent(value)}" : " ????????`????????");
            yield return new Line(new Text(row.ToString()));
            if (!session.TryReadPointer(arguments.Backwards ? at + 8 : at, out at) || at == head || at == 0)
                yield break;
        }
    }
}
