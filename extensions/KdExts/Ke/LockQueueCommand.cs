using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ke;

/// <summary><c>!qlocks</c>: the numbered queued spin locks, as each processor's queue entry tells it.</summary>
[Command("!qlocks", "!qlocks", "Show the state of the numbered queued spin locks", Example = "!qlocks")]
[Reads("nt!_KPRCB", "nt!KiProcessorBlock")]
public sealed class LockQueueCommand : WordCommand
{
    const ulong Waits = 1, Owned = 2;

    /// <summary>In the order of KSPIN_LOCK_QUEUE_NUMBER.</summary>
    static readonly string[] Names =
    [
        "KE   - Unused Spare", "MM   - Unused Spare", "MM   - Unused Spare", "MM   - Unused Spare", "CC   - Vacb", "CC   - Master",
        "EX   - NonPagedPool", "IO   - Cancel", "EX   - WorkQueue", "IO   - Vpb", "IO   - Database", "IO   - Completion", "NTFS - Struct",
        "AFD  - WorkQueue", "CC   - Bcb", "MM   - NonPagedPool",
    ];

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        List<StructureValue> prcbs = [.. Enumerable.Range(0, session.Target.ProcessorCount).Select(i => Processors.Prcb(session, i))];
        yield return new Line("Key: O = Owner, 1-n = Wait order, blank = not owned/waiting, C = Corrupt");
        yield return new Line("");
        yield return new Line("                       Processor Number");
        yield return new Line($"    Lock Name        {string.Concat(prcbs.Select((_, i) => $"{i,5:x}"))}");
        yield return new Line("");
        for (int number = 0; number < Names.Length && prcbs[0].Has($"LockQueue[{number}].Lock"); number++)
            yield return new Line($"{Names[number],-21}{string.Concat(prcbs.Select(p => $"{State(session, prcbs, p, number),5}"))}".TrimEnd());
    }

    /// <summary>An owner's entry has the owner bit; each entry behind it says that it waits. Their order is the chain of Next pointers.</summary>
    static string State(IDebugSession session, List<StructureValue> prcbs, StructureValue prcb, int number)
    {
        ulong word = prcb[$"LockQueue[{number}].Lock"];
        if ((word & (Owned | Waits)) == (Owned | Waits))
            return "C";
        if ((word & Owned) != 0)
            return "O";
        if ((word & Waits) == 0)
            return "";
        ulong at = prcbs.FirstOrDefault(p => (p[$"LockQueue[{number}].Lock"] & Owned) != 0)?.AddressOf($"LockQueue[{number}]") ?? 0;
        for (int order = 1; order <= prcbs.Count && at != 0 && session.TryReadPointer(at, out at); order++)
            if (at == prcb.AddressOf($"LockQueue[{number}]"))
                return order.ToString();
        return "C";
    }
}
