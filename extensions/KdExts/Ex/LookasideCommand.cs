using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ex;

/// <summary><c>!lookaside</c>: lookaside lists with how often they could answer.</summary>
[Command("!lookaside", "!lookaside [address [options [depth]]]", "Show lookaside lists: all, or one", Example = "!lookaside")]
[Reads("nt!_GENERAL_LOOKASIDE", "nt!ExNPagedLookasideListHead", "nt!ExPagedLookasideListHead")]
public sealed class LookasideCommand : WordCommand
{
    const int Most = 4096;
    const ulong SetDepth = 2, ResetCounts = 1;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        StructureLayout type = session.Types["nt!_GENERAL_LOOKASIDE"];
        if ((arguments.Value(session, 1) & (SetDepth | ResetCounts)) != 0)
            throw new CommandException("!lookaside: options that change the list are not supported: write its fields with ed");
        if (arguments.Has(0))
        {
            foreach (Node node in Show(session, type.Read(arguments.Address(session))))
                yield return node;
            yield break;
        }
        int count = 0;
        foreach (string head in (IEnumerable<string>)["nt!ExNPagedLookasideListHead", "nt!ExPagedLookasideListHead"])
            foreach (StructureValue list in type.List(session.AddressOf(head), "ListEntry", Most))
            {
                count++;
                foreach (Node node in Show(session, list))
                    yield return node;
                yield return new Line("");
            }
        yield return new Line($"{count} lookaside lists");
    }

    /// <summary>The fourth field of a pair counts hits in lists of nt's own, misses in those that drivers make.</summary>
    static IEnumerable<Node> Show(IDebugSession session, StructureValue list)
    {
        uint tag = (uint)list["Tag"];
        ulong total = list["TotalAllocates"], misses = Math.Min(list["AllocateMisses"], total), frees = list["TotalFrees"];
        ulong freeMisses = Math.Min(list["FreeMisses"], frees);
        string name = session.Symbols.TryGetName(list.Address, out string symbol, out ulong displacement) && displacement == 0 ? symbol : "";
        yield return new Line($"Lookaside \"{name}\" @ 0x", new Link($"{list.Address:x16}", $"dt nt!_GENERAL_LOOKASIDE {list.Address:x16}"),
            $"  Tag(hex): 0x{tag:x8} \"{PoolReader.TagText(tag)}\"");
        yield return new Line($"    Type           = {list["Type"],10:x4}  {list.EnumName("Type")}");
        yield return new Line($"    Current Depth  = {list["ListHead.HeaderX64.Depth"],10}  Max Depth  = {list["Depth"],10}");
        yield return new Line($"    Size           = {list["Size"],10}  Max Alloc  = {list["Size"] * list["Depth"],10}");
        yield return new Line($"    AllocateMisses = {misses,10}  FreeMisses = {freeMisses,10}");
        yield return new Line($"    TotalAllocates = {total,10}  TotalFrees = {frees,10}");
        yield return new Line($"    Hit Rate       = {Rate(total, misses),9}%  Hit Rate   = {Rate(frees, freeMisses),9}%");
    }

    static ulong Rate(ulong total, ulong misses) => total == 0 ? 0 : (total - misses) * 100 / total;
}
