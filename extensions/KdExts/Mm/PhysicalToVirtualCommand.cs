using System.Buffers.Binary;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Mm;

/// <summary><c>!ptov</c>: all that a set of page tables maps: physical and virtual addresses, runs of pages put together.</summary>
[Command("!ptov", "!ptov [directorybase]",
    "Show the map from physical to virtual memory of a set of page tables (0 or none: the current ones)", Example = "!ptov")]
public sealed class PhysicalToVirtualCommand : WordCommand
{
    const ulong FrameMask = 0x000f_ffff_ffff_f000;
    const int MostPages = 1 << 22;
    const ulong Present = 1, Large = 0x80;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong directory = arguments.Value(session, 0);
        directory = (directory == 0 ? PageTableStep.DirectoryBase(session) : directory) & FrameMask;
        yield return new Line($"Amd64PtoV: pagedir {directory:x}");
        (ulong Physical, ulong Virtual, ulong Size) run = default;
        // Any page can be taken for a table of tables: what it seems to map has no end.
        foreach ((ulong physical, ulong address, ulong size) in Pages(session, directory, 3, 0).Take(MostPages))
        {
            if (run.Size != 0 && physical == run.Physical + run.Size && address == run.Virtual + run.Size)
            {
                run.Size += size;
                continue;
            }
            if (run.Size != 0)
                yield return Row(run);
            run = (physical, address, size);
        }
        if (run.Size != 0)
            yield return Row(run);
    }

    static Line Row((ulong Physical, ulong Virtual, ulong Size) run) => new($"{run.Physical,12:x} {run.Virtual:x16}  {run.Size:x}");

    static IEnumerable<(ulong Physical, ulong Virtual, ulong Size)> Pages(IDebugSession session, ulong table, int level, ulong prefix)
    {
        session.Cancellation.ThrowIfCancellationRequested();
        byte[] bytes = new byte[0x1000];
        int length = session.Target.ReadPhysical(table, bytes);
        int shift = 12 + 9 * level;
        for (int i = 0; i * 8 + 8 <= length; i++)
        {
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 8));
            if ((entry & Present) == 0)
                continue;
            ulong address = prefix | (ulong)i << shift;
            // The upper half of the address space is sign-extended.
            if (level == 3 && (i & 0x100) != 0)
                address |= 0xffff_0000_0000_0000;
            if (level == 0 || level < 3 && (entry & Large) != 0)
                yield return (entry & FrameMask & ~((1UL << shift) - 1), address, 1UL << shift);
            else if ((entry & FrameMask) != table)
                foreach ((ulong, ulong, ulong) page in Pages(session, entry & FrameMask, level - 1, address))
                    yield return page;
        }
    }
}
