using Iced.Intel;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>u ub uu up</c>: disassembles eight instructions, from an address or before it.</summary>
[Command("u", "u [range]", "Disassemble", Example = "u nt!IofCompleteRequest")]
[Command("uu", "uu [range]", "Disassemble", Example = "uu nt!IofCompleteRequest L2")]
[Command("up", "up [range]", "Disassemble physical memory")]
[Command("ub", "ub [address]", "Disassemble the instructions before an address", Example = "ub @rip")]
public sealed class Unassemble : TextCommand
{
    const ulong Instructions = 8;

    sealed class Continuation
    {
        public ulong Next;
    }

    static readonly System.Runtime.CompilerServices.ConditionalWeakTable<DebuggerSession, Continuation> Last = [];

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session) => arguments.Name == "up"
        ? session.WithPhysicalMemory(() => Listing(arguments, session)) : Listing(arguments, session);

    static IEnumerable<Node> Listing(TextArguments arguments, DebuggerSession session)
    {
        Continuation last = Last.GetOrCreateValue(session);
        ulong start, end = 0, count = Instructions;
        if (arguments.Text.Length == 0)
            start = last.Next != 0 && arguments.Name != "ub" ? last.Next : session.Rip;
        else
        {
            AddressRange range = AddressRange.Parse(session, arguments.Text, 1, 0, out _);
            start = range.Start;
            bool counted = HasCount(arguments.Text);
            if (range.IsExplicit && counted)
                count = range.Length;
            else if (range.IsExplicit)
                end = start + range.Length;
        }
        List<ulong> addresses = arguments.Name == "ub" ? Before(session, start, (int)Math.Min(count, 1000)) : [];
        if (arguments.Name == "ub")
        {
            foreach (Node line in Rows(session, addresses))
                yield return line;
            yield break;
        }
        byte[] probe = new byte[1];
        string? label = null;
        if (StubNote(session, start) is { } note)
            yield return new Line(new Text(note));
        for (ulong i = 0; end != 0 ? start < end : i < count; i++)
        {
            if (NewLabel(session, start, ref label))
                yield return new Line(new Text(Disassembler.Label(session, start)));
            yield return new Line(new Text(Disassembler.Row(session, start, out int length)));
            bool unreadable = session.Read(start, probe) == 0;
            if (unreadable && i == 0)
                throw new CommandSyntaxException("Memory access", arguments.Name.Length + arguments.Text.Length + 1,
                    $"{arguments.Name} {arguments.Text}".Trim());
            if (unreadable)
                break;
            start += (ulong)length;
        }
        last.Next = start;
    }

    /// <summary>What stands before a stub whose trap the simulator serves; null for code that does its own work.</summary>
    public static string? StubNote(DebuggerSession session, ulong address)
    {
        if (!session.Symbols.TryGetName(address, out string name, out ulong displacement) || displacement > LongestStub)
            return null;
        ulong start = address - displacement;
        ulong at = start;
        while (at - start < LongestStub && Disassembler.TryDecode(session, at, out Instruction instruction, out _))
        {
            if (Disassembler.IsTrap(instruction))
                return $"NOTE: {name} is simulated: this is its stub, the trap (vmcall) does the work.";
            if (instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch or FlowControl.Interrupt)
                break;
            at = instruction.NextIP;
        }
        return null;
    }

    const ulong LongestStub = 64;

    /// <summary>A length counts instructions; an end address does not.</summary>
    static bool HasCount(string text) => System.Text.RegularExpressions.Regex.IsMatch(text, @"[\s)][lL][?]?\s*[0-9a-fA-F@$(]+[^\s]*$");

    static IEnumerable<Node> Rows(DebuggerSession session, List<ulong> addresses)
    {
        string? label = null;
        foreach (ulong address in addresses)
        {
            if (NewLabel(session, address, ref label))
                yield return new Line(new Text(Disassembler.Label(session, address)));
            yield return new Line(new Text(Disassembler.Row(session, address, out _)));
        }
    }

    static bool NewLabel(DebuggerSession session, ulong address, ref string? label)
    {
        bool changed = session.Symbols.TryGetName(address, out string name, out _) && name != label;
        label = name;
        return changed;
    }

    /// <summary>Code has no way back: decode from further and further before until the instructions meet the address.</summary>
    static List<ulong> Before(DebuggerSession session, ulong end, int count)
    {
        List<ulong> best = [];
        ulong floor = session.Symbols.TryGetName(end - 1, out _, out ulong displacement) && displacement < 0x10000 ? end - 1 - displacement
            : 0;
        for (int back = count * 15; back >= count; back--)
        {
            ulong at = end - (ulong)back;
            if (at < floor)
                at = floor;
            List<ulong> addresses = [];
            while (at < end && Disassembler.TryDecode(session, at, out Instruction instruction, out _))
            {
                addresses.Add(at);
                at = instruction.NextIP;
            }
            if (at == end && addresses.Count > best.Count)
                best = addresses;
            if (best.Count >= count)
                break;
        }
        return best.Count > count ? best[^count..] : best;
    }
}

/// <summary><c>uf</c>: the whole function, block by block.</summary>
[Command("uf", "uf [/c] [/i] address", "Disassemble a function", Example = "uf pulse!PulseIsr")]
public sealed class UnassembleFunction : TextCommand
{
    const int MostInstructions = 20000;

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ArgumentReader reader = new("uf", arguments.Text);
        bool calls = false, countOnly = false;
        while (reader.Switch() is { } option)
            switch (option)
            {
                case "/c": calls = true; break;
                case "/i": countOnly = true; break;
                case "/D" or "/m" or "/o" or "/O": break;
                default: throw arguments.Wrong("Syntax", 1);
            }
        string expression = reader.Rest();
        ulong address = expression.Length == 0 ? session.Rip : session.Evaluate(expression);
        if (FrameUnwinder.FunctionAt(session, address) is not { } bounds)
            throw new CommandException("No code found, aborting");
        SortedDictionary<ulong, Instruction> code = Collect(session, bounds.Start, bounds.End);
        if (countOnly)
            yield return new Line(new Text($"{code.Count} instructions scanned\n"));
        if (calls)
        {
            foreach (Node line in Calls(session, bounds.Start, code))
                yield return line;
            yield break;
        }
        if (Unassemble.StubNote(session, bounds.Start) is { } note)
            yield return new Line(new Text(note));
        HashSet<ulong> targets = [.. code.Values.Where(IsJump).Select(i => i.NearBranchTarget)];
        ulong expected = 0;
        foreach ((ulong at, Instruction instruction) in code)
        {
            if (expected != at || targets.Contains(at))
            {
                if (expected != 0)
                    yield return new Text("\n");
                yield return new Line(new Text(Disassembler.Label(session, at)));
            }
            yield return new Line(new Text(Disassembler.Row(session, at, out _)));
            expected = instruction.NextIP;
        }
    }

    static bool IsJump(Instruction instruction) =>
        instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch;

    static IEnumerable<Node> Calls(DebuggerSession session, ulong start, SortedDictionary<ulong, Instruction> code)
    {
        yield return new Line(new Text($"{session.SymbolAt(start)} ({Addresses.Accent(start)})"));
        foreach ((ulong at, Instruction instruction) in code.Where(c =>
            c.Value.FlowControl is FlowControl.Call or FlowControl.IndirectCall))
        {
            yield return new Line(new Text($"  {session.SymbolAt(at)} ({Addresses.Accent(at)}):"));
            string target = instruction.FlowControl == FlowControl.Call
                ? $"{session.SymbolAt(instruction.NearBranchTarget)} ({Addresses.Accent(instruction.NearBranchTarget)})"
                : "unresolvable call: " + Disassembler.Row(session, at, out _)[34..];
            yield return new Line(new Text($"    {(instruction.FlowControl == FlowControl.Call ? "call to " : "")}{target}"));
        }
    }

    /// <summary>What can be reached from the start without leaving the function's bounds.</summary>
    static SortedDictionary<ulong, Instruction> Collect(DebuggerSession session, ulong start, ulong end)
    {
        SortedDictionary<ulong, Instruction> code = [];
        Stack<ulong> pending = new([start]);
        while (pending.TryPop(out ulong at))
            while (at >= start && at < end && code.Count < MostInstructions && !code.ContainsKey(at) &&
                Disassembler.TryDecode(session, at, out Instruction next, out _))
            {
                code[at] = next;
                if (IsJump(next))
                    pending.Push(next.NearBranchTarget);
                if (next.FlowControl is FlowControl.UnconditionalBranch or FlowControl.Return or FlowControl.IndirectBranch)
                    break;
                at = next.NextIP;
            }
        return code;
    }
}
