using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// Pool with the classic header: pages cut into blocks of 16-byte units, each block headed by a POOL_HEADER, free ones on the list of their size.
/// Nonpaged pool and paged pool have their own region and lists. What does not fit a page is whole pages, see <see cref="BigPool"/>. IRQL &lt;= DISPATCH.
/// </summary>
[NtData("NonPagedPoolDescriptor", ListHeads * 16)]
[NtData("ExpPagedPoolDescriptor", ListHeads * 16)]
public sealed class Pool(NtKernel kernel) : KernelComponent(kernel)
{
    internal const ulong Unit = 16;
    internal const ulong PageSize = 0x1000;
    private const int ListHeads = 257;
    private const int CacheAligned = 4; // Of POOL_TYPE.
    private const ulong CacheLine = 64;
    private const int InUse = 2; // POOL_HEADER.PoolType: (type & 1) + 1, or-ed with this bit when the block is allocated.

    internal void Initialize()
    {
        Kernel.PoolTracking.Initialize();
        foreach (Datum lists in (ReadOnlySpan<Datum>)[Datum.NonPagedPoolDescriptor, Datum.ExpPagedPoolDescriptor])
            for (int i = 0; i < ListHeads; i++)
                InitializeHead(Kernel.Data(lists) + (ulong)i * 16);
    }

    /// <summary>Zeroed or not, 16-aligned (page-aligned from a page on); 0 if there is no memory.</summary>
    public ulong TryAllocate(POOL_TYPE type, ulong size, uint tag)
    {
        bool paged = ((int)type & 1) != 0, aligned = ((int)type & CacheAligned) != 0;
        ulong slack = aligned ? CacheLine - Unit : 0;
        if (size > PageSize - 2 * Unit - slack)
            return Kernel.BigPool.TryAllocate(paged, size, tag);
        int units = (int)((Math.Max(size, 1) + Unit + Unit - 1) / Unit);
        ulong block = FindFree(paged, units + (int)(slack / Unit));
        if (block == 0)
            return 0;
        if (aligned)
            block = SplitBefore(paged, block);
        Split(paged, block, units);
        View<POOL_HEADER> header = new(block);
        header.PoolType = (ushort)((paged ? 1 : 0) + 1 | InUse);
        header.PoolTag = tag;
        header.ProcessBilled = default;
        Kernel.PoolTracking.Allocated(paged, tag, (ulong)SizeOf(header) * Unit);
        Observer?.PoolAllocated(Cpu.Number, block + Unit, size, tag);
        return block + Unit;
    }

    /// <summary>Zeroed memory for the kernel's own needs.</summary>
    public ulong Allocate(POOL_TYPE type, ulong size, uint tag)
    {
        ulong address = TryAllocate(type, size, tag);
        if (address == 0)
            throw new GuestException(NtStatus.InsufficientResources);
        Memory.Fill(address, size, 0);
        return address;
    }

    /// <summary>Frees a block; what is wrong with it is a bug check, as in NT.</summary>
    public void Free(ulong address, uint tag = 0)
    {
        if (Kernel.BigPool.TryFree(address, tag))
            return;
        View<POOL_HEADER> header = new(address - Unit);
        if (address % Unit != 0 || !IsPool(address))
            throw new GuestBugCheck(BugCheckCode.BAD_POOL_CALLER, 0x46, address);
        if ((header.PoolType & InUse) == 0 || header.BlockSize == 0)
            throw new GuestBugCheck(BugCheckCode.BAD_POOL_CALLER, 7, 0, header.Ulong1, address);
        if (tag != 0 && (tag & 0x7FFF_FFFF) != (header.PoolTag & 0x7FFF_FFFF))
            throw new GuestBugCheck(BugCheckCode.BAD_POOL_CALLER, 0xA, address, header.PoolTag, tag);
        CheckNeighbour(header);
        bool paged = address >= SystemLayout.PagedPool.Start && address < SystemLayout.PagedPool.End;
        Kernel.PoolTracking.Freed(paged, header.PoolTag, (ulong)SizeOf(header) * Unit);
        Observer?.PoolFreed(Cpu.Number, address, header.PoolTag);
        Coalesce(header);
    }

    private static bool IsPool(ulong address) =>
        address - SystemLayout.NonPagedPool.Start < SystemLayout.NonPagedPool.End - SystemLayout.NonPagedPool.Start ||
        address - SystemLayout.PagedPool.Start < SystemLayout.PagedPool.End - SystemLayout.PagedPool.Start;

    private ulong FindFree(bool paged, int units)
    {
        for (int size = units; size < ListHeads; size++)
        {
            ulong head = Head(paged, size), entry = Memory.ReadU64(head);
            if (entry == head)
                continue;
            Unlink(entry);
            return entry - Unit;
        }
        ulong page = paged
            ? Kernel.SystemMemory.Allocate(SystemLayout.PagedPool, 1, PteBits.KernelData | PteBits.Pageable)
            : Kernel.SystemMemory.Allocate(SystemLayout.NonPagedPool, 1, PteBits.KernelData);
        if (page != 0)
            Memory.WriteU32(page, (uint)(PageSize / Unit) << 16 & 0xFF_0000); // 256 units read as 0 in the 8 bits: a whole page.
        return page;
    }

    /// <summary>Cuts the front off a block that stands on no list, so that the memory behind its header begins a cache line; returns the new header.</summary>
    private ulong SplitBefore(bool paged, ulong block)
    {
        View<POOL_HEADER> header = new(block);
        int front = (int)((0 - (block + Unit)) % CacheLine / Unit), size = SizeOf(header);
        if (front == 0)
            return block;
        View<POOL_HEADER> rest = new(block + (ulong)front * Unit);
        rest.Ulong1 = (uint)front | (uint)(size - front & 0xFF) << 16;
        SetPreviousOfNext(rest, size - front);
        header.BlockSize = (ushort)front;
        Insert(paged, header, front);
        return rest.Address;
    }

    /// <summary>A block written beyond its end has overwritten the header behind it: bug check 0x19/20 before anything changes.</summary>
    private static void CheckNeighbour(View<POOL_HEADER> header)
    {
        int size = SizeOf(header);
        View<POOL_HEADER> next = new(header.Address + (ulong)size * Unit);
        if (next.Address % PageSize != 0 && next.PreviousSize != (size & 0xFF))
            throw new GuestBugCheck(BugCheckCode.BAD_POOL_HEADER, 0x20, header.Address, next.Address, header.Ulong1);
    }

    /// <summary>Cuts what is not needed off a block that stands on no list, and puts it on its list.</summary>
    private void Split(bool paged, ulong block, int units)
    {
        View<POOL_HEADER> header = new(block);
        int size = SizeOf(header);
        if (size > units)
        {
            View<POOL_HEADER> rest = new(block + (ulong)units * Unit);
            rest.Ulong1 = (uint)units | (uint)(size - units & 0xFF) << 16;
            SetPreviousOfNext(rest, size - units);
            header.BlockSize = (ushort)units;
            Insert(paged, rest, size - units);
        }
    }

    private void Coalesce(View<POOL_HEADER> header)
    {
        bool paged = header.Address >= SystemLayout.PagedPool.Start && header.Address < SystemLayout.PagedPool.End;
        header.PoolType = 0;
        int size = SizeOf(header);
        View<POOL_HEADER> next = new(header.Address + (ulong)size * Unit);
        if (next.Address % PageSize != 0)
        {
            if ((next.PoolType & InUse) == 0)
            {
                Unlink(next.Address + Unit);
                size += SizeOf(next);
            }
        }
        if (header.PreviousSize != 0)
        {
            View<POOL_HEADER> previous = new(header.Address - (ulong)header.PreviousSize * Unit);
            if (previous.BlockSize != header.PreviousSize)
                throw new GuestBugCheck(BugCheckCode.BAD_POOL_HEADER, 0x20, previous.Address, header.Address, previous.Ulong1);
            if ((previous.PoolType & InUse) == 0)
            {
                Unlink(previous.Address + Unit);
                size += SizeOf(previous);
                header = previous;
            }
        }
        if (size == (int)(PageSize / Unit))
        {
            Kernel.SystemMemory.Release(header.Address, 1);
            return;
        }
        header.BlockSize = (ushort)size;
        SetPreviousOfNext(header, size);
        Insert(paged, header, size);
    }

    private static int SizeOf(View<POOL_HEADER> header) => header.BlockSize == 0 ? (int)(PageSize / Unit) : header.BlockSize;

    private static void SetPreviousOfNext(View<POOL_HEADER> header, int size)
    {
        View<POOL_HEADER> next = new(header.Address + (ulong)size * Unit);
        if (next.Address % PageSize != 0)
            next.PreviousSize = (ushort)size;
    }

    private ulong Head(bool paged, int units) =>
        Kernel.Data(paged ? Datum.ExpPagedPoolDescriptor : Datum.NonPagedPoolDescriptor) + (ulong)units * 16;

    /// <summary>A free block of one unit has no room for links: it waits for its neighbours.</summary>
    private void Insert(bool paged, View<POOL_HEADER> header, int units)
    {
        header.PoolType = 0;
        if (units < 2)
            return;
        ulong head = Head(paged, units), entry = header.Address + Unit, first = Memory.ReadU64(head);
        Memory.WriteU64(entry, first);
        Memory.WriteU64(entry + 8, head);
        Memory.WriteU64(first + 8, entry);
        Memory.WriteU64(head, entry);
    }

    private void Unlink(ulong entry)
    {
        if (SizeOf(new View<POOL_HEADER>(entry - Unit)) < 2)
            return;
        ulong next = Memory.ReadU64(entry), previous = Memory.ReadU64(entry + 8);
        if (Memory.ReadU64(next + 8) != entry || Memory.ReadU64(previous) != entry)
            throw new GuestBugCheck(BugCheckCode.BAD_POOL_HEADER, 3, entry, next, previous);
        Memory.WriteU64(previous, next);
        Memory.WriteU64(next + 8, previous);
    }

    private void InitializeHead(ulong head)
    {
        Memory.WriteU64(head, head);
        Memory.WriteU64(head + 8, head);
    }
}
