using System.Buffers.Binary;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Mm;

/// <summary>One level of the page tables on the way to a virtual address (SDM volume 3, 4-level paging).</summary>
sealed record PageTableStep(string Name, ulong PhysicalAddress, ulong Entry, bool IsReadable)
{
    const ulong ValidBit = 1, LargeBit = 0x80, AddressBits = 0x000f_ffff_ffff_f000;

    public bool IsValid => IsReadable && (Entry & ValidBit) != 0;
    public bool IsLarge => Name is "PPE" or "PDE" && (Entry & LargeBit) != 0;
    public ulong Base => Entry & AddressBits;

    /// <summary>The steps from the top table down, to the first that leads nowhere.</summary>
    public static List<PageTableStep> Walk(IDebugSession session, ulong directoryBase, ulong address)
    {
        List<PageTableStep> steps = [];
        ulong table = directoryBase & AddressBits;
        Span<byte> bytes = stackalloc byte[8];
        foreach ((string name, int shift) in (ReadOnlySpan<(string, int)>)[("PXE", 39), ("PPE", 30), ("PDE", 21), ("PTE", 12)])
        {
            ulong at = table + (address >> shift & 0x1ff) * 8;
            bool read = session.Target.ReadPhysical(at, bytes) == 8;
            PageTableStep step = new(name, at, read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0, read);
            steps.Add(step);
            if (!step.IsValid || step.IsLarge)
                break;
            table = step.Base;
        }
        return steps;
    }

    /// <summary>The physical address, or null.</summary>
    public static ulong? Translate(IReadOnlyList<PageTableStep> steps, ulong address)
    {
        PageTableStep last = steps[^1];
        if (!last.IsValid)
            return null;
        ulong mask = last.Name switch { "PPE" => (1UL << 30) - 1, "PDE" => (1UL << 21) - 1, _ => 0xfff };
        return last.Base & ~mask | address & mask;
    }

    /// <summary>The page tables in use: those of the current process, or of the processor.</summary>
    public static ulong DirectoryBase(IDebugSession session) => session.Context.Control is { Cr3: not 0 } control
        ? control.Cr3
        : session.Target.Hints.DirectoryBase is var hint and not 0 ? hint : throw new CommandException("The target's page tables are not known");
}

/// <summary><c>!pte</c>: the page table entries of an address.</summary>
[Command("!pte", "!pte address", "Show the page table entries of an address", Example = "!pte @rsp")]
public sealed class PteCommand : WordCommand
{
    static readonly (ulong Bit, char Set, char Clear)[] Letters =
    [
        (1UL << 9, 'C', '-'), (1UL << 8, 'G', '-'), (1UL << 7, 'L', '-'), (1UL << 6, 'D', '-'), (1UL << 5, 'A', '-'), (1UL << 4, 'N', '-'),
        (1UL << 3, 'T', '-'), (1UL << 2, 'U', 'K'), (1UL << 1, 'W', 'R'), (1UL << 63, '-', 'E'), (1UL << 0, 'V', '-'),
    ];

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session);
        List<PageTableStep> steps = PageTableStep.Walk(session, PageTableStep.DirectoryBase(session), address);
        yield return new Line($"                                           VA {address:x16}");
        yield return new Line(string.Concat(steps.Select(s => $"{s.Name} at {s.PhysicalAddress:X16}    ")).TrimEnd());
        yield return new Line(string.Concat(steps.Select(s => s.IsReadable ? $"contains {s.Entry:X16}  " : "Unable to read          ")).TrimEnd());
        yield return new Line(string.Concat(steps.Select(s => $"{(s.IsValid ? $"pfn {s.Base >> 12:x} {Flags(s.Entry)}" : "not valid"),-27}")).TrimEnd());
    }

    static string Flags(ulong entry) => string.Concat(Letters.Select(l => (entry & l.Bit) != 0 ? l.Set : l.Clear));
}

/// <summary><c>!vtop</c>: the physical address of a virtual one.</summary>
[Command("!vtop", "!vtop directorybase address", "Translate a virtual address (directory base 0: the current one)", Example = "!vtop 0 @rsp")]
public sealed class VirtualToPhysicalCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong first = arguments.Address(session), address = arguments.Has(1) ? arguments.Address(session, 1) : first;
        ulong directory = arguments.Has(1) && first != 0 ? first : PageTableStep.DirectoryBase(session);
        yield return new Line($"Amd64VtoP: Virt {address:x16}, pagedir {directory & ~0xfffUL:x16}");
        List<PageTableStep> steps = PageTableStep.Walk(session, directory, address);
        foreach (PageTableStep step in steps)
            yield return new Line($"Amd64VtoP: {(step.Name == "PXE" ? "PML4E" : step.Name == "PPE" ? "PDPE" : step.Name)} {step.PhysicalAddress:x16}");
        if (PageTableStep.Translate(steps, address) is { } physical)
            yield return new Line($"Virtual address {address:x} translates to physical address {physical:x}.");
        else
            yield return new Line($"Virtual address {address:x} translation fails: {steps[^1].Name} at {steps[^1].PhysicalAddress:x} is not valid.");
    }
}
