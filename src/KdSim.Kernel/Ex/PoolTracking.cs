using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// Counts of pool by tag in nt!PoolTrackTable, as !poolused reads them: a row a tag, found by hash, at most one row for all tags that no longer fit (the last,
/// 'Ovfl'). IRQL &lt;= DISPATCH.
/// </summary>
[NtData("PoolTrackTable", Rows * POOL_TRACKER_TABLE.SizeOf, Type = "_POOL_TRACKER_TABLE")]
[NtData("PoolTrackTableSize", 8)]
public sealed class PoolTracking(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Rows = 1024;
    private const int OverflowTag = 0x6C66764F; // "Ovfl"

    internal void Initialize()
    {
        Memory.WriteU64(Kernel.Data(Datum.PoolTrackTableSize), Rows);
        View<POOL_TRACKER_TABLE> overflow = RowAt(Rows - 1);
        overflow.Key = OverflowTag;
    }

    internal void Allocated(bool paged, uint tag, ulong bytes)
    {
        View<POOL_TRACKER_TABLE> row = Find((int)tag);
        if (paged)
        {
            row.PagedAllocs++;
            row.PagedBytes += bytes;
        }
        else
        {
            row.NonPagedAllocs++;
            row.NonPagedBytes += bytes;
        }
    }

    internal void Freed(bool paged, uint tag, ulong bytes)
    {
        View<POOL_TRACKER_TABLE> row = Find((int)tag);
        if (paged)
        {
            row.PagedFrees++;
            row.PagedBytes -= bytes;
        }
        else
        {
            row.NonPagedFrees++;
            row.NonPagedBytes -= bytes;
        }
    }

    private View<POOL_TRACKER_TABLE> Find(int tag)
    {
        uint start = (uint)tag * 2654435761u >> 16;
        for (uint probe = 0; probe < Rows; probe++)
        {
            View<POOL_TRACKER_TABLE> row = RowAt((start + probe) % Rows);
            int key = row.Key;
            if (key == 0)
                row.Key = key = tag;
            if (key == tag)
                return row;
        }
        return RowAt(Rows - 1);
    }

    private View<POOL_TRACKER_TABLE> RowAt(uint index) => new(Kernel.Data(Datum.PoolTrackTable) + (ulong)index * POOL_TRACKER_TABLE.SizeOf);
}
