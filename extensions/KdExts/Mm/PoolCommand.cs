using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Mm;

/// <summary><c>!pool</c>: the blocks of a page of pool; the one with the address is starred.</summary>
[Command("!pool", "!pool [address [flags]]", "Show the pool page that holds an address (2: only its block)", Example = "!pool @rcx")]
[Reads("nt!_POOL_HEADER", "nt!_POOL_TRACKER_BIG_PAGES", "nt!MmNonPagedPoolStart", "nt!MmPagedPoolStart")]
public sealed class PoolCommand : WordCommand
{
    const ulong OnlyBlock = 2, Contents = 1, NoDescription = 0x80000000;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session), flags = arguments.Value(session, 1);
        PoolReader pool = new(session);
        if (pool.IsPaged(address) is not { } paged)
        {
            yield return new Line($"{address:x16} is not valid pool. Checking for freed (or corrupt) pool");
            yield return new Error($"Address {address:x16} is in neither the nonpaged nor the paged pool");
            yield break;
        }
        yield return new Line($"Pool page {address:x16} region is {(paged ? "Paged pool" : "Nonpaged pool")}");
        if (pool.BigBlocks(paged).FirstOrDefault(b => address - b.Address < b.Size) is { } big)
        {
            yield return new Line($"*{big.Address:x16} : large page allocation, tag is {PoolReader.TagText(big.Tag)}, size is 0x{big.Size:x} bytes");
            yield return new Line($"\t\t{PoolTags.Describe(session, big.Tag)}");
            yield break;
        }
        bool any = false;
        foreach (PoolBlock block in pool.Page(address & ~(PoolReader.PageSize - 1)))
        {
            any = true;
            bool wanted = address - block.Address < block.Size;
            if (block.Broken is { } wrong)
            {
                yield return new Line($" {block.Address:x16} doesn't look like a valid small pool allocation ({wrong}), checking to see if");
                yield return new Line(" the entire page is actually part of a large page allocation... it is not");
                yield return new Line($" {block.Address:x16}: run !poolval {address & ~(PoolReader.PageSize - 1):x16} for more details");
                yield break;
            }
            if (!wanted && (flags & OnlyBlock) != 0)
                continue;
            yield return BlockLine(session, pool, block, wanted);
            if (wanted && (flags & NoDescription) == 0 && block.Allocated)
                yield return new Line($"\t\t{PoolTags.Describe(session, block.Tag)}");
            if ((flags & Contents) != 0)
                foreach (Node node in session.Execute($"dq {block.Address + pool.HeaderSize:x} L4"))
                    yield return node;
        }
        if (!any)
            yield return new Error($"{address & ~(PoolReader.PageSize - 1):x16}: the pool page cannot be read");
    }

    internal static Line BlockLine(IDebugSession session, PoolReader pool, PoolBlock block, bool starred)
    {
        string state = block.Allocated ? "(Allocated)" : "(Free)     ";
        string tag = block.Allocated ? PoolReader.TagText(block.Tag) : "....";
        ulong process = 0;
        if (block.Allocated && session.Types["nt!_POOL_HEADER"].TryRead(block.Address) is { IsComplete: true } header)
            header.TryGet("ProcessBilled", out process);
        string billed = (long)process < 0 && ProcessNames.IsProcess(session, process) ? $" Process: {process:x16}" : "";
        char star = starred ? '*' : ' ';
        return new Line($"{star}{block.Address:x16} size: {block.Size,4:x} previous size: {block.PreviousSize,4:x}  {state} {star}{tag}{billed}".TrimEnd());
    }
}

/// <summary><c>!poolval</c>: whether the headers of a page agree with each other.</summary>
[Command("!poolval", "!poolval address", "Check the headers of a pool page", Example = "!poolval @rcx")]
[Reads("nt!_POOL_HEADER")]
public sealed class PoolValidateCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session), page = address & ~(PoolReader.PageSize - 1);
        PoolReader pool = new(session);
        string region = pool.IsPaged(address) switch { true => "Paged pool", false => "Nonpaged pool", _ => "Unknown" };
        yield return new Line($"Pool page {page:x16} region is {region}");
        yield return new Line("");
        yield return new Line($"Validating Pool headers for pool page: {page:x16}");
        yield return new Line("");
        int count = 0;
        foreach (PoolBlock block in pool.Page(page))
        {
            if (block.Broken is { } wrong)
            {
                yield return new Line($"Pool page [ {page:x16} ] is __inVALID.");
                yield return new Line("");
                yield return new Line($"[ {block.Address:x16} ]: the header is wrong: {wrong} (size {block.Size:x}, previous size {block.PreviousSize:x})");
                yield break;
            }
            count++;
        }
        yield return count == 0
            ? new Error($"{page:x16}: the pool page cannot be read")
            : new Line($"Pool page [ {page:x16} ] is VALID.");
    }
}
