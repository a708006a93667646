using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>dds dqs dps</c> and the pointer-then-what-it-points-to family.</summary>
[Command("kd", "kd [count]", "Display the raw stack with symbols", Example = "kd 4")]
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
        (string text, bool physical, _) = MemoryOptions.Take(arguments.Text);
        return physical ? session.WithPhysicalMemory(() => Rows(arguments.Name, text, session)) : Rows(arguments.Name, text, session);
    }

    static IEnumerable<Node> Rows(string name, string text, DebuggerSession session)
    {
        LastDisplay last = LastDisplay.Of(session);
        if (name == "kd")
            (name, text) = ("dqs", $"@rsp L{(text.Length == 0 ? "10" : text)}");
        int unit = name[1] == 'd' ? 4 : 8;
        last.Kind = name;
        AddressRange range = last.Range(session, text, unit, (ulong)(128 / unit));
        for (ulong at = range.Start; at - range.Start < range.Length; at += (ulong)unit)
        {
            bool read = session.TryReadInteger(at, unit, out ulong value);
            string shown = !read ? unit == 8 ? "????????`????????" : "????????" : unit == 8 ? Addresses.Accent(value)
                : value.ToString("x8");
            string more = read ? Referenced(session, name[2], value) : "";
            yield return new Line(new Text($"{Addresses.Accent(at)}  {shown}{more}"));
            last.Next = at + (ulong)unit;
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
