using System.Runtime.CompilerServices;
using System.Text;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>s</c>: searches for bytes, values or text; <c>s -sa</c> and <c>s -su</c> for any text.</summary>
[Command("s", "s [-[[flags]]b|w|d|q|a|u] range pattern | s -[[flags]]sa|su range", "Search memory", Example = "s -a nt L1000 \"PE\"")]
public sealed class SearchMemory : EngineCommand<SearchMemory.Arguments>
{
    /// <summary>How many hits flag <c>s</c> keeps if flag <c>n</c> does not say.</summary>
    const int SavedHits = 1024;

    const int ShortestText = 3;
    const int LongestText = 0x4000;

    /// <param name="Type">b w d q a u, sa or su.</param>
    public sealed record Arguments(string Type, string Text, bool AddressesOnly, bool Writable, bool Save, bool Saved, int Most, int Shortest)
    {
        public int Unit => Type switch { "w" => 2, "d" => 4, "q" => 8, _ => 1 };
    }

    sealed class Results
    {
        public List<ulong> Hits = [];
    }

    static readonly ConditionalWeakTable<DebuggerSession, Results> Kept = [];

    protected override Arguments Parse(ArgumentReader reader)
    {
        string text = reader.Text.Trim(), type = "b", flags = "";
        CommandSyntaxException Wrong(int consumed) => new("Syntax", 1 + consumed, $"s {text}");
        if (text.StartsWith('-'))
        {
            int at = 1;
            if (at < text.Length && text[at] == '[')
            {
                int close = text.IndexOf(']');
                flags = close > 0 ? text[2..close] : throw Wrong(2);
                at = close + 1;
            }
            int end = at;
            while (end < text.Length && char.IsLetter(text[end]))
                end++;
            type = text[at..end];
            if (type == "v")
                throw new CommandException("s -v: searching for objects by their virtual tables is not supported");
            if (type is not ("b" or "w" or "d" or "q" or "a" or "u" or "sa" or "su"))
                throw Wrong(at);
            text = text[end..].TrimStart();
        }
        Arguments arguments = new(type, text, false, false, false, false, SavedHits, ShortestText);
        for (int i = 0; i < flags.Length; i++)
        {
            arguments = flags[i] switch
            {
                '1' => arguments with { AddressesOnly = true },
                'w' => arguments with { Writable = true },
                's' => arguments with { Save = true },
                'r' => arguments with { Saved = true },
                'n' => arguments with { Most = Number(ref i) },
                'l' => arguments with { Shortest = Number(ref i) },
                _ => throw Wrong(2),
            };
        }
        return arguments.Save && arguments.Saved ? throw Wrong(2) : arguments;

        int Number(ref int i)
        {
            int start = i + 1;
            while (start < flags.Length && flags[start] == ' ')
                start++;
            int end = start;
            while (end < flags.Length && char.IsAsciiHexDigit(flags[end]))
                end++;
            if (end == start || end - start > 6)
                throw Wrong(2);
            i = end - 1;
            return Convert.ToInt32(flags[start..end], 16);
        }
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        bool anyText = arguments.Type is "sa" or "su";
        int unit = arguments.Unit;
        AddressRange range = AddressRange.Parse(session, arguments.Text, unit, 0, out string rest);
        byte[] pattern = anyText ? [] : Pattern(session, arguments, rest);
        if (!anyText && pattern.Length == 0 || anyText && rest.Length > 0)
            throw new CommandSyntaxException("Syntax", int.MaxValue, $"s {arguments.Text}");
        Results kept = Kept.GetOrCreateValue(session);
        List<ulong> before = kept.Hits, found = [];
        bool overflow = false;
        foreach ((ulong hit, string text) in anyText ? Texts(session, range, arguments) : Hits(session, range, pattern, unit))
        {
            if (arguments.Saved && !before.Contains(hit) || arguments.Writable && !PageTables.IsWritable(session, hit))
                continue;
            if (arguments.Save && !(overflow = found.Count >= arguments.Most))
                found.Add(hit);
            if (arguments.AddressesOnly)
                yield return new Line(new Text($"0x{Addresses.Accent(hit)}"));
            else
                yield return new Line(new Text($"{Addresses.Accent(hit)}  {(anyText ? $"\"{text}\"" : Row(session, arguments.Type, hit))}"));
        }
        if (arguments.Save)
            kept.Hits = found;
        if (overflow)
            throw new CommandException($"Overflow error: only the first {arguments.Most} hits were saved");
    }

    static byte[] Pattern(DebuggerSession session, Arguments arguments, string text) => arguments.Type switch
    {
        "a" => Encoding.Latin1.GetBytes(text.Trim('"')),
        "u" => Encoding.Unicode.GetBytes(text.Trim('"')),
        _ => MemoryValues.Parse(session, text, arguments.Unit),
    };

    static string Row(DebuggerSession session, string type, ulong hit)
    {
        MemoryRows rows = MemoryRows.Find(type switch { "w" or "u" => "dW", "d" => "dc", "q" => "dq", _ => "db" })!;
        byte[] bytes = new byte[16];
        return rows.Format(bytes, session.Read(hit, bytes), bytes.Length);
    }

    /// <summary>Where the pattern stands, at addresses that its unit divides.</summary>
    static IEnumerable<(ulong, string)> Hits(DebuggerSession session, AddressRange range, byte[] pattern, int unit)
    {
        ulong step = unit == 1 ? 1UL : (ulong)unit;
        foreach ((ulong start, ReadOnlyMemory<byte> bytes) in Pieces(session, range, pattern.Length - 1))
            for (int from = 0; ;)
            {
                int found = bytes.Span[from..].IndexOf(pattern);
                if (found < 0)
                    break;
                from += found + 1;
                ulong hit = start + (ulong)(from - 1);
                if (hit % step == 0)
                    yield return (hit, "");
            }
    }

    static IEnumerable<(ulong, string)> Texts(DebuggerSession session, AddressRange range, Arguments arguments)
    {
        int unit = arguments.Type == "su" ? 2 : 1;
        StringBuilder text = new();
        ulong next = 0;
        foreach ((ulong start, ReadOnlyMemory<byte> bytes) in Pieces(session, range, 0))
        {
            for (int i = 0; i + unit <= bytes.Length; i += unit)
            {
                int c = unit == 1 ? bytes.Span[i] : bytes.Span[i] | bytes.Span[i + 1] << 8;
                bool joined = start + (ulong)i == next || text.Length == 0;
                if (joined && c is >= 0x20 and < 0x7f && text.Length < LongestText)
                {
                    text.Append((char)c);
                    next = start + (ulong)(i + unit);
                    continue;
                }
                if (text.Length >= arguments.Shortest)
                    yield return (next - (ulong)(text.Length * unit), text.ToString());
                text.Clear();
                if (!joined && c is >= 0x20 and < 0x7f)
                    i -= unit;
            }
        }
        if (text.Length >= arguments.Shortest)
            yield return (next - (ulong)(text.Length * unit), text.ToString());
    }

    /// <summary>The readable parts of a range, each overlapping the one before it by so many bytes. Pages that are not there are skipped.</summary>
    static IEnumerable<(ulong Start, ReadOnlyMemory<byte> Bytes)> Pieces(DebuggerSession session, AddressRange range, int overlap)
    {
        const int Most = 0x40000;
        byte[] buffer = new byte[Most + overlap];
        for (ulong at = 0; at < range.Length;)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            int want = (int)Math.Min((ulong)buffer.Length, range.Length - at);
            int length = session.Read(range.Start + at, buffer.AsSpan(0, want));
            if (length > 0)
                yield return (range.Start + at, buffer.AsMemory(0, length));
            if (length < want)
                at = (range.Start + at + (ulong)length & ~0xfffUL) + 0x1000 - range.Start;
            else
                at = want == buffer.Length && overlap >= 0 ? at + (ulong)(want - overlap) : range.Length;
        }
    }
}
