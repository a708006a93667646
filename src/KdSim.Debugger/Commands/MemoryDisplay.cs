using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>d*</c>: memory in rows. Unreadable memory shows as question marks and is no error.</summary>
[Command("d", "d [range]", "Display memory as the last d command did", Example = "d")]
[Command("db", "db [/p] [/cN] [range]", "Display bytes and ASCII", Example = "db @rsp")]
[Command("dc", "dc [/p] [/cN] [range]", "Display doublewords and ASCII", Example = "dc @rsp")]
[Command("dd", "dd [/p] [/cN] [range]", "Display doublewords", Example = "dd @rsp L4")]
[Command("dD", "dD [/p] [/cN] [range]", "Display double-precision numbers", Example = "dD @rsp L3")]
[Command("df", "df [/p] [/cN] [range]", "Display single-precision numbers", Example = "df @rsp L4")]
[Command("dp", "dp [/p] [/cN] [range]", "Display pointer-sized values", Example = "dp @rsp")]
[Command("dq", "dq [/p] [/cN] [range]", "Display quadwords", Example = "dq @rsp")]
[Command("dw", "dw [/p] [/cN] [range]", "Display words", Example = "dw @rsp")]
[Command("dW", "dW [/p] [/cN] [range]", "Display words and ASCII", Example = "dW @rsp")]
[Command("dyb", "dyb [/p] [/cN] [range]", "Display bytes in binary and hexadecimal", Example = "dyb @rsp L8")]
[Command("dyd", "dyd [/p] [/cN] [range]", "Display doublewords in binary and hexadecimal", Example = "dyd @rsp L2")]
public sealed class DisplayMemory : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        LastDisplay last = LastDisplay.Of(session);
        if (arguments.Name == "d" && MemoryRows.Find(last.Kind) is null)
        {
            session.RunNested($"{last.Kind} {arguments.Text}");
            yield break;
        }
        string kind = last.Kind = arguments.Name == "d" ? last.Kind : arguments.Name;
        MemoryRows rows = MemoryRows.Find(kind)!;
        (string text, bool physical, int columns) = MemoryOptions.Take(arguments.Text);
        AddressRange range = last.Range(session, text, rows.Unit, rows.DefaultCount);
        if (rows.Header.Length > 0)
            yield return new Text(rows.Header);
        ulong row = (ulong)((columns > 0 ? columns : rows.Columns) * rows.Unit);
        for (ulong at = 0; at < range.Length; at += row)
        {
            byte[] bytes = new byte[Math.Min(row, range.Length - at)];
            int length = physical ? session.Target.ReadPhysical(range.Start + at, bytes) : session.Read(range.Start + at, bytes);
            yield return new Line(new Text($"{Addresses.Accent(range.Start + at)}  {rows.Format(bytes, length, (int)row)}"));
            last.Next = range.Start + at + (ulong)bytes.Length;
        }
        ulong shown = range.Length / (ulong)rows.Unit;
        session.Pseudo.LastData = shown > 0 && session.TryReadInteger(range.Start + (shown - 1) * (ulong)rows.Unit, rows.Unit, out ulong value)
            ? value : 0;
    }
}

/// <summary><c>da du</c>: text up to its NUL.</summary>
[Command("da", "da [range]", "Display ASCII text", Example = "da @rsp")]
[Command("du", "du [range]", "Display Unicode text", Example = "du @rsp")]
public sealed class DisplayText : TextCommand
{
    const int CharactersInRow = 48;

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        LastDisplay last = LastDisplay.Of(session);
        last.Kind = arguments.Name;
        (string text, bool physical, int columns) = MemoryOptions.Take(arguments.Text);
        if (physical)
            throw new CommandException($"{arguments.Name} /p is not supported: db /p shows physical memory");
        int unit = arguments.Name == "du" ? 2 : 1, width = columns > 0 ? columns : CharactersInRow;
        AddressRange range = last.Range(session, text, unit, 0);
        ulong at = range.Start, end = range.IsExplicit ? range.Start + range.Length : ulong.MaxValue;
        bool done = false;
        while (!done && at < end)
        {
            StringBuilder row = new();
            ulong start = at;
            while (row.Length < width && at < end && !done)
            {
                if (!session.TryReadInteger(at, unit, out ulong c))
                {
                    row.Append(row.Length == 0 ? new string('?', unit * 2) : "");
                    done = true;
                    break;
                }
                at += (ulong)unit;
                done = c == 0;
                if (!done)
                    row.Append(c is >= 0x20 and < 0x7f ? (char)c : '.');
            }
            // A string that fills its last row to the end has no empty row behind it.
            if (row.Length > 0 || start == range.Start)
                yield return new Line(new Text($"{Addresses.Accent(start)}  \"{row}\""));
        }
        last.Next = at;
    }
}
