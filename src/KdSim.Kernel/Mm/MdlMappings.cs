using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>System addresses for the pages of MDLs, and pages without an address for MDLs. Up to DISPATCH_LEVEL.</summary>
public sealed class MdlMappings(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const ulong FirstView = 0xB0_0000_0000, LastView = FirstView + 0x1000_0000;
    private const int NoExecute = 0x4000_0000, ReadOnly = unchecked((int)0x8000_0000);

    /// <summary>
    /// Maps locked pages into system space; 0 (or a bug check, if the caller wants that) when there is no room. Or into the user half of the current process,
    /// at an address that the caller may choose: an exception when that is not possible.
    /// </summary>
    [NtExport("MmMapLockedPagesSpecifyCache", MaxIrql = Irql.Dispatch)]
    public ulong MmMapLockedPagesSpecifyCache(Ptr<MDL> MemoryDescriptorList, sbyte AccessMode, MEMORY_CACHING_TYPE CacheType, ulong RequestedAddress,
        uint BugCheckOnFailure, int Priority)
    {
        View<MDL> mdl = MemoryDescriptorList;
        if (AccessMode != 0)
            return MapForUser(mdl, CacheType, RequestedAddress, Priority);
        if ((mdl.MdlFlags & (MDL_FLAGS.MAPPED_TO_SYSTEM_VA | MDL_FLAGS.SOURCE_IS_NONPAGED_POOL)) != 0)
            Kernel.Report(FindingKind.Other, mdl.Address, 0, (ulong)mdl.MdlFlags, "an MDL that has a system address was mapped again");
        ulong pages = Mdls.PagesOf(mdl.ByteOffset, mdl.ByteCount);
        ulong start = Kernel.SystemMemory.Reserve(SystemLayout.SystemPtes, pages + 1); // One page stays unmapped: running over the end faults.
        if (start == 0)
        {
            if (BugCheckOnFailure != 0 && (mdl.MdlFlags & MDL_FLAGS.MAPPING_CAN_FAIL) == 0)
                throw new GuestBugCheck(BugCheckCode.NO_MORE_SYSTEM_PTES, pages);
            return 0;
        }
        PteBits bits = PteBits.KernelData & ~PteBits.Global;
        if ((Priority & ReadOnly) != 0)
            bits &= ~PteBits.Write;
        if ((Priority & NoExecute) == 0)
            bits &= ~PteBits.NoExecute;
        if (CacheType == MEMORY_CACHING_TYPE.MmNonCached)
            bits |= PteBits.CacheDisable;
        for (ulong i = 0; i < pages; i++)
            Kernel.SystemMemory.MapPhysical(start + i * Page, Memory.ReadU64(Mdls.PfnSlot(mdl, i)) * Page, bits);
        mdl.MappedSystemVa = start + mdl.ByteOffset;
        mdl.MdlFlags |= MDL_FLAGS.MAPPED_TO_SYSTEM_VA | ((mdl.MdlFlags & MDL_FLAGS.PARTIAL) != 0 ? MDL_FLAGS.PARTIAL_HAS_BEEN_MAPPED : 0);
        return mdl.MappedSystemVa;
    }

    /// <summary>The pages belong to who made the MDL: they are not freed with the process.</summary>
    private ulong MapForUser(View<MDL> mdl, MEMORY_CACHING_TYPE caching, ulong wanted, int priority)
    {
        ulong pages = Mdls.PagesOf(mdl.ByteOffset, mdl.ByteCount), start = wanted != 0 ? wanted & ~(Page - 1) : FindUserRange(pages);
        ulong end = start + pages * Page, limit = Memory.ReadU64(Kernel.Data(Datum.MmUserProbeAddress));
        if (start == 0 || end > limit || end < start || CurrentRoot == Kernel.SystemRoot)
            throw new GuestException(start == 0 ? NtStatus.InsufficientResources : NtStatus.InvalidAddress);
        for (ulong i = 0; i < pages; i++)
            if (Kernel.PageTables.Read(CurrentRoot, start + i * Page) != 0)
                throw new GuestException(NtStatus.ConflictingAddresses);
        PteBits bits = PteBits.UserData | PteBits.Shared;
        if ((priority & ReadOnly) != 0)
            bits &= ~PteBits.Write;
        if (caching == MEMORY_CACHING_TYPE.MmNonCached)
            bits |= PteBits.CacheDisable;
        for (ulong i = 0; i < pages; i++)
            Kernel.PageTables.Map(CurrentRoot, start + i * Page, Memory.ReadU64(Mdls.PfnSlot(mdl, i)) * Page, bits);
        return start + mdl.ByteOffset;
    }

    private ulong CurrentRoot => Kernel.KernelObjects.Process.Pcb.DirectoryTableBase;

    /// <summary>The first free addresses of the part of a process that views are mapped into; 0 if there is no room.</summary>
    private ulong FindUserRange(ulong pages)
    {
        ulong run = 0;
        for (ulong at = FirstView; at < LastView && run < pages; at += Page)
        {
            run = Kernel.PageTables.Read(CurrentRoot, at) == 0 ? run + 1 : 0;
            if (run == pages)
                return at - (pages - 1) * Page;
        }
        return 0;
    }

    [NtExport("MmMapLockedPages", MaxIrql = Irql.Dispatch)]
    public ulong MmMapLockedPages(Ptr<MDL> MemoryDescriptorList, sbyte AccessMode) =>
        MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MEMORY_CACHING_TYPE.MmCached, 0, 1, 32);

    [NtExport("MmUnmapLockedPages", MaxIrql = Irql.Dispatch)]
    public void MmUnmapLockedPages(ulong BaseAddress, Ptr<MDL> MemoryDescriptorList)
    {
        View<MDL> mdl = MemoryDescriptorList;
        ulong pages = Mdls.PagesOf(mdl.ByteOffset, mdl.ByteCount), start = BaseAddress & ~(Page - 1);
        if (BaseAddress < Memory.ReadU64(Kernel.Data(Datum.MmUserProbeAddress)))
        {
            for (ulong i = 0; i < pages; i++)
                Kernel.PageTables.Set(CurrentRoot, start + i * Page, 0);
            return;
        }
        if ((mdl.MdlFlags & MDL_FLAGS.MAPPED_TO_SYSTEM_VA) == 0 || mdl.MappedSystemVa != BaseAddress)
            throw new GuestBugCheck(BugCheckCode.SYSTEM_PTE_MISUSE, 0, BaseAddress, mdl.Address, (ulong)mdl.MdlFlags);
        Kernel.SystemMemory.Release(start, pages + 1, freePages: false);
        mdl.MdlFlags &= ~(MDL_FLAGS.MAPPED_TO_SYSTEM_VA | MDL_FLAGS.PARTIAL_HAS_BEEN_MAPPED);
        mdl.MappedSystemVa = 0;
    }

    /// <summary>Zeroed pages of physical memory, described by an MDL that the caller frees with MmFreePagesFromMdl and ExFreePool.</summary>
    [NtExport("MmAllocatePagesForMdl", MaxIrql = Irql.Apc)]
    public Ptr<MDL> MmAllocatePagesForMdl(ulong LowAddress, ulong HighAddress, ulong SkipBytes, ulong TotalBytes)
    {
        if (TotalBytes is 0 or > 0x7FFF_F000 || TotalBytes / Page > Kernel.PhysicalPages.Available)
            return default;
        Ptr<MDL> made = Kernel.Mdls.IoAllocateMdl(0, (uint)TotalBytes, SecondaryBuffer: false, ChargeQuota: false, default);
        if (made.IsNull)
            return default;
        View<MDL> mdl = made;
        for (ulong i = 0; i < Mdls.PagesOf(0, TotalBytes); i++)
            Memory.WriteU64(Mdls.PfnSlot(mdl, i), Kernel.PhysicalPages.Allocate() / Page);
        mdl.MdlFlags |= MDL_FLAGS.PAGES_LOCKED;
        return made;
    }

    [NtExport("MmFreePagesFromMdl", MaxIrql = Irql.Apc)]
    public void MmFreePagesFromMdl(Ptr<MDL> MemoryDescriptorList)
    {
        View<MDL> mdl = MemoryDescriptorList;
        if ((mdl.MdlFlags & MDL_FLAGS.MAPPED_TO_SYSTEM_VA) != 0)
            MmUnmapLockedPages(mdl.MappedSystemVa, MemoryDescriptorList);
        for (ulong i = 0; i < Mdls.PagesOf(mdl.ByteOffset, mdl.ByteCount); i++)
            Kernel.PhysicalPages.Free(Memory.ReadU64(Mdls.PfnSlot(mdl, i)) * Page);
        mdl.MdlFlags &= ~MDL_FLAGS.PAGES_LOCKED;
    }
}
