using KdSim.Machine.Memory;

namespace KdSim.Kernel.Mm;

/// <summary>Bits of a page table entry; 9 to 11 are for software.</summary>
[Flags]
public enum PteBits : ulong
{
    None = 0,
    Valid = 1,
    Write = 2,
    User = 4,
    WriteThrough = 8,
    CacheDisable = 0x10,
    Accessed = 0x20,
    Dirty = 0x40,
    LargePage = 0x80,
    Global = 0x100,

    /// <summary>Not valid, but taken: a guard page or an address range that is reserved.</summary>
    Reserved = 0x200,

    /// <summary>Pageable memory: with force IRQL checking, processors see no such page at DISPATCH_LEVEL and above.</summary>
    Pageable = 0x400,

    /// <summary>The last page of a range that is given back as a whole (contiguous memory, mappings).</summary>
    EndOfRange = 0x800,

    /// <summary>A page of an image that several processes map: it is not freed with one of them.</summary>
    Shared = 1UL << 52,
    NoExecute = 1UL << 63,

    /// <summary>A page of pageable memory that was not touched yet.</summary>
    DemandZero = Reserved | Pageable,

    KernelData = Valid | Write | Accessed | Dirty | Global | NoExecute,
    KernelCode = Valid | Accessed | Global,
    KernelReadOnly = Valid | Accessed | Global | NoExecute,
    UserData = Valid | Write | User | Accessed | Dirty | NoExecute,
    UserCode = Valid | User | Accessed,
}

/// <summary>
/// The page tables in guest memory, read and written physically. Upper half: shared by all processes through top-level entries that exist from boot on.
/// TLBs need no flush here: the machine sees writes to pages that are page tables. Any IRQL.
/// </summary>
public sealed class PageTables(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    private PhysicalMemory Ram => Kernel.Computer.Memory;

    /// <summary>A top-level table whose upper half is the system's; the System process's at boot.</summary>
    internal ulong CreateSystemRoot()
    {
        ulong root = Kernel.PhysicalPages.Allocate();
        foreach (SystemRegion region in SystemLayout.Regions)
            for (ulong at = region.Start & ~((1UL << 39) - 1); at < region.End && at != 0; at += 1UL << 39)
                Entry(root, at, levels: 1, create: true);
        return root;
    }

    /// <summary>A top-level table for a new process: the upper half is copied from the System process.</summary>
    public ulong CreateProcessRoot(ulong systemRoot)
    {
        ulong root = Kernel.PhysicalPages.Allocate();
        for (ulong i = 256; i < 512; i++)
            Ram.Write(root + i * 8, Ram.Read<ulong>(systemRoot + i * 8));
        return root;
    }

    /// <summary>Takes all pages of the user half away and frees those that are the process's own, with the tables. The top-level table stays.</summary>
    public void ClearUserHalf(ulong root)
    {
        for (ulong i = 0; i < 256; i++)
            FreeTable(root + i * 8, level: 0);
    }

    private void FreeTable(ulong entry, int level)
    {
        ulong content = Ram.Read<ulong>(entry);
        if ((content & (ulong)PteBits.Valid) == 0)
            return;
        for (ulong i = 0; i < 512 && level < 3; i++)
            FreeTable(PageOf(content) + i * 8, level + 1);
        Ram.Write(entry, 0UL);
        if ((content & (ulong)PteBits.Shared) == 0)
            Kernel.PhysicalPages.Free(PageOf(content));
    }

    /// <summary>Maps one page. The address must not be mapped yet.</summary>
    public void Map(ulong root, ulong address, ulong physical, PteBits bits)
    {
        ulong entry = Entry(root, address, levels: 3, create: true);
        if ((Ram.Read<ulong>(entry) & (ulong)PteBits.Valid) != 0)
            throw new InvalidOperationException($"{address:x} is mapped already");
        Ram.Write(entry, (physical & AddressMask) | (ulong)bits);
    }

    /// <summary>The entry's content, 0 if there is none.</summary>
    public ulong Read(ulong root, ulong address)
    {
        ulong entry = Entry(root, address, levels: 3, create: false);
        return entry == 0 ? 0 : Ram.Read<ulong>(entry);
    }

    /// <summary>True if there is a page table for the address, whatever its entry says.</summary>
    public bool HasTable(ulong root, ulong address) => Entry(root, address, levels: 3, create: false) != 0;

    /// <summary>Replaces an entry's content and returns what it was.</summary>
    public ulong Set(ulong root, ulong address, ulong content)
    {
        ulong entry = Entry(root, address, levels: 3, create: content != 0);
        if (entry == 0)
            return 0;
        ulong old = Ram.Read<ulong>(entry);
        Ram.Write(entry, content);
        return old;
    }

    /// <summary>The physical address behind a mapped one, without any check of rights; false if it is not mapped.</summary>
    public bool TryTranslate(ulong root, ulong address, out ulong physical)
    {
        ulong content = Read(root, address);
        physical = (content & AddressMask) | (address & 0xFFF);
        return (content & (ulong)PteBits.Valid) != 0;
    }

    public static ulong PageOf(ulong content) => content & AddressMask;

    /// <summary>Physical address of the entry for an address, <paramref name="levels"/> tables below the top one's.</summary>
    private ulong Entry(ulong root, ulong address, int levels, bool create)
    {
        ulong table = root & AddressMask;
        for (int level = 0; ; level++)
        {
            ulong entry = table + (address >> (39 - 9 * level) & 511) * 8;
            if (level == levels)
                return entry;
            ulong content = Ram.Read<ulong>(entry);
            if ((content & (ulong)PteBits.Valid) == 0)
            {
                if (!create)
                    return 0;
                bool user = (long)address >= 0;
                content = Kernel.PhysicalPages.Allocate() | (ulong)(PteBits.Valid | PteBits.Write | PteBits.Accessed | (user ? PteBits.User : 0));
                Ram.Write(entry, content);
            }
            table = content & AddressMask;
        }
    }
}
