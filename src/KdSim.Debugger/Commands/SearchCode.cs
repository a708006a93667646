using System.Runtime.CompilerServices;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>#</c>: the next instruction whose disassembly matches a pattern. Without one it goes on from the last hit.</summary>
[Command("#", "# [pattern] [address [L length]]", "Search disassembly for a pattern", Example = "# call nt!KiIdleLoop")]
public sealed class SearchCode : EngineCommand<SearchCode.Arguments>
{
    /// <summary>How far a search without a length goes, in bytes.</summary>
    const ulong DefaultLength = 0x10000;

    public sealed record Arguments(string Pattern, string Range);

    sealed class LastSearch
    {
        public string Pattern = "";
        public ulong Next;
    }

    static readonly ConditionalWeakTable<DebuggerSession, LastSearch> Last = [];

    protected override Arguments Parse(ArgumentReader arguments) => new(arguments.Word(), arguments.Rest());

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        LastSearch last = Last.GetOrCreateValue(session);
        if (arguments.Pattern.Length > 0)
            last.Pattern = arguments.Pattern;
        if (last.Pattern.Length == 0)
            throw new CommandSyntaxException("Syntax", 1, "#");
        ulong start = last.Next != 0 && arguments.Pattern.Length == 0 ? last.Next : session.Rip, length = DefaultLength;
        if (arguments.Range.Length > 0)
        {
            AddressRange range = AddressRange.Parse(session, arguments.Range, 1, DefaultLength, out _);
            (start, length) = (range.Start, range.Length);
        }
        string wanted = Wildcard.HasAny(last.Pattern) ? $"*{last.Pattern}*" : last.Pattern;
        for (ulong at = start; at - start < length;)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            if (!Disassembler.TryDecode(session, at, out _, out byte[] bytes))
            {
                if (bytes.Length == 0)
                    break;
                at++;
                continue;
            }
            string row = Disassembler.Row(session, at, out int size);
            if (row.Contains(wanted, StringComparison.OrdinalIgnoreCase) || Wildcard.HasAny(wanted) && Wildcard.Matches(wanted, row))
            {
                last.Next = at + (ulong)size;
                yield return new Line(new Text(Disassembler.Label(session, at)));
                yield return new Line(new Text(row));
                yield break;
            }
            at += (ulong)size;
        }
        last.Next = 0;
        throw new CommandException("Search done, pattern not found");
    }
}
