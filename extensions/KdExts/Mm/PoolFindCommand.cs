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

/// <summary><c>!poolused</c>: bytes and allocations by tag, counted from the pool's own headers.</summary>
[Command("!poolused", "!poolused [flags [tag]]", "Show pool use by tag (1 frees too, 2 sort by nonpaged, 4 sort by paged)", Example = "!poolused")]
[Reads("nt!_POOL_HEADER", "nt!_POOL_TRACKER_BIG_PAGES")]
public sealed class PoolUsedCommand : WordCommand
{
    sealed class Use
    {
        public ulong Allocations;
        public ulong Bytes;
    }

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong flags = arguments.Value(session, 0);
        string pattern = arguments.Has(1) ? arguments.Values[1] : "*";
        PoolReader pool = new(session);
        SortedDictionary<string, (uint Tag, Use NonPaged, Use Paged)> tags = new(StringComparer.Ordinal);
        foreach (bool paged in (IEnumerable<bool>)[false, true])
            foreach (PoolBlock block in pool.BigBlocks(paged).Concat(pool.Blocks(paged)))
            {
                if (!block.Allocated || block.Broken is not null || !PoolReader.Matches(pattern, block.Tag))
                    continue;
                string text = PoolReader.TagText(block.Tag);
                if (!tags.TryGetValue(text, out var row))
                    tags[text] = row = (block.Tag, new Use(), new Use());
                Use use = paged ? row.Paged : row.NonPaged;
                use.Allocations++;
                use.Bytes += block.Size;
            }
        var rows = (flags & 2) != 0 ? tags.Values.OrderByDescending(r => r.NonPaged.Bytes)
            : (flags & 4) != 0 ? tags.Values.OrderByDescending(r => r.Paged.Bytes)
            : tags.Values.OrderBy(r => PoolReader.TagText(r.Tag), StringComparer.Ordinal);
        yield return new Line($"   Sorting by  {((flags & 2) != 0 ? "NonPaged Pool Consumed" : (flags & 4) != 0 ? "Paged Pool Consumed" : "Tag")}");
        yield return new Line("");
        yield return new Line("  Pool Used:");
        yield return new Line("            NonPaged            Paged");
        yield return new Line(" Tag    Allocs     Used    Allocs     Used");
        Use nonPagedTotal = new(), pagedTotal = new();
        foreach ((uint tag, Use nonPaged, Use paged) in rows)
        {
            yield return new Line($" {PoolReader.TagText(tag)} {Numbers(nonPaged)} {Numbers(paged)}\t{Owner(tag)}");
            Sum(nonPagedTotal, nonPaged);
            Sum(pagedTotal, paged);
        }
        yield return new Line($" TOTAL{Numbers(nonPagedTotal)[1..]} {Numbers(pagedTotal)}");
    }

    static string Owner(uint tag) => PoolTags.Find(tag) ?? $"UNKNOWN pooltag '{PoolReader.TagText(tag)}', please update pooltag.txt";

    static string Numbers(Use use) => $"{use.Allocations,8} {use.Bytes,8}";

    static void Sum(Use total, Use part)
    {
        total.Allocations += part.Allocations;
        total.Bytes += part.Bytes;
    }
}
