using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdExts.Ke;

/// <summary><c>!running</c>: what runs on each processor.</summary>
[Command("!running", "!running [-i] [-t]", "Show the threads that run (-i idle processors too, -t their stacks)", Example = "!running -it")]
[Reads("nt!_KPRCB", "nt!_KTHREAD", "nt!KiProcessorBlock")]
public sealed class RunningCommand : WordCommand
{
    const int QueuedLocks = 16;
    const ulong LockWaits = 1, LockOwned = 2;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        bool idleToo = arguments.Switches.Any(s => s.Contains('i')), stacks = arguments.Switches.Any(s => s.Contains('t'));
        List<StructureValue> prcbs = [.. Enumerable.Range(0, session.Target.ProcessorCount).Select(i => Processors.Prcb(session, i))];
        ulong all = 0, idle = 0;
        for (int i = 0; i < prcbs.Count; i++)
        {
            all |= 1UL << i;
            if (prcbs[i]["CurrentThread"] == prcbs[i]["IdleThread"])
                idle |= 1UL << i;
        }
        yield return new Line("");
        yield return new Line($"System Processors:  ({all:x16})");
        yield return new Line($"  Idle Processors:  ({idle:x16})");
        yield return new Line("");
        yield return new Line("       Prcbs             Current         (pri) Next            (pri) Idle");
        for (int i = 0; i < prcbs.Count; i++)
        {
            if ((idle >> i & 1) != 0 && !idleToo)
                continue;
            StructureValue prcb = prcbs[i];
            ulong next = prcb["NextThread"];
            string nextText = next == 0 ? new string(' ', 21) : $"{next:x16} ({Priority(session, next),2})";
            yield return new Line($"{i,3}    {prcb.Address:x16}  ", Say.Linked(prcb["CurrentThread"], "!thread"),
                $" ({Priority(session, prcb["CurrentThread"]),2}) {nextText} {prcb["IdleThread"]:x16}  {Locks(prcb)}");
            if (!stacks)
                continue;
            yield return new Line("");
            if (session.Target.TryGetContext(i, out ProcessorContext context) && context.Integer is { } integer)
            {
                yield return new Line(" # Child-SP          RetAddr               Call Site");
                foreach (CallFrame frame in session.Stacks.Walk(integer, 64))
                    yield return new Line($"{frame.Number:x2} ", new Address(frame.Registers.Rsp), " ", new Address(frame.ReturnAddress), "     ",
                        new Symbol(session.SymbolAt(frame.Registers.Rip), frame.Registers.Rip));
            }
            yield return new Line("");
        }
    }

    static string Priority(IDebugSession session, ulong thread) =>
        session.Types["nt!_KTHREAD"].TryRead(thread) is { IsComplete: true } read ? read.Signed("Priority").ToString() : "?";

    static string Locks(StructureValue prcb) => string.Concat(Enumerable.Range(0, QueuedLocks).Select(i =>
        prcb[$"LockQueue[{i}].Lock"] is var held && (held & LockOwned) != 0 ? 'O' : (held & LockWaits) != 0 ? 'W' : '.'));
}
