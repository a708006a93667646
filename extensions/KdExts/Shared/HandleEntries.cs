using KdSim.Debugging.Structures;

namespace KdExts.Shared;

/// <summary>A row of a handle table.</summary>
/// <param name="Body">The object; 0 for a free row.</param>
sealed record HandleEntry(ulong Handle, ulong Address, ulong Body, ulong Access, bool Inherit, bool Protect);

/// <summary>Handle tables: the lowest two bits of a table's code say how many levels of pages there are; row 0 of each page is never a handle.</summary>
static class HandleEntries
{
    const ulong PageSize = 0x1000;
    const ulong MostHandles = 1 << 16;

    public static StructureValue? TableOf(IDebugSession session, StructureValue process) => Table(session, process["ObjectTable"]);

    public static StructureValue? Table(IDebugSession session, ulong table) =>
        table != 0 && session.Types["nt!_HANDLE_TABLE"].TryRead(table) is { IsComplete: true } read ? read : null;

    /// <summary>The object of an open handle of a process; 0 if it is not open.</summary>
    public static ulong Find(IDebugSession session, StructureValue process, ulong handle) => TableOf(session, process) is { } table
        ? In(session, table).FirstOrDefault(e => e.Handle == handle)?.Body ?? 0 : 0;

    public static IEnumerable<HandleEntry> In(IDebugSession session, StructureValue table)
    {
        StructureLayout type = session.Types["nt!_HANDLE_TABLE_ENTRY"];
        ulong body = session.Types["nt!_OBJECT_HEADER"].OffsetOf("Body");
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
            ulong bits = entry["ObjectPointerBits"];
            yield return new HandleEntry(handle, entry.Address, bits == 0 ? 0 : (bits << 4 | 0xffff000000000000) + body, entry["GrantedAccessBits"],
                (entry["Attributes"] & 2) != 0, (entry["Attributes"] & 1) != 0);
        }
    }
}
