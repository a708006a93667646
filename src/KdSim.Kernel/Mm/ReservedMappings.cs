using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>
/// System addresses that a driver sets aside to map MDLs later without failing. The page before the addresses stays unmapped: its entry has the driver's
/// tag and the number of pages. What does not fit is bug check 0xDA.
/// </summary>
public sealed class ReservedMappings(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const int TagShift = 32, PagesShift = 12;
    private const ulong PagesMask = 0xF_FFFF;
    private const ulong BadFreeTag = 0x102, BadMapTag = 0x104, NotReserved = 0x100, BadUnmap = 0x108, TooSmall = 0x105;

    [NtExport("MmAllocateMappingAddress", MaxIrql = Irql.Dispatch)]
    public ulong MmAllocateMappingAddress(ulong NumberOfBytes, uint PoolTag)
    {
        ulong pages = NumberOfBytes / Page + (NumberOfBytes % Page != 0 ? 1u : 0);
        ulong start = pages is 0 or > PagesMask ? 0 : Kernel.SystemMemory.Reserve(SystemLayout.SystemPtes, pages + 1);
        if (start == 0)
            return 0;
        Kernel.PageTables.Set(Kernel.SystemRoot, start, (ulong)PoolTag << TagShift | pages << PagesShift | (ulong)PteBits.Reserved);
        return start + Page;
    }

    [NtExport("MmFreeMappingAddress", MaxIrql = Irql.Dispatch)]
    public void MmFreeMappingAddress(ulong BaseAddress, uint PoolTag)
    {
        ulong pages = Check(BaseAddress, PoolTag, BadFreeTag);
        Kernel.SystemMemory.Release(BaseAddress - Page, pages + 1, freePages: false);
    }

    [NtExport("MmMapLockedPagesWithReservedMapping", MaxIrql = Irql.Dispatch)]
    public ulong MmMapLockedPagesWithReservedMapping(ulong MappingAddress, uint PoolTag, Ptr<MDL> MemoryDescriptorList, MEMORY_CACHING_TYPE CacheType)
    {
        View<MDL> mdl = MemoryDescriptorList;
        ulong reserved = Check(MappingAddress, PoolTag, BadMapTag), pages = ((ulong)mdl.ByteOffset + mdl.ByteCount + Page - 1) / Page;
        if (pages > reserved)
            return 0;
        PteBits bits = PteBits.KernelData | (CacheType == MEMORY_CACHING_TYPE.MmNonCached ? PteBits.CacheDisable : 0);
        for (ulong i = 0; i < pages; i++)
        {
            ulong at = MappingAddress + i * Page;
            if ((Kernel.PageTables.Read(Kernel.SystemRoot, at) & (ulong)PteBits.Valid) != 0)
                throw new GuestBugCheck(BugCheckCode.SYSTEM_PTE_MISUSE, TooSmall, at, mdl.Address, PoolTag);
            Kernel.SystemMemory.MapPhysical(at, Memory.ReadU64(mdl.Address + MDL.SizeOf + i * 8) * Page, bits);
        }
        mdl.MappedSystemVa = MappingAddress + mdl.ByteOffset;
        mdl.MdlFlags |= MDL_FLAGS.MAPPED_TO_SYSTEM_VA | ((mdl.MdlFlags & MDL_FLAGS.PARTIAL) != 0 ? MDL_FLAGS.PARTIAL_HAS_BEEN_MAPPED : 0);
        return mdl.MappedSystemVa;
    }

    [NtExport("MmUnmapReservedMapping", MaxIrql = Irql.Dispatch)]
    public void MmUnmapReservedMapping(ulong BaseAddress, uint PoolTag, Ptr<MDL> MemoryDescriptorList)
    {
        View<MDL> mdl = MemoryDescriptorList;
        ulong start = BaseAddress & ~(Page - 1), reserved = Check(start, PoolTag, BadUnmap);
        ulong pages = ((ulong)mdl.ByteOffset + mdl.ByteCount + Page - 1) / Page;
        for (ulong i = 0; i < Math.Min(pages, reserved); i++)
            Kernel.PageTables.Set(Kernel.SystemRoot, start + i * Page, (ulong)PteBits.Reserved);
        mdl.MdlFlags &= ~(MDL_FLAGS.MAPPED_TO_SYSTEM_VA | MDL_FLAGS.PARTIAL_HAS_BEEN_MAPPED);
        mdl.MappedSystemVa = 0;
    }

    /// <summary>The number of pages of a reservation, which must have this tag.</summary>
    private ulong Check(ulong address, uint tag, ulong subcode)
    {
        ulong entry = (address & Page - 1) == 0 ? Kernel.PageTables.Read(Kernel.SystemRoot, address - Page) : 0;
        ulong pages = entry >> PagesShift & PagesMask;
        if ((entry & (ulong)(PteBits.Valid | PteBits.Reserved)) != (ulong)PteBits.Reserved || pages == 0)
            throw new GuestBugCheck(BugCheckCode.SYSTEM_PTE_MISUSE, NotReserved, address, tag);
        return (uint)(entry >> TagShift) == tag ? pages
            : throw new GuestBugCheck(BugCheckCode.SYSTEM_PTE_MISUSE, subcode, address, entry >> TagShift, tag);
    }
}
