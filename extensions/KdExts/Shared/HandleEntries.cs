using KdSim.Debugging.Structures;

namespace KdExts.Shared;

/// <summary>The entries of a handle table, and the objects behind them.</summary>
static class HandleEntries
{
    const ulong PageSize = 0x1000;
    const ulong MostHandles = 1 << 16;

    /// <summary>The body of the object that an entry in use refers to.</summary>
    public static ulong ObjectOf(IDebugSession session, StructureValue entry) =>
        (entry["ObjectPointerBits"] << 4 | 0xffff000000000000) + session.Types["nt!_OBJECT_HEADER"].OffsetOf("Body");

    /// <summary>The object of an open handle of a process; 0 if it is not open.</summary>
    public static ulong Find(IDebugSession session, StructureValue process, ulong handle)
    {
        if (session.Types["nt!_HANDLE_TABLE"].TryRead(process["ObjectTable"]) is { IsComplete: true } table)
            foreach ((ulong found, StructureValue entry) in Of(session, table))
                if (found == handle && entry["ObjectPointerBits"] != 0)
                    return ObjectOf(session, entry);
        return 0;
    }

    /// <summary>The lowest two bits of the table's code say how many levels of pages there are; entry 0 of each page is never a handle.</summary>
    public static IEnumerable<(ulong Handle, StructureValue Entry)> Of(IDebugSession session, StructureValue table)
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
