using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// RTL_AVL_TABLE: elements in a balanced tree, in memory that the driver's routines allocate. A node is RTL_BALANCED_LINKS and the caller's data. The caller
/// serializes; IRQL as the driver's routines and memory allow.
/// </summary>
public sealed class AvlTables(NtKernel kernel) : KernelComponent(kernel)
{
    // RTL_AVL_TABLE; its first field is the node above the root, whose right child the root is.
    private const ulong Ordered = 0x20, WhichOrdered = 0x28, Count = 0x2C, Depth = 0x30, RestartKey = 0x38, DeleteCount = 0x40;
    private const ulong CompareRoutine = 0x48, AllocateRoutine = 0x50, FreeRoutine = 0x58, TableContext = 0x60, TableSize = 0x68;

    // A node: the balance is the depth of the right side less that of the left.
    private const ulong Parent = 0, Left = 8, Right = 0x10, Balance = 0x18, UserData = 0x20;

    private const uint LessThan = 0, GreaterThan = 1;
    private const uint EmptyTree = 0, FoundNode = 1, InsertAsLeft = 2, InsertAsRight = 3;
    private const int MostDepth = 64;

    [NtExport("RtlInitializeGenericTableAvl", MaxIrql = Irql.Dispatch)]
    public void RtlInitializeGenericTableAvl(ulong Table, ulong CompareRoutine, ulong AllocateRoutine, ulong FreeRoutine, ulong TableContext)
    {
        Memory.Fill(Table, TableSize, 0);
        Memory.WriteU64(Table + Parent, Table);
        Memory.WriteU64(Table + AvlTables.CompareRoutine, CompareRoutine);
        Memory.WriteU64(Table + AvlTables.AllocateRoutine, AllocateRoutine);
        Memory.WriteU64(Table + AvlTables.FreeRoutine, FreeRoutine);
        Memory.WriteU64(Table + AvlTables.TableContext, TableContext);
    }

    /// <summary>The element with this key: the one that is there, or a new copy of the buffer; 0 if there is no memory.</summary>
    [NtExport("RtlInsertElementGenericTableAvl", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlInsertElementGenericTableAvl(ulong Table, ulong Buffer, uint BufferSize, Ptr<byte> NewElement)
    {
        TreePlace place = await Find(Table, Buffer);
        return await Insert(Table, Buffer, BufferSize, NewElement, place.Node, place.Result);
    }

    [NtExport("RtlInsertElementGenericTableFullAvl", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlInsertElementGenericTableFullAvl(ulong Table, ulong Buffer, uint BufferSize, Ptr<byte> NewElement, ulong NodeOrParent,
        uint SearchResult) => await Insert(Table, Buffer, BufferSize, NewElement, NodeOrParent, SearchResult);

    [NtExport("RtlLookupElementGenericTableAvl", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlLookupElementGenericTableAvl(ulong Table, ulong Buffer)
    {
        TreePlace place = await Find(Table, Buffer);
        return place.Result == FoundNode ? place.Node + UserData : 0;
    }

    [NtExport("RtlLookupElementGenericTableFullAvl", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlLookupElementGenericTableFullAvl(ulong Table, ulong Buffer, Ptr<ulong> NodeOrParent, Ptr<uint> SearchResult)
    {
        TreePlace place = await Find(Table, Buffer);
        NodeOrParent.Write(place.Node);
        SearchResult.Write(place.Result);
        return place.Result == FoundNode ? place.Node + UserData : 0;
    }

    /// <summary>The leftmost of the elements that the compare routine calls equal; the key lets an enumeration go on from there.</summary>
    [NtExport("RtlLookupFirstMatchingElementGenericTableAvl", MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> RtlLookupFirstMatchingElementGenericTableAvl(ulong Table, ulong Buffer, Ptr<ulong> RestartKey)
    {
        TreePlace place = await Find(Table, Buffer);
        if (place.Result != FoundNode)
            return 0;
        ulong node = place.Node;
        while (Previous(Table, node) is var before and not 0)
        {
            ulong order = await Guest.Call(Memory.ReadU64(Table + CompareRoutine), Table, Buffer, before + UserData);
            if ((uint)order is LessThan or GreaterThan)
                break;
            node = before;
        }
        RestartKey.Write(node);
        return node + UserData;
    }

    [NtExport("RtlDeleteElementGenericTableAvl", MaxIrql = Irql.Dispatch)]
    public async KTask<bool> RtlDeleteElementGenericTableAvl(ulong Table, ulong Buffer)
    {
        TreePlace place = await Find(Table, Buffer);
        if (place.Result != FoundNode)
            return false;
        await RtlDeleteElementGenericTableAvlEx(Table, place.Node);
        return true;
    }

    [NtExport("RtlDeleteElementGenericTableAvlEx", MaxIrql = Irql.Dispatch)]
    public async KTask RtlDeleteElementGenericTableAvlEx(ulong Table, ulong NodeOrParent)
    {
        if (Memory.ReadU64(Table + RestartKey) == NodeOrParent)
            Memory.WriteU64(Table + RestartKey, Previous(Table, NodeOrParent));
        Remove(Table, NodeOrParent);
        Memory.WriteU32(Table + Count, Memory.ReadU32(Table + Count) - 1);
        Memory.WriteU32(Table + DeleteCount, Memory.ReadU32(Table + DeleteCount) + 1);
        Memory.WriteU64(Table + Ordered, 0);
        Memory.WriteU32(Table + WhichOrdered, 0);
        await Guest.Call(Memory.ReadU64(Table + FreeRoutine), Table, NodeOrParent);
    }

    [NtExport("RtlNumberGenericTableElementsAvl", MaxIrql = Irql.Dispatch)]
    public uint RtlNumberGenericTableElementsAvl(ulong Table) => Memory.ReadU32(Table + Count);

    [NtExport("RtlIsGenericTableEmptyAvl", MaxIrql = Irql.Dispatch)]
    public bool RtlIsGenericTableEmptyAvl(ulong Table) => Memory.ReadU32(Table + Count) == 0;

    /// <summary>In order of the keys; the table remembers how far it has come.</summary>
    [NtExport("RtlEnumerateGenericTableAvl", MaxIrql = Irql.Dispatch)]
    public ulong RtlEnumerateGenericTableAvl(ulong Table, bool Restart)
    {
        if (Restart)
            Memory.WriteU64(Table + RestartKey, 0);
        return RtlEnumerateGenericTableWithoutSplayingAvl(Table, new Ptr<ulong>(Table + RestartKey));
    }

    [NtExport("RtlEnumerateGenericTableWithoutSplayingAvl", MaxIrql = Irql.Dispatch)]
    public ulong RtlEnumerateGenericTableWithoutSplayingAvl(ulong Table, Ptr<ulong> RestartKey)
    {
        ulong last = RestartKey.Read(), next = last == 0 ? Leftmost(Memory.ReadU64(Table + Right)) : Next(Table, last);
        if (next == 0)
            return 0;
        RestartKey.Write(next);
        return next + UserData;
    }

    /// <summary>The element with this place in the order of the keys.</summary>
    [NtExport("RtlGetElementGenericTableAvl", MaxIrql = Irql.Dispatch)]
    public ulong RtlGetElementGenericTableAvl(ulong Table, uint I)
    {
        if (I >= Memory.ReadU32(Table + Count))
            return 0;
        uint at = Memory.ReadU32(Table + WhichOrdered); // One more than the place of the remembered node; 0: none is remembered.
        ulong node = at != 0 && at <= I + 1 ? Memory.ReadU64(Table + Ordered) : Leftmost(Memory.ReadU64(Table + Right));
        for (uint i = at != 0 && at <= I + 1 ? at - 1 : 0; i < I; i++)
            node = Next(Table, node);
        Memory.WriteU64(Table + Ordered, node);
        Memory.WriteU32(Table + WhichOrdered, I + 1);
        return node + UserData;
    }

    private async KTask<TreePlace> Find(ulong table, ulong buffer)
    {
        ulong node = Memory.ReadU64(table + Right), parent = 0;
        uint result = EmptyTree;
        for (int depth = 0; node != 0; depth++)
        {
            if (depth > MostDepth)
                throw new RunawayException($"the tree of the table at {table:x} is deeper than {MostDepth}");
            ulong order = await Guest.Call(Memory.ReadU64(table + CompareRoutine), table, buffer, node + UserData);
            if ((uint)order is not (LessThan or GreaterThan))
                return new TreePlace(node, FoundNode);
            parent = node;
            result = (uint)order == LessThan ? InsertAsLeft : InsertAsRight;
            node = Memory.ReadU64(node + ((uint)order == LessThan ? Left : Right));
        }
        return new TreePlace(parent, result);
    }

    private async KTask<ulong> Insert(ulong table, ulong buffer, uint size, Ptr<byte> isNew, ulong parent, uint result)
    {
        if (!isNew.IsNull)
            isNew.Write(result == FoundNode ? (byte)0 : (byte)1);
        if (result == FoundNode)
            return parent + UserData;
        ulong node = await Guest.Call(Memory.ReadU64(table + AllocateRoutine), table, size + UserData);
        if (node == 0)
        {
            if (!isNew.IsNull)
                isNew.Write(0);
            return 0;
        }
        Memory.Fill(node, UserData, 0);
        Link(table, node, parent, result);
        byte[] bytes = new byte[size];
        Memory.Read(buffer, bytes);
        Memory.Write(node + UserData, bytes);
        return node + UserData;
    }

    private void Link(ulong table, ulong node, ulong parent, uint result)
    {
        Memory.WriteU32(table + Count, Memory.ReadU32(table + Count) + 1);
        Memory.WriteU64(table + Ordered, 0);
        Memory.WriteU32(table + WhichOrdered, 0);
        ulong above = result == EmptyTree ? table : parent;
        Memory.WriteU64(node + Parent, above);
        Memory.WriteU64(above + (result == InsertAsLeft ? Left : Right), node);
        if (result == EmptyTree)
        {
            Memory.WriteU32(table + Depth, 1);
            return;
        }
        ulong child = node;
        while (above != table)
        {
            int balance = BalanceOf(above) + (child == Memory.ReadU64(above + Left) ? -1 : 1);
            SetBalance(above, balance);
            if (balance == 0)
                return;
            if (balance is 2 or -2)
            {
                Rebalance(above);
                return;
            }
            child = above;
            above = Memory.ReadU64(above + Parent);
        }
        Memory.WriteU32(table + Depth, Memory.ReadU32(table + Depth) + 1);
    }

    /// <summary>Takes a node out; one with two children first changes places with the one before or behind it.</summary>
    private void Remove(ulong table, ulong node)
    {
        if (Memory.ReadU64(node + Left) != 0 && Memory.ReadU64(node + Right) != 0)
            Exchange(node, BalanceOf(node) > 0 ? Leftmost(Memory.ReadU64(node + Right)) : Rightmost(Memory.ReadU64(node + Left)));
        ulong child = Memory.ReadU64(node + Left) is var left and not 0 ? left : Memory.ReadU64(node + Right);
        ulong above = Memory.ReadU64(node + Parent);
        bool wasLeft = above != table && Memory.ReadU64(above + Left) == node;
        Memory.WriteU64(above + (wasLeft ? Left : Right), child);
        if (child != 0)
            Memory.WriteU64(child + Parent, above);
        while (above != table)
        {
            ulong next = Memory.ReadU64(above + Parent);
            bool nextLeft = next != table && Memory.ReadU64(next + Left) == above;
            int balance = BalanceOf(above) + (wasLeft ? 1 : -1);
            SetBalance(above, balance);
            if (balance is 1 or -1)
                return; // It was even: its depth is what it was.
            if (balance is 2 or -2 && BalanceOf(Rebalance(above)) != 0)
                return;
            above = next;
            wasLeft = nextLeft;
        }
        Memory.WriteU32(table + Depth, Memory.ReadU32(table + Depth) - 1);
    }

    /// <summary>Makes a node even whose sides differ by two; answers the node that stands in its place.</summary>
    private ulong Rebalance(ulong node)
    {
        bool rightHeavy = BalanceOf(node) > 0;
        int sign = rightHeavy ? 1 : -1;
        ulong child = Memory.ReadU64(node + (rightHeavy ? Right : Left));
        if (BalanceOf(child) == -sign)
        {
            ulong inner = Memory.ReadU64(child + (rightHeavy ? Left : Right));
            int balance = BalanceOf(inner);
            Rotate(inner);
            Rotate(inner);
            SetBalance(node, balance == sign ? -sign : 0);
            SetBalance(child, balance == -sign ? sign : 0);
            SetBalance(inner, 0);
            return inner;
        }
        bool wasEven = BalanceOf(child) == 0;
        Rotate(child);
        SetBalance(node, wasEven ? sign : 0);
        SetBalance(child, wasEven ? -sign : 0);
        return child;
    }

    /// <summary>Puts a node in the place of its parent, which becomes its child.</summary>
    private void Rotate(ulong node)
    {
        ulong parent = Memory.ReadU64(node + Parent), above = Memory.ReadU64(parent + Parent);
        bool isLeft = Memory.ReadU64(parent + Left) == node;
        ulong near = isLeft ? Left : Right, far = isLeft ? Right : Left, inner = Memory.ReadU64(node + far);
        Memory.WriteU64(parent + near, inner);
        if (inner != 0)
            Memory.WriteU64(inner + Parent, parent);
        Memory.WriteU64(above + (Memory.ReadU64(above + Left) == parent ? Left : Right), node);
        Memory.WriteU64(node + Parent, above);
        Memory.WriteU64(node + far, parent);
        Memory.WriteU64(parent + Parent, node);
    }

    /// <summary>Two nodes change places; the second lies below the first and lacks a child.</summary>
    private void Exchange(ulong upper, ulong lower)
    {
        ulong above = Memory.ReadU64(upper + Parent), left = Memory.ReadU64(upper + Left), right = Memory.ReadU64(upper + Right);
        ulong lowerAbove = Memory.ReadU64(lower + Parent), lowerLeft = Memory.ReadU64(lower + Left), lowerRight = Memory.ReadU64(lower + Right);
        int balance = BalanceOf(upper);
        SetBalance(upper, BalanceOf(lower));
        SetBalance(lower, balance);
        Memory.WriteU64(above + (Memory.ReadU64(above + Left) == upper ? Left : Right), lower);
        Memory.WriteU64(lower + Parent, above);
        Adopt(lower, Left, left == lower ? upper : left);
        Adopt(lower, Right, right == lower ? upper : right);
        if (lowerAbove != upper)
            Adopt(lowerAbove, Memory.ReadU64(lowerAbove + Left) == lower ? Left : Right, upper);
        Adopt(upper, Left, lowerLeft);
        Adopt(upper, Right, lowerRight);
    }

    private void Adopt(ulong parent, ulong side, ulong child)
    {
        Memory.WriteU64(parent + side, child);
        if (child != 0)
            Memory.WriteU64(child + Parent, parent);
    }

    private int BalanceOf(ulong node) => (sbyte)Memory.ReadU8(node + Balance);

    private void SetBalance(ulong node, int balance) => Memory.WriteU8(node + Balance, (byte)(sbyte)balance);

    private ulong Leftmost(ulong node)
    {
        for (int depth = 0; depth < MostDepth && node != 0 && Memory.ReadU64(node + Left) is var left and not 0; depth++)
            node = left;
        return node;
    }

    private ulong Rightmost(ulong node)
    {
        for (int depth = 0; depth < MostDepth && node != 0 && Memory.ReadU64(node + Right) is var right and not 0; depth++)
            node = right;
        return node;
    }

    private ulong Next(ulong table, ulong node)
    {
        if (Memory.ReadU64(node + Right) is var right and not 0)
            return Leftmost(right);
        for (ulong above = Memory.ReadU64(node + Parent); above != table; node = above, above = Memory.ReadU64(node + Parent))
            if (Memory.ReadU64(above + Left) == node)
                return above;
        return 0;
    }

    private ulong Previous(ulong table, ulong node)
    {
        if (Memory.ReadU64(node + Left) is var left and not 0)
            return Rightmost(left);
        for (ulong above = Memory.ReadU64(node + Parent); above != table; node = above, above = Memory.ReadU64(node + Parent))
            if (Memory.ReadU64(above + Right) == node)
                return above;
        return 0;
    }
}
