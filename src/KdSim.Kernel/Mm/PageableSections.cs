using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;
using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Mm;

/// <summary>
/// Pageable code and data of drivers: PAGE sections, which a driver may lock for a while. A handle is the address of the section's header in the image.
/// Whole drivers can be made pageable, and back.
/// </summary>
public sealed class PageableSections(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const ulong NewHeaderAt = 0x3C, SectionCountAt = 6, OptionalSizeAt = 0x14, OptionalAt = 0x18, SectionSize = 40, VirtualSizeAt = 8, RvaAt = 12;
    private const int MaxSections = 96;

    [NtExport("MmLockPagableDataSection", MaxIrql = Irql.Apc)]
    public ulong MmLockPagableDataSection(ulong AddressWithinSection)
    {
        ulong section = Find(AddressWithinSection);
        MmLockPagableSectionByHandle(section);
        return section;
    }

    [NtExport("MmLockPagableSectionByHandle", MaxIrql = Irql.Apc)]
    public void MmLockPagableSectionByHandle(ulong ImageSectionHandle)
    {
        (ulong address, ulong pages) = RangeOf(ImageSectionHandle);
        Kernel.PageLocks.Lock(address, pages);
    }

    [NtExport("MmUnlockPagableImageSection", MaxIrql = Irql.Apc)]
    public void MmUnlockPagableImageSection(ulong ImageSectionHandle)
    {
        (ulong address, ulong pages) = RangeOf(ImageSectionHandle);
        Kernel.PageLocks.Unlock(address, pages);
    }

    /// <summary>Makes all sections of the driver pageable. The base of its image.</summary>
    [NtExport("MmPageEntireDriver", MaxIrql = Irql.Apc)]
    public ulong MmPageEntireDriver(ulong AddressWithinSection)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Module(AddressWithinSection);
        for (ulong at = module.DllBase + Page; at < module.DllBase + module.SizeOfImage; at += Page) // Its headers stay.
            Kernel.PageLocks.SetPageable(at, true);
        return module.DllBase;
    }

    /// <summary>Sections are pageable again as the image says.</summary>
    [NtExport("MmResetDriverPaging", MaxIrql = Irql.Apc)]
    public void MmResetDriverPaging(ulong AddressWithinSection)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Module(AddressWithinSection);
        PeImage image = PeImage.FromMemory((at, buffer) => Cpu.TryRead(at, buffer) == buffer.Length, module.DllBase, "module");
        for (ulong rva = 0; rva < module.SizeOfImage; rva += Page)
            Kernel.PageLocks.SetPageable(module.DllBase + rva, (SectionRights.Of(image, (uint)rva) & PteBits.Pageable) != 0);
    }

    private View<KLDR_DATA_TABLE_ENTRY> Module(ulong address)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Kernel.ModuleList.Find(address);
        return !module.IsNull ? module : throw new GuestBugCheck(BugCheckCode.MEMORY_MANAGEMENT, 0x1234, address, 1);
    }

    private ulong Find(ulong address)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Module(address);
        ulong image = module.DllBase, header = image + Memory.ReadU32(image + NewHeaderAt);
        ulong section = header + OptionalAt + Memory.ReadU16(header + OptionalSizeAt);
        int count = Math.Min((int)Memory.ReadU16(header + SectionCountAt), MaxSections);
        for (int i = 0; i < count; i++, section += SectionSize)
            if (address - image - Memory.ReadU32(section + RvaAt) < Memory.ReadU32(section + VirtualSizeAt))
                return section;
        throw new GuestBugCheck(BugCheckCode.MEMORY_MANAGEMENT, 0x1234, address, 1);
    }

    /// <summary>The pages of the section whose header a handle points to; it lies in the headers of a loaded image.</summary>
    private (ulong Address, ulong Pages) RangeOf(ulong handle)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Kernel.ModuleList.Find(handle);
        if (module.IsNull || handle - module.DllBase >= Page)
            throw new GuestBugCheck(BugCheckCode.MEMORY_MANAGEMENT, 0x1235, handle, 0);
        ulong address = module.DllBase + Memory.ReadU32(handle + RvaAt);
        ulong size = Math.Min(Memory.ReadU32(handle + VirtualSizeAt), module.SizeOfImage);
        return (address, Mdls.PagesOf(address, size));
    }
}
