using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ps;

/// <summary><c>!locks</c>: resources (ERESOURCE) that threads hold.</summary>
[Command("!locks", "!locks [-v] [address]", "Show resources that are held (-v: all)", Example = "!locks")]
[Reads("nt!_ERESOURCE", "nt!_OWNER_ENTRY", "nt!_KWAIT_BLOCK", "nt!_DISPATCHER_HEADER", "nt!ExpSystemResourcesList")]
public sealed class LocksCommand : WordCommand
{
    const ulong MostOwners = 256;
    const ulong Exclusive = 0x80;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        StructureLayout type = session.Types["nt!_ERESOURCE"];
        if (arguments.Has(0))
        {
            foreach (Node node in Show(session, type.Read(arguments.Address(session))))
                yield return node;
            yield break;
        }
        yield return new Line("**** DUMP OF ALL RESOURCE OBJECTS ****");
        yield return new Line("KD: Scanning for held locks....");
        yield return new Line("");
        int total = 0, held = 0;
        foreach (StructureValue resource in type.List(session.AddressOf("nt!ExpSystemResourcesList"), "SystemResourcesList"))
        {
            total++;
            bool active = resource["ActiveEntries"] != 0;
            held += active ? 1 : 0;
            if (active || arguments.HasSwitch("v"))
                foreach (Node node in Show(session, resource))
                    yield return node;
        }
        yield return new Line($"{total} total locks, {held} locks currently held");
    }

    static IEnumerable<Node> Show(IDebugSession session, StructureValue resource)
    {
        List<(ulong Thread, ulong Count)> owners = [.. Owners(session, resource)];
        string state = resource["ActiveEntries"] == 0 ? "Available"
            : (resource["Flag"] & Exclusive) != 0 ? "Exclusively owned" : $"Shared {owners.Count} owning threads";
        yield return new Line("Resource @ ", Say.Code(session, resource.Address), $" (0x{resource.Address:x16})    {state}");
        if (resource["ContentionCount"] is var contention and not 0)
            yield return new Line($"    Contention Count = {contention}");
        if (owners.Count > 0)
            yield return new Line($"     Threads: {string.Concat(owners.Select(o => $"{o.Thread:x16}-{o.Count:x2}<*> "))}");
        foreach ((string kind, string field) in (IEnumerable<(string, string)>)[("Shared", "SharedWaiters"), ("Exclusive", "ExclusiveWaiters")])
        {
            if (resource[$"NumberOf{field}"] is not (var waiters and not 0))
                continue;
            yield return new Line($"    NumberOf{field} = {waiters}");
            yield return new Line("");
            yield return new Line($"     Threads Waiting On {kind} Access:");
            // Both a semaphore and an event begin with a dispatcher header.
            ulong list = resource[field] + session.Types["nt!_DISPATCHER_HEADER"].OffsetOf("WaitListHead");
            foreach (StructureValue block in session.Types["nt!_KWAIT_BLOCK"].List(list, "WaitListEntry", (int)MostOwners))
                yield return new Line("              ", Say.Linked(block["Thread"], "!thread"));
        }
    }

    static IEnumerable<(ulong Thread, ulong Count)> Owners(IDebugSession session, StructureValue resource)
    {
        if (resource["OwnerEntry.OwnerThread"] is var first and not 0)
            yield return (first & ~3UL, resource["OwnerEntry.OwnerCount"]);
        StructureLayout type = session.Types["nt!_OWNER_ENTRY"];
        ulong table = resource["OwnerTable"];
        if (table == 0 || type.TryRead(table) is not { IsComplete: true } head)
            yield break;
        for (ulong i = 1; i < Math.Min(head["TableSize"], MostOwners); i++)
            if (type.TryRead(table + i * type.Size) is { IsComplete: true } entry && entry["OwnerThread"] is var thread and not 0)
                yield return (thread & ~3UL, entry["OwnerCount"]);
    }
}
