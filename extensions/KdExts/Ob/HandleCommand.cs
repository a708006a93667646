using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ob;

/// <summary><c>!handle</c>: handles of a process.</summary>
[Command("!handle", "!handle [handle [flags [process [type]]]]", "Show handles (0 or -1: all; flags 1 basic, 2 objects)", Example = "!handle 0 3")]
[Reads("nt!_EPROCESS", "nt!_HANDLE_TABLE", "nt!_HANDLE_TABLE_ENTRY", "nt!_OBJECT_HEADER")]
public sealed class HandleCommand : WordCommand
{
    const ulong PageSize = 0x1000;
    const ulong MostHandles = 1 << 16;
    const ulong Objects = 2;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong wanted = arguments.Value(session, 0), flags = arguments.Value(session, 1, 3), address = arguments.Value(session, 2);
        string type = arguments.Has(3) ? arguments.Values[3] : "";
        if (address is 0 or ulong.MaxValue)
            address = session.CurrentProcess;
        if (ProcessNames.Process(session, address) is not { } process)
        {
            yield return new Error($"TYPE mismatch for process object at {address:x16}");
            yield break;
        }
        yield return new Line("");
        yield return new Line("PROCESS ", Say.Linked(process.Address, "!process"));
        yield return new Line($"    Cid: {process["UniqueProcessId"]:x4}  Image: {ProcessNames.Image(process)}");
        yield return new Line("");
        if (session.Types["nt!_HANDLE_TABLE"].TryRead(process["ObjectTable"]) is not { IsComplete: true } table)
        {
            yield return new Line("The process has no handle table");
            yield break;
        }
        yield return new Line($"Handle table at {table.Address:x16} with {table["HandleCount"]} entries in use");
        yield return new Line("");
        KernelObjects objects = new(session);
        foreach ((ulong handle, StructureValue entry) in Entries(session, table))
        {
            ulong header = entry["ObjectPointerBits"] << 4 | 0xffff000000000000;
            if (wanted is not (0 or ulong.MaxValue) && wanted != handle || entry["ObjectPointerBits"] == 0)
                continue;
            ulong body = header + session.Types["nt!_OBJECT_HEADER"].OffsetOf("Body");
            if (type.Length > 0 && objects.TypeName(body) != type)
                continue;
            string inherit = (entry["Attributes"] & 2) != 0 ? " (Inherit)" : "";
            yield return new Line($"{handle:x4}: Object: ", Say.Linked(body, "!object"),
                $"  GrantedAccess: {entry["GrantedAccessBits"]:x8}{inherit} Entry: {entry.Address:x16}");
            if ((flags & Objects) != 0)
                foreach (Node node in ObjectCommand.Show(session, objects, body, 1))
                    yield return node is Error error ? new Line($"    {error.Message}") : node;
            yield return new Line("");
        }
    }

    /// <summary>The lowest two bits of the table's code say how many levels of pages there are; entry 0 of each page is never a handle.</summary>
    static IEnumerable<(ulong Handle, StructureValue Entry)> Entries(IDebugSession session, StructureValue table)
    {
        StructureLayout type = session.Types["nt!_HANDLE_TABLE_ENTRY"];
        ulong level = table["TableCode"] & 3, root = table["TableCode"] & ~3UL, perPage = PageSize / type.Size;
        ulong end = Math.Min(table["NextHandleNeedingPool"], MostHandles * 4);
        for (ulong handle = 4; handle < end; handle += 4)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            ulong index = handle / 4, page = root;
            if (index % perPage == 0)
                continue;
            if (level >= 2 && !session.TryReadPointer(page + index / perPage / 512 * 8, out page) ||
                level >= 1 && !session.TryReadPointer(page + index / perPage % 512 * 8, out page))
                yield break;
            if (type.TryRead(page + index % perPage * type.Size) is not { IsComplete: true } entry)
                yield break;
            yield return (handle, entry);
        }
    }
}
