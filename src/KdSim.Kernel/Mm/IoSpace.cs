using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>
/// Physical addresses, and system addresses for them: device registers and memory that is physically contiguous. A range's length is not noted anywhere but in
/// its page table: the entry of its last page is marked. Up to DISPATCH_LEVEL.
/// </summary>
public sealed class IoSpace(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const ulong Offset = Page - 1;
    private const ulong PhysicalEnd = 1UL << 48;
    private const uint ProtectReadOnly = 2, ProtectReadWrite = 4, ProtectExecute = 0xF0, ProtectNoCache = 0x200;

    [NtExport("MmMapIoSpace", MaxIrql = Irql.Dispatch)]
    public ulong MmMapIoSpace(ulong PhysicalAddress, ulong NumberOfBytes, MEMORY_CACHING_TYPE CacheType) =>
        Map(PhysicalAddress, NumberOfBytes, PteBits.KernelData | CacheBits(CacheType));

    [NtExport("MmMapIoSpaceEx", MaxIrql = Irql.Dispatch)]
    public ulong MmMapIoSpaceEx(ulong PhysicalAddress, ulong NumberOfBytes, uint Protect)
    {
        PteBits bits = PteBits.KernelData;
        if ((Protect & 0xFF) is 0 or ProtectReadOnly or 0x20)
            bits &= ~PteBits.Write;
        if ((Protect & ProtectExecute) != 0)
            bits &= ~PteBits.NoExecute;
        if ((Protect & ProtectNoCache) != 0)
            bits |= PteBits.CacheDisable;
        return Map(PhysicalAddress, NumberOfBytes, bits);
    }

    [NtExport("MmUnmapIoSpace", MaxIrql = Irql.Dispatch)]
    public void MmUnmapIoSpace(ulong BaseAddress, ulong NumberOfBytes)
    {
        const ulong BadUnmap = 0x400;
        ulong pages = Mapped(BaseAddress);
        if (pages == 0 || pages != PagesOf(BaseAddress, NumberOfBytes))
            throw new GuestBugCheck(BugCheckCode.SYSTEM_PTE_MISUSE, BadUnmap, BaseAddress, PagesOf(BaseAddress, NumberOfBytes), pages);
        Kernel.SystemMemory.Release(BaseAddress & ~Offset, pages, freePages: false);
    }

    [NtExport("MmAllocateContiguousMemory", MaxIrql = Irql.Dispatch)]
    public ulong MmAllocateContiguousMemory(ulong NumberOfBytes, ulong HighestAcceptableAddress) =>
        Allocate(NumberOfBytes, 0, HighestAcceptableAddress, 0, PteBits.KernelData);

    [NtExport("MmAllocateContiguousMemorySpecifyCache", MaxIrql = Irql.Dispatch)]
    public ulong MmAllocateContiguousMemorySpecifyCache(ulong NumberOfBytes, ulong LowestAcceptableAddress, ulong HighestAcceptableAddress,
        ulong BoundaryAddressMultiple, MEMORY_CACHING_TYPE CacheType) =>
        Allocate(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple, PteBits.KernelData | CacheBits(CacheType));

    /// <summary>The machine has one node.</summary>
    [NtExport("MmAllocateContiguousMemorySpecifyCacheNode", MaxIrql = Irql.Dispatch)]
    public ulong MmAllocateContiguousMemorySpecifyCacheNode(ulong NumberOfBytes, ulong LowestAcceptableAddress, ulong HighestAcceptableAddress,
        ulong BoundaryAddressMultiple, MEMORY_CACHING_TYPE CacheType, uint PreferredNode) =>
        MmAllocateContiguousMemorySpecifyCache(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple, CacheType);

    [NtExport("MmAllocateContiguousNodeMemory", MaxIrql = Irql.Dispatch)]
    public ulong MmAllocateContiguousNodeMemory(ulong NumberOfBytes, ulong LowestAcceptableAddress, ulong HighestAcceptableAddress,
        ulong BoundaryAddressMultiple, uint Protect, uint PreferredNode)
    {
        PteBits bits = PteBits.KernelData | ((Protect & ProtectNoCache) != 0 ? PteBits.CacheDisable : 0);
        if ((Protect & ProtectExecute) != 0)
            bits &= ~PteBits.NoExecute;
        return Allocate(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple, bits);
    }

    [NtExport("MmFreeContiguousMemory", MaxIrql = Irql.Dispatch)]
    public void MmFreeContiguousMemory(ulong BaseAddress) => FreeRange(BaseAddress);

    [NtExport("MmFreeContiguousMemorySpecifyCache", MaxIrql = Irql.Dispatch)]
    public void MmFreeContiguousMemorySpecifyCache(ulong BaseAddress, ulong NumberOfBytes, MEMORY_CACHING_TYPE CacheType) => FreeRange(BaseAddress);

    [NtExport("MmAllocateNonCachedMemory", MaxIrql = Irql.Apc)]
    public ulong MmAllocateNonCachedMemory(ulong NumberOfBytes) =>
        Allocate(NumberOfBytes, 0, ulong.MaxValue, 0, PteBits.KernelData | PteBits.CacheDisable);

    [NtExport("MmFreeNonCachedMemory", MaxIrql = Irql.Apc)]
    public void MmFreeNonCachedMemory(ulong BaseAddress, ulong NumberOfBytes) => FreeRange(BaseAddress);

    /// <summary>0 if the address is not mapped.</summary>
    [NtExport("MmGetPhysicalAddress")]
    public ulong MmGetPhysicalAddress(ulong BaseAddress) =>
        IsCanonical(BaseAddress) && Kernel.PageTables.TryTranslate(Cpu.State.Cr3, BaseAddress, out ulong physical) ? physical : 0;

    [NtExport("MmIsAddressValid", MaxIrql = Irql.Dispatch)]
    public bool MmIsAddressValid(ulong VirtualAddress) =>
        IsCanonical(VirtualAddress) && Kernel.PageTables.TryTranslate(Cpu.State.Cr3, VirtualAddress, out _);

    /// <summary>Contiguous memory at a system address; 0 if there is none. All of it is released by <see cref="FreeRange"/>.</summary>
    public ulong Allocate(ulong bytes, ulong lowest, ulong highest, ulong boundary, PteBits bits)
    {
        ulong pages = PagesOf(0, bytes);
        if (pages == 0 || pages > (ulong)Kernel.Computer.Memory.PageCount || pages * Page - 1 > highest || (boundary & (boundary - 1)) != 0)
            return 0;
        ulong alignment = boundary == 0 ? Page : System.Numerics.BitOperations.RoundUpToPowerOf2(pages * Page);
        if (boundary != 0 && alignment > boundary)
            return 0;
        ulong physical = Kernel.PhysicalPages.TryAllocateContiguous(pages, alignment);
        if (physical == 0)
            return 0;
        ulong address = physical >= lowest && physical + pages * Page - 1 <= highest ? Map(physical, pages * Page, bits) : 0;
        for (ulong i = 0; i < pages && address == 0; i++)
            Kernel.PhysicalPages.Free(physical + i * Page);
        return address;
    }

    /// <summary>Takes back what <see cref="Allocate"/> gave; another address is bug check 0xDA.</summary>
    public void FreeRange(ulong address)
    {
        const ulong BadFree = 0x401;
        ulong pages = Mapped(address);
        if (pages == 0 || (address & Offset) != 0)
            throw new GuestBugCheck(BugCheckCode.SYSTEM_PTE_MISUSE, BadFree, address);
        Kernel.SystemMemory.Release(address, pages);
    }

    private ulong Map(ulong physical, ulong bytes, PteBits bits)
    {
        ulong pages = PagesOf(physical, bytes);
        if (pages == 0 || physical >= PhysicalEnd)
            return 0;
        ulong start = Kernel.SystemMemory.Reserve(SystemLayout.SystemPtes, pages);
        for (ulong i = 0; i < pages && start != 0; i++)
            Kernel.SystemMemory.MapPhysical(start + i * Page, physical + i * Page, bits | (i == pages - 1 ? PteBits.EndOfRange : 0));
        return start == 0 ? 0 : start | (physical & Offset);
    }

    /// <summary>Pages from an address to the marked end of its range; 0 if it is no such range.</summary>
    private ulong Mapped(ulong address)
    {
        SystemRegion region = SystemLayout.SystemPtes;
        for (ulong at = address & ~Offset, pages = 1; at >= region.Start && at < region.End; at += Page, pages++)
        {
            ulong entry = Kernel.PageTables.Read(Kernel.SystemRoot, at);
            if ((entry & (ulong)PteBits.Valid) == 0)
                return 0;
            if ((entry & (ulong)PteBits.EndOfRange) != 0)
                return pages;
        }
        return 0;
    }

    private static PteBits CacheBits(MEMORY_CACHING_TYPE type) => type switch
    {
        MEMORY_CACHING_TYPE.MmNonCached => PteBits.CacheDisable | PteBits.WriteThrough,
        MEMORY_CACHING_TYPE.MmWriteCombined => PteBits.WriteThrough,
        _ => PteBits.None,
    };

    private static bool IsCanonical(ulong address) => (ulong)((long)address << 16 >> 16) == address;

    private static ulong PagesOf(ulong address, ulong bytes) => bytes == 0 || bytes > PhysicalEnd ? 0 : ((address & Offset) + bytes + Offset) / Page;
}
