using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// RTL_GENERIC_TABLE: elements in a splay tree and in a list by age, all in memory that the driver's routines allocate. An element's node is RTL_SPLAY_LINKS,
/// a LIST_ENTRY and the caller's data. The caller serializes; IRQL as the driver's routines and memory allow.
/// </summary>
public sealed class GenericTables(NtKernel kernel) : KernelComponent(kernel)
{
    // RTL_GENERIC_TABLE
    private const ulong Root = 0, InsertOrder = 8, OrderedPointer = 0x18, WhichOrdered = 0x20, Count = 0x24;
    private const ulong CompareRoutine = 0x28, AllocateRoutine = 0x30, FreeRoutine = 0x38, TableContext = 0x40;

    // A node
    private const ulong ListEntry = 0x18, UserData = 0x28;

    private const uint LessThan = 0, GreaterThan = 1;
    private const uint EmptyTree = 0, FoundNode = 1, InsertAsLeft = 2, InsertAsRight = 3;

    [NtExport("RtlInitializeGenericTable", MaxIrql = Irql.Dispatch)]
    public void RtlInitializeGenericTable(ulong Table, ulong CompareRoutine, ulong AllocateRoutine, ulong FreeRoutine, ulong TableContext)
    {
        Memory.WriteU64(Table + Root, 0);
        Memory.WriteU64(Table + InsertOrder, Table + InsertOrder);
        Memory.WriteU64(Table + InsertOrder + 8, Table + InsertOrder);
        Memory.WriteU64(Table + OrderedPointer, Table + InsertOrder);
        Memory.WriteU64(Table + WhichOrdered, 0); // And the count.
        Memory.WriteU64(Table + GenericTables.CompareRoutine, CompareRoutine);
        Memory.WriteU64(Table + GenericTables.AllocateRoutine, AllocateRoutine);
        Memory.WriteU64(Table + GenericTables.FreeRoutine, FreeRoutine);
        Memory.WriteU64(Table + GenericTables.TableContext, TableContext);
    }

    /// <summary>The element with this key: the one that is there, or a new copy of the buffer; 0 if there is no memory.</summary>
    [NtExport("RtlInsertElementGenericTable", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlInsertElementGenericTable(ulong Table, ulong Buffer, uint BufferSize, Ptr<byte> NewElement)
    {
        TreePlace place = await Find(Table, Buffer);
        return await Insert(Table, Buffer, BufferSize, NewElement, place.Node, place.Result);
    }

    /// <summary>As RtlInsertElementGenericTable, at the place that RtlLookupElementGenericTableFull found.</summary>
    [NtExport("RtlInsertElementGenericTableFull", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlInsertElementGenericTableFull(
        ulong Table, ulong Buffer, uint BufferSize, Ptr<byte> NewElement, ulong NodeOrParent, uint SearchResult) =>
        await Insert(Table, Buffer, BufferSize, NewElement, NodeOrParent, SearchResult);

    [NtExport("RtlLookupElementGenericTable", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlLookupElementGenericTable(ulong Table, ulong Buffer)
    {
        TreePlace place = await Find(Table, Buffer);
        return Found(Table, place);
    }

    [NtExport("RtlLookupElementGenericTableFull", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlLookupElementGenericTableFull(ulong Table, ulong Buffer, Ptr<ulong> NodeOrParent, Ptr<uint> SearchResult)
    {
        TreePlace place = await Find(Table, Buffer);
        NodeOrParent.Write(place.Node);
        SearchResult.Write(place.Result);
        return Found(Table, place);
    }

    [NtExport("RtlDeleteElementGenericTable", MaxIrql = Irql.Dispatch)]
    public async KTask<bool> RtlDeleteElementGenericTable(ulong Table, ulong Buffer)
    {
        TreePlace place = await Find(Table, Buffer);
        if (place.Result != FoundNode)
            return false;
        Memory.WriteU64(Table + Root, Kernel.SplayLinks.RtlDelete(place.Node));
        ulong entry = place.Node + ListEntry, next = Memory.ReadU64(entry), previous = Memory.ReadU64(entry + 8);
        Memory.WriteU64(previous, next);
        Memory.WriteU64(next + 8, previous);
        Memory.WriteU32(Table + Count, Memory.ReadU32(Table + Count) - 1);
        Memory.WriteU32(Table + WhichOrdered, 0);
        Memory.WriteU64(Table + OrderedPointer, Table + InsertOrder);
        await Guest.Call(Memory.ReadU64(Table + FreeRoutine), Table, place.Node);
        return true;
    }

    [NtExport("RtlNumberGenericTableElements", MaxIrql = Irql.Dispatch)]
    public uint RtlNumberGenericTableElements(ulong Table) => Memory.ReadU32(Table + Count);

    [NtExport("RtlIsGenericTableEmpty", MaxIrql = Irql.Dispatch)]
    public bool RtlIsGenericTableEmpty(ulong Table) => Memory.ReadU64(Table + Root) == 0;

    /// <summary>The n-th element in the order of insertion (the table remembers where it was), or 0.</summary>
    [NtExport("RtlGetElementGenericTable", MaxIrql = Irql.Dispatch)]
    public ulong RtlGetElementGenericTable(ulong Table, uint I)
    {
        if (I == uint.MaxValue || I + 1 > Memory.ReadU32(Table + Count))
            return 0;
        uint wanted = I + 1, at = Memory.ReadU32(Table + WhichOrdered);
        ulong entry = Memory.ReadU64(Table + OrderedPointer);
        for (; at < wanted; at++)
            entry = Memory.ReadU64(entry);
        for (; at > wanted; at--)
            entry = Memory.ReadU64(entry + 8);
        Memory.WriteU64(Table + OrderedPointer, entry);
        Memory.WriteU32(Table + WhichOrdered, wanted);
        return entry - ListEntry + UserData;
    }

    /// <summary>The next element in the order of keys, splaying on the way.</summary>
    [NtExport("RtlEnumerateGenericTable", MaxIrql = Irql.Dispatch)]
    public ulong RtlEnumerateGenericTable(ulong Table, bool Restart)
    {
        ulong root = Memory.ReadU64(Table + Root);
        if (root == 0)
            return 0;
        ulong node = root;
        if (Restart)
            while (Memory.ReadU64(node + SplayLinks.Left) is var left and not 0)
                node = left;
        else
            node = Kernel.SplayLinks.RtlRealSuccessor(root);
        if (node == 0)
            return 0;
        Memory.WriteU64(Table + Root, Kernel.SplayLinks.RtlSplay(node));
        return node + UserData;
    }

    /// <summary>The next element in the order of keys; the caller keeps the place, and the tree stays as it is.</summary>
    [NtExport("RtlEnumerateGenericTableWithoutSplaying", MaxIrql = Irql.Dispatch)]
    public ulong RtlEnumerateGenericTableWithoutSplaying(ulong Table, Ptr<ulong> RestartKey)
    {
        ulong node = RestartKey.Read();
        if (node != 0)
        {
            node = Kernel.SplayLinks.RtlRealSuccessor(node);
        }
        else
        {
            node = Memory.ReadU64(Table + Root);
            while (node != 0 && Memory.ReadU64(node + SplayLinks.Left) is var left and not 0)
                node = left;
        }
        if (node == 0)
            return 0;
        RestartKey.Write(node);
        return node + UserData;
    }

    private async KTask<ulong> Insert(ulong table, ulong buffer, uint size, Ptr<byte> isNew, ulong place, uint result)
    {
        ulong node = place;
        if (result != FoundNode)
        {
            node = await Guest.Call(Memory.ReadU64(table + AllocateRoutine), table, size + UserData);
            if (node == 0)
            {
                if (!isNew.IsNull)
                    isNew.Write(0);
                return 0;
            }
            Link(table, node, place, result);
            byte[] bytes = new byte[size];
            Memory.Read(buffer, bytes);
            Memory.Write(node + UserData, bytes);
        }
        Memory.WriteU64(table + Root, Kernel.SplayLinks.RtlSplay(node));
        if (!isNew.IsNull)
            isNew.Write(result == FoundNode ? (byte)0 : (byte)1);
        return node + UserData;
    }

    private void Link(ulong table, ulong node, ulong parent, uint result)
    {
        Memory.WriteU64(node + SplayLinks.Parent, result == EmptyTree ? node : parent);
        Memory.WriteU64(node + SplayLinks.Left, 0);
        Memory.WriteU64(node + SplayLinks.Right, 0);
        if (result != EmptyTree)
            Memory.WriteU64(parent + (result == InsertAsLeft ? SplayLinks.Left : SplayLinks.Right), node);
        ulong head = table + InsertOrder, last = Memory.ReadU64(head + 8);
        Memory.WriteU64(node + ListEntry, head);
        Memory.WriteU64(node + ListEntry + 8, last);
        Memory.WriteU64(last, node + ListEntry);
        Memory.WriteU64(head + 8, node + ListEntry);
        Memory.WriteU32(table + Count, Memory.ReadU32(table + Count) + 1);
    }

    private ulong Found(ulong table, TreePlace place)
    {
        if (place.Result == EmptyTree)
            return 0;
        Memory.WriteU64(table + Root, Kernel.SplayLinks.RtlSplay(place.Node));
        return place.Result == FoundNode ? place.Node + UserData : 0;
    }

    /// <summary>Goes down from the root, asking the driver's routine.</summary>
    private async KTask<TreePlace> Find(ulong table, ulong buffer)
    {
        ulong node = Memory.ReadU64(table + Root);
        if (node == 0)
            return new TreePlace(0, EmptyTree);
        while (true)
        {
            uint order = (uint)(await Guest.Call(Memory.ReadU64(table + CompareRoutine), table, buffer, node + UserData)).Value;
            if (order is not (LessThan or GreaterThan))
                return new TreePlace(node, FoundNode);
            ulong child = Memory.ReadU64(node + (order == LessThan ? SplayLinks.Left : SplayLinks.Right));
            if (child == 0)
                return new TreePlace(node, order == LessThan ? InsertAsLeft : InsertAsRight);
            node = child;
        }
    }
}

/// <summary>Where a search of a tree ended: a node, and how the wanted element relates to it (TABLE_SEARCH_RESULT).</summary>
internal readonly struct TreePlace(ulong node, uint result)
{
    private readonly ulong _packed = node | result; // Nodes are aligned, and a task answers 8 bytes.

    public ulong Node => _packed & ~3UL;

    public uint Result => (uint)_packed & 3;
}
