using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Mm;

/// <summary><c>!poolfind</c>: all blocks of a tag.</summary>
[Command("!poolfind", "!poolfind tag [pooltype]", "Find the pool blocks of a tag (0 nonpaged, 1 paged)", Example = "!poolfind Irp")]
[Reads("nt!_POOL_HEADER", "nt!_POOL_TRACKER_BIG_PAGES")]
public sealed class PoolFindCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        if (!arguments.Has(0))
            throw new CommandException("!poolfind: a tag is expected");
        PoolReader pool = new(session);
        string typed = arguments.Values[0];
        string tag = typed.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? PoolReader.TagText((uint)session.Evaluate(typed)) : typed;
        bool paged = (arguments.Value(session, 1) & 1) != 0;
        yield return new Line("");
        yield return new Line($"Scanning large pool allocation table for tag {tag,-4}");
        yield return new Line("");
        foreach (PoolBlock block in pool.BigBlocks(paged).Where(b => PoolReader.Matches(tag, b.Tag)))
            yield return new Line($"*{block.Address:x16} : large page allocation, tag is {PoolReader.TagText(block.Tag)}, size is 0x{block.Size:x} bytes");
        (ulong start, ulong end) = pool.Range(paged);
        yield return new Line($"Searching {(paged ? "Paged" : "NonPaged")} pool ({start:x16} : {end:x16}) for Tag: {tag,-4}");
        yield return new Line("");
        foreach (PoolBlock block in pool.Blocks(paged).Where(b => b.Allocated && PoolReader.Matches(tag, b.Tag)))
            yield return PoolCommand.BlockLine(session, pool, block, false);
    }
}
