using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>
/// Pageable code and data of drivers. Images are wholly resident in this machine, so that locking changes nothing but the answers: a handle is the address of
/// the section's header in the image.
/// </summary>
public sealed class PageableSections(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong NewHeaderAt = 0x3C, SectionCountAt = 6, OptionalSizeAt = 0x14, OptionalAt = 0x18, SectionSize = 40, VirtualSizeAt = 8, RvaAt = 12;
    private const int MaxSections = 96;

    [NtExport("MmLockPagableDataSection", MaxIrql = Irql.Apc)]
    public ulong MmLockPagableDataSection(ulong AddressWithinSection) => Find(AddressWithinSection);

    [NtExport("MmLockPagableSectionByHandle", MaxIrql = Irql.Apc)]
    public void MmLockPagableSectionByHandle(ulong ImageSectionHandle) => Require(ImageSectionHandle);

    [NtExport("MmUnlockPagableImageSection", MaxIrql = Irql.Apc)]
    public void MmUnlockPagableImageSection(ulong ImageSectionHandle) => Require(ImageSectionHandle);

    /// <summary>The base of the driver's image.</summary>
    [NtExport("MmPageEntireDriver", MaxIrql = Irql.Apc)]
    public ulong MmPageEntireDriver(ulong AddressWithinSection) => Module(AddressWithinSection).DllBase;

    [NtExport("MmResetDriverPaging", MaxIrql = Irql.Apc)]
    public void MmResetDriverPaging(ulong AddressWithinSection) => Module(AddressWithinSection);

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

    /// <summary>A handle points into the headers of a loaded image.</summary>
    private void Require(ulong handle)
    {
        if (Kernel.ModuleList.Find(handle).IsNull)
            throw new GuestBugCheck(BugCheckCode.MEMORY_MANAGEMENT, 0x1235, handle, 0);
    }
}
