using System.Runtime.CompilerServices;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>.holdmem</c>: keeps copies of ranges and compares other ranges with them.</summary>
[Command(".holdmem", ".holdmem {-a range | -d range|address | -D | -o | -c range}", "Hold and compare memory", Example = ".holdmem -a @rsp L8; .holdmem -o")]
public sealed class HeldMemory : TextCommand
{
    sealed record Held(ulong Start, byte[] Bytes)
    {
        public ulong Last => Start + (ulong)Bytes.Length - 1;
    }

    static readonly ConditionalWeakTable<DebuggerSession, List<Held>> Kept = [];

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        List<Held> held = Kept.GetOrCreateValue(session);
        string text = arguments.Text, option = text.Length > 1 ? text[..2] : "", rest = text.Length > 2 ? text[2..].Trim() : "";
        if (option is "-D" or "-o" != (rest.Length == 0))
            throw arguments.Wrong("Syntax", Math.Max(text.Length, 1));
        AddressRange range = rest.Length > 0 ? AddressRange.Parse(session, rest, 1, 1, out _) : default;
        switch (option)
        {
            case "-a":
                held.Add(new Held(range.Start, Bytes(session, range)));
                break;
            case "-d":
                held.RemoveAll(h => h.Start < range.Start + range.Length && range.Start <= h.Last);
                break;
            case "-D":
                held.Clear();
                break;
            case "-o":
                if (held.Count == 0)
                    yield return new Line(new Text("No memory is held"));
                foreach (Held one in held)
                    yield return new Line(new Text($"{Addresses.Accent(one.Start)} - {Addresses.Accent(one.Last)}"));
                break;
            case "-c":
                foreach (Node node in Compare(session, held, range))
                    yield return node;
                break;
            default:
                throw arguments.Wrong("Syntax", 1);
        }
    }

    static IEnumerable<Node> Compare(DebuggerSession session, List<Held> held, AddressRange range)
    {
        byte[] now = Bytes(session, range);
        if (held.Count == 0)
            yield return new Line(new Text("No memory is held"));
        foreach (Held one in held)
        {
            int length = Math.Min(now.Length, one.Bytes.Length), different = 0;
            for (int i = 0; i < length; i++)
                if (now[i] != one.Bytes[i] && different++ >= 0)
                    yield return new Line(new Text($"{Addresses.Accent(one.Start + (ulong)i)}  {one.Bytes[i]:x2} - " +
                        $"{Addresses.Accent(range.Start + (ulong)i)}  {now[i]:x2}"));
            string verdict = different == 0 ? "no differences" : $"0n{different} bytes differ";
            yield return new Line(new Text($"{Addresses.Accent(one.Start)} L{length:x}: {verdict}"));
        }
    }

    static byte[] Bytes(DebuggerSession session, AddressRange range)
    {
        byte[] bytes = new byte[range.Length];
        int length = session.Read(range.Start, bytes);
        return length == bytes.Length && length > 0 ? bytes
            : throw new CommandException($"Memory access error at {Addresses.Accent(range.Start + (ulong)length)}");
    }
}
