using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdExts.Shared;

/// <summary>Stacks as kernel extensions print them: no frame numbers, four argument slots a frame.</summary>
static class StackLines
{
    const int Most = 256;

    public const string Header =
        "Child-SP          RetAddr               : Args to Child                                                           : Call Site";

    /// <param name="isCurrent">The stack is one of the current process: else its frames of user mode are not in the memory that is read.</param>
    public static IEnumerable<Node> Of(IDebugSession session, IntegerState from, int most = Most, bool isCurrent = true)
    {
        CallFrame? before = null;
        foreach (CallFrame frame in session.Stacks.Walk(from, most))
        {
            if (!isCurrent && (long)frame.Registers.Rip > 0)
                break;
            if (before is not null)
                yield return One(session, before, frame.Registers.Rsp);
            before = frame;
        }
        if (before is not null)
            yield return One(session, before, before.Registers.Rsp + 8);
    }

    /// <summary>A frame's home slots lie above its return address: there its callee's caller put nothing, the function itself may have.</summary>
    static Line One(IDebugSession session, CallFrame frame, ulong home)
    {
        string slots = string.Join(' ', Enumerable.Range(0, 4).Select(i =>
            session.TryReadPointer(home + (ulong)i * 8, out ulong value) ? Addresses.Accent(value) : "????????`????????"));
        List<Node> cells =
        [
            new Address(frame.Registers.Rsp), " ", new Address(frame.ReturnAddress), $"     : {slots} : ",
            new Symbol(session.SymbolAt(frame.Registers.Rip), frame.Registers.Rip),
        ];
        if (session.Symbols.TryGetLine(frame.CodeAddress, out string file, out int line))
            cells.Add($" [{file} @ {line}] ");
        return new Line(cells);
    }

    /// <summary>The registers that a thread has now: its processor's while it runs, else those that the switch left. Null: nowhere to be found.</summary>
    public static IntegerState? RegistersOf(IDebugSession session, StructureValue thread)
    {
        if (Processors.RunningOn(session, thread.Address) is { } processor)
            return session.Target.TryGetContext(processor, out ProcessorContext context) ? context.Integer : null;
        return session.Stacks.AtSwitch(thread["Tcb.KernelStack"]);
    }

    /// <summary>Integer registers from a structure that has them by name (KTRAP_FRAME, CONTEXT); what it lacks is 0.</summary>
    public static IntegerState FromRecord(StructureValue record)
    {
        ulong[] general = new ulong[16];
        for (int i = 0; i < general.Length; i++)
            record.TryGet(RegisterNames[i], out general[i]);
        return new IntegerState(general, record["Rip"], record["EFlags"]);
    }

    static readonly string[] RegisterNames =
        ["Rax", "Rcx", "Rdx", "Rbx", "Rsp", "Rbp", "Rsi", "Rdi", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"];
}
