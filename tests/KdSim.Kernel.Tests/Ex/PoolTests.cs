using KdSim.Kernel.Routines;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Ex;

public class PoolTests
{
    private const uint Tag = 0x31676154;

    [Fact]
    public void The_track_table_counts_allocations_and_frees_by_tag()
    {
        using var guest = new GuestCaller();
        ulong small = guest.Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, 100, Tag), big = guest.Kernel.Pool.Allocate(POOL_TYPE.PagedPool, 9000, Tag);
        View<POOL_TRACKER_TABLE> row = Row(guest, (int)Tag);
        Assert.Equal((1u, 0u, 0x80ul), (row.NonPagedAllocs, row.NonPagedFrees, row.NonPagedBytes));
        Assert.Equal((1u, 0u, 0x3000ul), (row.PagedAllocs, row.PagedFrees, row.PagedBytes));
        guest.Kernel.Pool.Free(small, Tag);
        guest.Kernel.Pool.Free(big, Tag);
        Assert.Equal((1u, 0ul), (row.NonPagedFrees, row.NonPagedBytes));
        Assert.Equal((1u, 0ul), (row.PagedFrees, row.PagedBytes));
    }

    [Fact]
    public void A_page_of_paged_pool_comes_when_it_is_touched_and_not_at_dispatch_level()
    {
        using var guest = new GuestCaller();
        guest.Cpu.SetCr8(Irql.Passive);
        ulong block = guest.Kernel.Pool.TryAllocate(POOL_TYPE.PagedPool, 0x10000, Tag);
        Assert.False(guest.Kernel.PageTables.TryTranslate(guest.Kernel.SystemRoot, block + 0x3000, out _));
        Assert.Equal(0ul, guest.Kernel.Memory.ReadU64(block + 0x3008));
        Assert.True(guest.Kernel.PageTables.TryTranslate(guest.Kernel.SystemRoot, block + 0x3000, out _));
        guest.Cpu.SetCr8(Irql.Dispatch);
        var fault = Assert.Throws<GuestBugCheck>(() => guest.Kernel.Memory.ReadU64(block + 0x8000));
        Assert.Equal((block + 0x8000, (ulong)Irql.Dispatch), (fault.Parameter1, fault.Parameter2));
        guest.Kernel.Pool.Free(block, Tag);
        Assert.Equal(0ul, guest.Kernel.PageTables.Read(guest.Kernel.SystemRoot, block + 0x8000));
    }

    [Fact]
    public void Cache_aligned_blocks_begin_a_cache_line_and_leave_sound_neighbours()
    {
        using var guest = new GuestCaller();
        var blocks = new List<ulong>();
        for (int i = 0; i < 100; i++)
            blocks.Add(guest.Kernel.Pool.Allocate(i % 3 == 0 ? POOL_TYPE.NonPagedPool : POOL_TYPE.NonPagedPoolCacheAligned, (ulong)(i * 7 + 1), Tag));
        Assert.All(blocks.Where((_, i) => i % 3 != 0), b => Assert.Equal(0ul, b % 64));
        foreach (ulong block in blocks)
            guest.Kernel.Pool.Free(block, Tag);
    }

    [Fact]
    public void Writing_beyond_a_block_is_found_when_it_is_freed()
    {
        using var guest = new GuestCaller();
        ulong block = guest.Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, 32, Tag);
        guest.Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, 32, Tag);
        guest.Kernel.Memory.WriteU64(block + 32, 0x4141_4141_4141_4141);
        var found = Assert.Throws<GuestBugCheck>(() => guest.Kernel.Pool.Free(block, Tag));
        Assert.Equal((BugCheckCode.BAD_POOL_HEADER, 0x20ul, block - 16), (found.Code, found.Parameter1, found.Parameter2));
    }

    [Fact]
    public void Another_tag_is_a_bug_check_for_large_blocks_too()
    {
        using var guest = new GuestCaller();
        ulong block = guest.Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, 0x2000, Tag);
        var found = Assert.Throws<GuestBugCheck>(() => guest.Kernel.Pool.Free(block, Tag + 1));
        Assert.Equal((BugCheckCode.BAD_POOL_CALLER, 0xAul, block), (found.Code, found.Parameter1, found.Parameter2));
    }

    private static View<POOL_TRACKER_TABLE> Row(GuestCaller guest, int tag)
    {
        ulong table = guest.Kernel.Data(Datum.PoolTrackTable), rows = guest.Kernel.Memory.ReadU64(guest.Kernel.Data(Datum.PoolTrackTableSize));
        for (ulong i = 0; i < rows; i++)
        {
            View<POOL_TRACKER_TABLE> row = new(table + i * POOL_TRACKER_TABLE.SizeOf);
            if (row.Key == tag)
                return row;
        }
        throw new InvalidOperationException("no row for the tag");
    }
}
