using KdSim.Machine.Memory;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>
/// Physical pages: a mark below which all have been given out once, and a stack of freed ones linked through themselves. Both stand in the physical page
/// below <see cref="FirstPage"/>, so that they work before any page table does. Any IRQL.
/// </summary>
public sealed class PhysicalPages(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong ControlPage = 0x1000;
    private const ulong NextUnused = ControlPage;
    private const ulong FreeStack = ControlPage + 8;
    private const ulong FreeCount = ControlPage + 16;
    private const ulong FirstPage = 0x2000;

    private PhysicalMemory Ram => Kernel.Computer.Memory;

    internal void Initialize() => Ram.Write(NextUnused, FirstPage);

    /// <summary>Pages that can still be given out.</summary>
    public ulong Available => (Ram.Size - Ram.Read<ulong>(NextUnused)) / PhysicalMemory.PageSize + Ram.Read<ulong>(FreeCount);

    /// <summary>A zeroed page; 0 if none is left.</summary>
    public ulong TryAllocate()
    {
        ulong page = Ram.Read<ulong>(FreeStack);
        if (page != 0)
        {
            Ram.Write(FreeStack, Ram.Read<ulong>(page));
            Ram.Write(FreeCount, Ram.Read<ulong>(FreeCount) - 1);
            Ram.Write(page, 0UL);
            return page;
        }
        page = Ram.Read<ulong>(NextUnused);
        if (page + PhysicalMemory.PageSize > Ram.Size)
            return 0;
        Ram.Write(NextUnused, page + PhysicalMemory.PageSize);
        return page;
    }

    /// <summary>A zeroed page for something that NT cannot do without.</summary>
    public ulong Allocate()
    {
        ulong page = TryAllocate();
        return page != 0 ? page : throw new GuestBugCheck(BugCheckCode.INSTALL_MORE_MEMORY, Ram.Size / PhysicalMemory.PageSize);
    }

    /// <summary>Consecutive pages that were never given out before (common buffers, contiguous memory); 0 if there is no room.</summary>
    public ulong TryAllocateContiguous(ulong pages, ulong alignment = PhysicalMemory.PageSize)
    {
        ulong mark = Ram.Read<ulong>(NextUnused);
        ulong first = (mark + alignment - 1) & ~(alignment - 1);
        if (pages == 0 || first < mark || pages > (Ram.Size - Math.Min(first, Ram.Size)) / PhysicalMemory.PageSize)
            return 0;
        Ram.Write(NextUnused, first + pages * PhysicalMemory.PageSize);
        for (ulong skipped = mark; skipped < first; skipped += PhysicalMemory.PageSize)
            Free(skipped);
        return first;
    }

    public void Free(ulong page)
    {
        if (page < FirstPage || page % PhysicalMemory.PageSize != 0 || page >= Ram.Read<ulong>(NextUnused))
            throw new InvalidOperationException($"physical page {page:x} was never given out");
        Ram.ClearPage((int)(page >> PhysicalMemory.PageShift));
        Ram.Write(page, Ram.Read<ulong>(FreeStack));
        Ram.Write(FreeStack, page);
        Ram.Write(FreeCount, Ram.Read<ulong>(FreeCount) + 1);
    }
}
