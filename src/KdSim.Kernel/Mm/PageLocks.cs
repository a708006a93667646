using KdSim.Machine.Memory;

namespace KdSim.Kernel.Mm;

/// <summary>
/// Pages of pageable system memory that somebody needs at any IRQL: MDLs whose pages are locked, sections that a driver locked. An entry counts its locks in
/// bits that processors ignore; a locked page is not pageable. Other memory is never taken away and needs no count. Any IRQL.
/// </summary>
public sealed class PageLocks(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const int CountShift = 52;
    private const ulong MaxCount = 0x3FF;

    public void Lock(ulong address, ulong pages)
    {
        for (ulong at = address & ~(Page - 1); pages > 0; pages--, at += Page)
            if (Entry(at) is var entry && IsPageable(entry) && CountOf(entry) < MaxCount)
                Set(at, (entry & ~(ulong)PteBits.Pageable) + (1UL << CountShift));
    }

    public void Unlock(ulong address, ulong pages)
    {
        for (ulong at = address & ~(Page - 1); pages > 0; pages--, at += Page)
        {
            ulong entry = Entry(at);
            if (CountOf(entry) == 0)
                continue;
            entry -= 1UL << CountShift;
            Set(at, CountOf(entry) == 0 ? entry | (ulong)PteBits.Pageable : entry);
        }
    }

    /// <summary>Makes a page of an image pageable or not; what is locked stays until it is unlocked.</summary>
    public void SetPageable(ulong address, bool pageable)
    {
        ulong entry = Entry(address);
        if ((entry & (ulong)PteBits.Valid) == 0 || CountOf(entry) != 0)
            return;
        Set(address, pageable ? entry | (ulong)PteBits.Pageable : entry & ~(ulong)PteBits.Pageable);
    }

    private static bool IsPageable(ulong entry) => (entry & (ulong)PteBits.Valid) != 0 && ((entry & (ulong)PteBits.Pageable) != 0 || CountOf(entry) != 0);

    private static ulong CountOf(ulong entry) => (entry & (ulong)PteBits.Valid) != 0 ? entry >> CountShift & MaxCount : 0;

    private ulong Entry(ulong address) => PageFaults.IsSystemAddress(address) ? Kernel.PageTables.Read(Kernel.SystemRoot, address) : 0;

    private void Set(ulong address, ulong content) => Kernel.PageTables.Set(Kernel.SystemRoot, address, content);
}
