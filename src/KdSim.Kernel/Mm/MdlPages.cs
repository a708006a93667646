using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>MDLs whose pages nobody has an address for, and what can be done to an MDL later. Up to DISPATCH_LEVEL.</summary>
public sealed class MdlPages(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const uint RequireContiguous = 0x20, FullyRequired = 4;
    private const uint NoAccess = 1, ReadOnly = 2, ReadWrite = 4, Execute = 0x10, ExecuteRead = 0x20, ExecuteReadWrite = 0x40;

    /// <summary>Zeroed pages, as many as there are unless all are required; contiguous if that is asked for.</summary>
    [NtExport("MmAllocatePagesForMdlEx", MaxIrql = Irql.Dispatch)]
    public Ptr<MDL> MmAllocatePagesForMdlEx(ulong LowAddress, ulong HighAddress, ulong SkipBytes, ulong TotalBytes, MEMORY_CACHING_TYPE CacheType,
        uint Flags) =>
        (Flags & RequireContiguous) != 0 ? Contiguous(TotalBytes, LowAddress, HighAddress)
            : Kernel.MdlMappings.MmAllocatePagesForMdl(LowAddress, HighAddress, SkipBytes, Fitting(TotalBytes, (Flags & FullyRequired) != 0));

    /// <summary>The machine has one node.</summary>
    [NtExport("MmAllocateNodePagesForMdlEx", MaxIrql = Irql.Dispatch)]
    public Ptr<MDL> MmAllocateNodePagesForMdlEx(ulong LowAddress, ulong HighAddress, ulong SkipBytes, ulong TotalBytes, MEMORY_CACHING_TYPE CacheType,
        uint IdealNode, uint Flags) => MmAllocatePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, CacheType, Flags);

    /// <summary>Describes device memory, or RAM that the system does not manage, by its physical ranges.</summary>
    [NtExport("MmAllocateMdlForIoSpace", MaxIrql = Irql.Dispatch)]
    public NtStatus MmAllocateMdlForIoSpace(ulong PhysicalAddressList, ulong NumberOfEntries, Ptr<Ptr<MDL>> NewMdl)
    {
        NewMdl.Write(default);
        ulong bytes = 0;
        for (ulong i = 0; i < Math.Min(NumberOfEntries, 1000); i++)
        {
            ulong start = Memory.ReadU64(PhysicalAddressList + i * 16), length = Memory.ReadU64(PhysicalAddressList + i * 16 + 8);
            if (length == 0 || (start | length) % Page != 0 || length > 0x7FFF_F000 - bytes)
                return NtStatus.InvalidParameter1;
            if (start < Kernel.Computer.Memory.Size)
                return NtStatus.InvalidParameter1; // RAM of the system.
            bytes += length;
        }
        Ptr<MDL> made = bytes == 0 ? default : Kernel.Mdls.IoAllocateMdl(0, (uint)bytes, false, false, default);
        if (made.IsNull)
            return bytes == 0 ? NtStatus.InvalidParameter2 : NtStatus.InsufficientResources;
        View<MDL> mdl = made;
        for (ulong i = 0, page = 0; i < NumberOfEntries; i++)
            for (ulong at = 0; at < Memory.ReadU64(PhysicalAddressList + i * 16 + 8); at += Page)
                Memory.WriteU64(Mdls.PfnSlot(mdl, page++), (Memory.ReadU64(PhysicalAddressList + i * 16) + at) / Page);
        mdl.MdlFlags |= MDL_FLAGS.PAGES_LOCKED | MDL_FLAGS.IO_SPACE;
        NewMdl.Write(made);
        return NtStatus.Success;
    }

    /// <summary>Changes the rights of the system addresses that an MDL is mapped at.</summary>
    [NtExport("MmProtectMdlSystemAddress", MaxIrql = Irql.Dispatch)]
    public NtStatus MmProtectMdlSystemAddress(Ptr<MDL> MemoryDescriptorList, uint NewProtect)
    {
        View<MDL> mdl = MemoryDescriptorList;
        if ((mdl.MdlFlags & MDL_FLAGS.MAPPED_TO_SYSTEM_VA) == 0)
            return NtStatus.NotMappedView;
        uint rights = NewProtect & 0xFF;
        if (rights is not (NoAccess or ReadOnly or ReadWrite or Execute or ExecuteRead or ExecuteReadWrite))
            return NtStatus.InvalidPageProtection;
        ulong start = mdl.MappedSystemVa & ~(Page - 1);
        for (ulong i = 0; i < Mdls.PagesOf(mdl.ByteOffset, mdl.ByteCount); i++)
        {
            PteBits bits = (PteBits)Kernel.PageTables.Read(Kernel.SystemRoot, start + i * Page) & ~(PteBits.Write | PteBits.NoExecute | PteBits.Valid);
            bits |= rights is NoAccess ? 0 : PteBits.Valid;
            bits |= rights is ReadWrite or ExecuteReadWrite ? PteBits.Write : 0;
            bits |= rights < Execute ? PteBits.NoExecute : 0;
            Kernel.PageTables.Set(Kernel.SystemRoot, start + i * Page, (ulong)bits);
        }
        return NtStatus.Success;
    }

    /// <summary>Moves the start of what an MDL describes forward; whole pages go.</summary>
    [NtExport("MmAdvanceMdl", MaxIrql = Irql.Dispatch)]
    public NtStatus MmAdvanceMdl(Ptr<MDL> Mdl, uint NumberOfBytes)
    {
        View<MDL> mdl = Mdl;
        if (NumberOfBytes >= mdl.ByteCount)
            return NtStatus.InvalidParameter2;
        ulong pages = (mdl.ByteOffset + NumberOfBytes) / Page, left = Mdls.PagesOf(mdl.ByteOffset, mdl.ByteCount) - pages;
        for (ulong i = 0; pages != 0 && i < left; i++)
            Memory.WriteU64(Mdls.PfnSlot(mdl, i), Memory.ReadU64(Mdls.PfnSlot(mdl, i + pages)));
        if (pages != 0 && (mdl.MdlFlags & MDL_FLAGS.MAPPED_TO_SYSTEM_VA) != 0)
            Kernel.SystemMemory.Release(mdl.MappedSystemVa & ~(Page - 1), pages, freePages: false);
        mdl.StartVa += pages * Page;
        mdl.ByteOffset = (uint)((mdl.ByteOffset + NumberOfBytes) % Page);
        mdl.ByteCount -= NumberOfBytes;
        if ((mdl.MdlFlags & (MDL_FLAGS.MAPPED_TO_SYSTEM_VA | MDL_FLAGS.SOURCE_IS_NONPAGED_POOL)) != 0)
            mdl.MappedSystemVa += NumberOfBytes;
        return NtStatus.Success;
    }

    private ulong Fitting(ulong bytes, bool all)
    {
        ulong available = Kernel.PhysicalPages.Available * Page;
        return bytes <= available ? bytes : all ? 0 : available / 2 & ~(Page - 1);
    }

    private Ptr<MDL> Contiguous(ulong bytes, ulong lowest, ulong highest)
    {
        ulong pages = Mdls.PagesOf(0, bytes);
        ulong first = bytes is 0 or > 0x7FFF_F000 ? 0 : Kernel.PhysicalPages.TryAllocateContiguous(pages);
        bool fits = first != 0 && first >= lowest && first + pages * Page - 1 <= highest;
        Ptr<MDL> made = fits ? Kernel.Mdls.IoAllocateMdl(0, (uint)bytes, false, false, default) : default;
        for (ulong i = 0; i < pages && first != 0; i++)
            if (made.IsNull)
                Kernel.PhysicalPages.Free(first + i * Page);
            else
                Memory.WriteU64(Mdls.PfnSlot(made, i), first / Page + i);
        if (made.IsNull)
            return default;
        View<MDL> mdl = made;
        mdl.MdlFlags |= MDL_FLAGS.PAGES_LOCKED;
        return made;
    }
}
