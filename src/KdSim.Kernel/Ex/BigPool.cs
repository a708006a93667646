using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>Pool allocations of whole pages: no header, a row in PoolBigPageTable each. A row whose address is 0 or 1 is free. IRQL &lt;= DISPATCH.</summary>
[NtData("PoolBigPageTable", Rows * POOL_TRACKER_BIG_PAGES.SizeOf)]
[NtData("PoolBigPageTableSize", 8)]
public sealed class BigPool(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Rows = 4096;
    private const ulong Freed = 1;

    internal ulong TryAllocate(bool paged, ulong size, uint tag)
    {
        ulong pages = size / Pool.PageSize + (size % Pool.PageSize != 0 ? 1u : 0);
        SystemRegion region = paged ? SystemLayout.PagedPool : SystemLayout.NonPagedPool;
        if (pages > (region.End - region.Start) / Pool.PageSize)
            return 0;
        ulong address = paged ? Kernel.SystemMemory.AllocateDemandZero(region, pages) : Kernel.SystemMemory.Allocate(region, pages, PteBits.KernelData);
        if (address == 0)
            return 0;
        Memory.WriteU64(Kernel.Data(Datum.PoolBigPageTableSize), Rows);
        for (ulong probe = 0; probe < Rows; probe++)
        {
            View<POOL_TRACKER_BIG_PAGES> row = RowAt(address, probe);
            if (row.Va > Freed)
                continue;
            row.Va = address;
            row.Key = tag;
            row.PoolType = paged ? 1u : 0;
            row.NumberOfBytes = pages * Pool.PageSize;
            Kernel.PoolTracking.Allocated(paged, tag, pages * Pool.PageSize);
            Observer?.PoolAllocated(Cpu.Number, address, size, tag);
            return address;
        }
        Kernel.SystemMemory.Release(address, pages);
        return 0;
    }

    /// <summary>False if the address is no allocation of whole pages.</summary>
    internal bool TryFree(ulong address, uint tag)
    {
        if (address % Pool.PageSize != 0)
            return false;
        for (ulong probe = 0; probe < Rows; probe++)
        {
            View<POOL_TRACKER_BIG_PAGES> row = RowAt(address, probe);
            ulong found = row.Va;
            if (found == 0)
                break;
            if (found != address)
                continue;
            if (tag != 0 && (tag & 0x7FFF_FFFF) != (row.Key & 0x7FFF_FFFF))
                throw new GuestBugCheck(BugCheckCode.BAD_POOL_CALLER, 0xA, address, row.Key, tag);
            Kernel.PoolTracking.Freed(row.PoolType == 1, row.Key, row.NumberOfBytes);
            Observer?.PoolFreed(Cpu.Number, address, row.Key);
            row.Va = Freed;
            Kernel.SystemMemory.Release(address, row.NumberOfBytes / Pool.PageSize);
            return true;
        }
        throw new GuestBugCheck(BugCheckCode.BAD_POOL_CALLER, 0x46, address);
    }

    private View<POOL_TRACKER_BIG_PAGES> RowAt(ulong address, ulong probe) =>
        new(Kernel.Data(Datum.PoolBigPageTable) + (address / Pool.PageSize + probe) % Rows * POOL_TRACKER_BIG_PAGES.SizeOf);
}
