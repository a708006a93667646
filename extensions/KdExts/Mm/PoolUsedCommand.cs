using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Mm;

/// <summary><c>!poolused</c>: bytes and allocations by tag, from nt's own counts.</summary>
[Command("!poolused", "!poolused [flags [tag]]", "Show pool use by tag (1 with frees, 2 sort by nonpaged, 4 sort by paged)", Example = "!poolused")]
[Reads("nt!_POOL_TRACKER_TABLE", "nt!PoolTrackTable", "nt!PoolTrackTableSize")]
public sealed class PoolUsedCommand : WordCommand
{
    const ulong Verbose = 1, ByNonPaged = 2, ByPaged = 4, MostRows = 1 << 16;

    /// <summary>The rows that are in use.</summary>
    internal static IEnumerable<StructureValue> Rows(IDebugSession session)
    {
        StructureLayout type = session.Types["nt!_POOL_TRACKER_TABLE"];
        ulong table = session.AddressOf("nt!PoolTrackTable");
        byte[] bytes = new byte[Math.Min(session.ReadPointer(session.AddressOf("nt!PoolTrackTableSize")), MostRows) * type.Size];
        int length = session.Read(table, bytes);
        for (ulong at = 0; at + type.Size <= (ulong)length; at += type.Size)
        {
            StructureValue row = new(type, session, table + at, bytes.AsMemory((int)at, (int)type.Size));
            if (row["Key"] != 0)
                yield return row;
        }
    }

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong flags = arguments.Value(session, 0);
        string pattern = arguments.Has(1) ? arguments.Values[1] : "*";
        bool verbose = (flags & Verbose) != 0;
        List<StructureValue> rows = [.. Rows(session).Where(r => PoolReader.Matches(pattern, (uint)r["Key"]) &&
            (r["NonPagedAllocs"] != 0 || r["PagedAllocs"] != 0) && (verbose || r["NonPagedBytes"] != 0 || r["PagedBytes"] != 0))];
        IEnumerable<StructureValue> sorted = (flags & ByNonPaged) != 0 ? rows.OrderByDescending(r => r["NonPagedBytes"])
            : (flags & ByPaged) != 0 ? rows.OrderByDescending(r => r["PagedBytes"])
            : rows.OrderBy(r => PoolReader.TagText((uint)r["Key"]), StringComparer.Ordinal);
        string key = (flags & ByNonPaged) != 0 ? "NonPaged Pool Consumed" : (flags & ByPaged) != 0 ? "Paged Pool Consumed" : "Tag";
        yield return new Line($"   Sorting by  {key}");
        yield return new Line("");
        yield return new Line("  Pool Used:");
        yield return new Line(verbose ? "            NonPaged                              Paged" : "            NonPaged            Paged");
        yield return new Line(verbose ? " Tag    Allocs    Frees     Diff     Used    Allocs    Frees     Diff     Used"
            : " Tag    Allocs     Used    Allocs     Used");
        foreach (StructureValue row in sorted)
        {
            uint tag = (uint)row["Key"];
            yield return new Line($" {PoolReader.TagText(tag)} {Numbers([row], "NonPaged", verbose)}  {Numbers([row], "Paged", verbose)}\t" +
                Owner(session, tag));
        }
        yield return new Line($" TOTAL{Numbers(rows, "NonPaged", verbose)[1..]}  {Numbers(rows, "Paged", verbose)}");
    }

    static string Owner(IDebugSession session, uint tag) =>
        PoolTags.Find(session, tag) ?? $"UNKNOWN pooltag '{PoolReader.TagText(tag)}', please update pooltag.txt";

    /// <summary>Allocations count what is still there; with frees beside them, all that were made.</summary>
    static string Numbers(List<StructureValue> rows, string pool, bool verbose)
    {
        ulong Sum(string field) => rows.Aggregate(0UL, (sum, row) => sum + row[pool + field]);
        ulong made = Sum("Allocs"), freed = Sum("Frees");
        return verbose ? $"{made,8} {freed,8} {made - freed,8} {Sum("Bytes"),8}" : $"{made - freed,8} {Sum("Bytes"),8}";
    }
}
