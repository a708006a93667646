using KdSim.Machine.Memory;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>
/// System address ranges of whole pages. The page tables are the book-keeping: an address whose entry is zero is free. Any IRQL up to DISPATCH.
/// </summary>
public sealed class SystemMemory(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;

    /// <summary>The system's page tables; every process shares their upper half.</summary>
    public ulong Root => Kernel.SystemRoot;

    /// <summary>Finds free consecutive addresses of a region and marks them reserved; 0 if there is no room.</summary>
    public ulong Reserve(SystemRegion region, ulong pages)
    {
        if (pages == 0 || pages > (region.End - region.Start) / Page)
            return 0;
        ulong run = 0;
        for (ulong at = region.Start; at < region.End; at += Page)
        {
            run = Kernel.PageTables.Read(Root, at) == 0 ? run + 1 : 0;
            if (run < pages)
                continue;
            ulong start = at - (pages - 1) * Page;
            for (ulong i = 0; i < pages; i++)
                Kernel.PageTables.Set(Root, start + i * Page, (ulong)PteBits.Reserved);
            return start;
        }
        return 0;
    }

    /// <summary>Backs reserved addresses with fresh zeroed pages; false (and nothing done) if memory runs out.</summary>
    public bool Commit(ulong address, ulong pages, PteBits bits)
    {
        if (Kernel.PhysicalPages.Available < pages + 8)
            return false;
        for (ulong i = 0; i < pages; i++)
            Kernel.PageTables.Set(Root, address + i * Page, Kernel.PhysicalPages.Allocate() | (ulong)bits);
        return true;
    }

    /// <summary>Reserves and commits; 0 if there is no room or no memory.</summary>
    public ulong Allocate(SystemRegion region, ulong pages, PteBits bits)
    {
        ulong address = Reserve(region, pages);
        if (address != 0 && !Commit(address, pages, bits))
        {
            Release(address, pages);
            return 0;
        }
        return address;
    }

    /// <summary>Pageable addresses: each page comes, zeroed, when it is touched below DISPATCH_LEVEL. 0 if there is no room or no memory for them.</summary>
    public ulong AllocateDemandZero(SystemRegion region, ulong pages)
    {
        ulong address = Kernel.PhysicalPages.Available < pages + 8 ? 0 : Reserve(region, pages);
        for (ulong i = 0; i < pages && address != 0; i++)
            Kernel.PageTables.Set(Root, address + i * Page, (ulong)PteBits.DemandZero);
        return address;
    }

    /// <summary>Backs a demand-zero page; false if the address is none.</summary>
    internal bool TryDemandZero(ulong address)
    {
        if (Kernel.PageTables.Read(Root, address) != (ulong)PteBits.DemandZero)
            return false;
        Kernel.PageTables.Set(Root, address, Kernel.PhysicalPages.Allocate() | (ulong)(PteBits.KernelData | PteBits.Pageable));
        return true;
    }

    /// <summary>Maps consecutive physical pages (device registers, locked pages).</summary>
    public void MapPhysical(ulong address, ulong physical, PteBits bits) => Kernel.PageTables.Set(Root, address, physical & ~0xFFFUL | (ulong)bits);

    /// <summary>Gives addresses back, and with <paramref name="freePages"/> the pages behind them.</summary>
    public void Release(ulong address, ulong pages, bool freePages = true)
    {
        for (ulong i = 0; i < pages; i++)
        {
            ulong old = Kernel.PageTables.Set(Root, address + i * Page, 0);
            if (freePages && (old & (ulong)PteBits.Valid) != 0)
                Kernel.PhysicalPages.Free(PageTables.PageOf(old));
        }
    }

    /// <summary>A kernel stack with a guard page below; returns its top and registers it. The top page is the highest.</summary>
    public ulong CreateStack(int bytes = 0x6000)
    {
        ulong pages = (ulong)bytes / Page;
        ulong start = Reserve(SystemLayout.SystemPtes, pages + 2); // A guard page on each side.
        if (start == 0 || !Commit(start + Page, pages, PteBits.KernelData))
            throw new GuestBugCheck(BugCheckCode.NO_MORE_SYSTEM_PTES, pages);
        ulong top = start + (pages + 1) * Page;
        Kernel.Stacks.Register(start + Page, top);
        return top;
    }

    /// <summary>Takes a stack of <see cref="CreateStack"/> back.</summary>
    public void DeleteStack(ulong top, int bytes = 0x6000)
    {
        ulong pages = (ulong)bytes / Page;
        ulong limit = top - pages * Page;
        Kernel.Stacks.Unregister(limit);
        Release(limit - Page, pages + 2);
    }
}
