using KdSim.Kernel.Images;
using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Mm;

/// <summary>
/// The user half of address spaces: pages of a process's own, and the images and the shared data page that all processes have in common. These are mapped in
/// the System process at boot, from where others take them.
/// </summary>
public sealed class UserMemory(NtKernel kernel) : KernelComponent(kernel)
{
    public const ulong Page = 0x1000;

    /// <summary>KUSER_SHARED_DATA as user mode sees it.</summary>
    public const ulong SharedData = 0x7FFE_0000;

    /// <summary>The PEB, behind it a page of loader data, then TEBs of two pages each; and the stacks, one for each TEB.</summary>
    public const ulong Peb = 0xA0_0000_0000, LoaderData = Peb + Page, FirstTeb = Peb + 0x1_0000, FirstStack = 0xA1_0000_0000;

    public const ulong TebSize = 2 * Page, StackSize = 4 * Page, StackReserve = 0x10_0000;
    public const int MostThreads = 256;

    /// <summary>Loads the images of user mode for all processes.</summary>
    internal void Initialize()
    {
        ulong root = Kernel.SystemRoot;
        foreach (SyntheticImage image in Kernel.Images.User)
        {
            PeImage pe = PeImage.Parse(image.File, image.Name);
            byte[] content = pe.Map();
            for (uint rva = 0; rva < content.Length; rva += (uint)Page)
            {
                ulong physical = Kernel.PhysicalPages.Allocate();
                Kernel.Computer.Memory.Write(physical, content.AsSpan((int)rva, (int)Math.Min(Page, (ulong)content.Length - rva)));
                PteBits rights = SectionRights.Of(pe, rva) & ~PteBits.Global | PteBits.User | PteBits.Shared;
                Kernel.PageTables.Map(root, image.Base + rva, physical, rights);
            }
        }
        ulong shared = PageTables.PageOf(Kernel.PageTables.Read(root, SystemLayout.SharedUserData));
        Kernel.PageTables.Map(root, SharedData, shared, PteBits.Valid | PteBits.Accessed | PteBits.User | PteBits.NoExecute | PteBits.Shared);
    }

    /// <summary>Gives a new address space what all have.</summary>
    public void MapShared(ulong root)
    {
        foreach (SyntheticImage image in Kernel.Images.User)
            for (ulong at = image.Base; Kernel.PageTables.Read(Kernel.SystemRoot, at) is var content and not 0; at += Page)
                Kernel.PageTables.Set(root, at, content);
        Kernel.PageTables.Set(root, SharedData, Kernel.PageTables.Read(Kernel.SystemRoot, SharedData));
    }

    /// <summary>Zeroed pages that user mode may write, at an address where none are.</summary>
    public void Map(ulong root, ulong address, ulong size)
    {
        for (ulong at = address; at < address + size; at += Page)
            Kernel.PageTables.Map(root, at, Kernel.PhysicalPages.Allocate(), PteBits.UserData);
    }

    /// <summary>Gives such pages back.</summary>
    public void Unmap(ulong root, ulong address, ulong size)
    {
        for (ulong at = address; at < address + size; at += Page)
            if (Kernel.PageTables.Set(root, at, 0) is var content and not 0)
                Kernel.PhysicalPages.Free(PageTables.PageOf(content));
    }

    public bool IsMapped(ulong root, ulong address) => Kernel.PageTables.TryTranslate(root, address, out _);
}
