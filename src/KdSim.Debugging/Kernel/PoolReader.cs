using System.Text;
using KdSim.Debugging.Structures;

namespace KdSim.Debugging.Kernel;

/// <summary>A block of pool.</summary>
/// <param name="Size">With its header, in bytes.</param>
/// <param name="Broken">What is wrong with the header, or null.</param>
public sealed record PoolBlock(ulong Address, ulong Size, ulong PreviousSize, bool Allocated, uint Tag, bool Paged, string? Broken = null);

/// <summary>Pool as its headers tell it: pages cut into blocks, and the table of allocations of whole pages.</summary>
public sealed class PoolReader(IDebugSession session)
{
    /// <summary>In bytes.</summary>
    public const ulong PageSize = 0x1000;
    const ulong Unit = 16;
    const ulong MostPages = 1 << 20;
    const ulong MostBigRows = 1 << 16;

    const int Chunk = 16;

    readonly StructureLayout _header = session.Types["nt!_POOL_HEADER"];
    readonly (ulong Start, ulong End)?[] _ranges = new (ulong, ulong)?[2];

    /// <summary>In bytes.</summary>
    public ulong HeaderSize => _header.Size;

    /// <summary>Bounds of the nonpaged (or paged) pool: nt keeps them in variables.</summary>
    public (ulong Start, ulong End) Range(bool paged)
    {
        string prefix = paged ? "nt!MmPagedPool" : "nt!MmNonPagedPool";
        return _ranges[paged ? 1 : 0] ??=
            (session.ReadPointer(session.AddressOf(prefix + "Start")), session.ReadPointer(session.AddressOf(prefix + "End")));
    }

    /// <summary>Which pool an address lies in: true for paged, null for none.</summary>
    public bool? IsPaged(ulong address)
    {
        foreach (bool paged in (ReadOnlySpan<bool>)[false, true])
            if (Range(paged) is var (start, end) && address >= start && address < end)
                return paged;
        return null;
    }

    /// <summary>The blocks of one page, up to the first broken header.</summary>
    public IEnumerable<PoolBlock> Page(ulong page)
    {
        byte[] bytes = new byte[PageSize];
        int length = session.Read(page, bytes);
        return BlocksIn(page, bytes.AsMemory(0, length), IsPaged(page) == true);
    }

    /// <summary>Takes a page apart that was read in one piece: reading each header would cost as many reads as there are blocks.</summary>
    IEnumerable<PoolBlock> BlocksIn(ulong page, ReadOnlyMemory<byte> bytes, bool paged)
    {
        ulong previous = 0;
        for (ulong at = page; at < page + PageSize && at - page + _header.Size <= (ulong)bytes.Length;)
        {
            StructureValue header = new(_header, session, at, bytes.Slice((int)(at - page), (int)_header.Size));
            ulong size = header["BlockSize"] * Unit;
            if (size == 0 && at == page)
                size = PageSize;
            ulong before = header["PreviousSize"] * Unit;
            bool allocated = header["PoolType"] != 0;
            string? broken = size == 0 ? "size 0" : at + size > page + PageSize ? "longer than its page" :
                before != (previous & 0xff * Unit) ? "previous size does not match" : null;
            yield return new PoolBlock(at, size, before, allocated, (uint)header["PoolTag"], paged, broken);
            if (broken is not null)
                yield break;
            previous = size;
            at += size;
        }
    }

    /// <summary>All blocks of small allocations of a pool; pages of large ones are left out.</summary>
    public IEnumerable<PoolBlock> Blocks(bool paged)
    {
        (ulong start, ulong end) = Range(paged);
        List<(ulong Start, ulong End)> big = [.. BigBlocks(paged).Select(b => (b.Address, b.Address + b.Size)).OrderBy(b => b.Address)];
        int next = 0;
        byte[] bytes = new byte[Chunk * PageSize];
        end = Math.Min(end, start + MostPages * PageSize);
        for (ulong chunk = start; chunk < end;)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            int length = session.Read(chunk, bytes.AsSpan(0, (int)Math.Min((ulong)bytes.Length, end - chunk)));
            for (ulong page = chunk; page < chunk + (ulong)length; page += PageSize)
            {
                while (next < big.Count && big[next].End <= page)
                    next++;
                if (next < big.Count && page >= big[next].Start)
                    continue;
                int offset = (int)(page - chunk);
                foreach (PoolBlock block in BlocksIn(page, bytes.AsMemory(offset, Math.Min((int)PageSize, length - offset)), paged))
                    yield return block;
            }
            // A read ends where memory does: the page there is left out.
            chunk += length < bytes.Length ? (ulong)(length / (int)PageSize + 1) * PageSize : (ulong)length;
        }
    }

    /// <summary>Allocations of whole pages.</summary>
    public IEnumerable<PoolBlock> BigBlocks(bool? paged = null)
    {
        if (!session.Symbols.TryGetAddress("nt!PoolBigPageTable", out ulong table) ||
            !session.Symbols.TryGetAddress("nt!PoolBigPageTableSize", out ulong sizeAt) || !session.TryReadPointer(sizeAt, out ulong rows))
            yield break;
        StructureLayout row = session.Types["nt!_POOL_TRACKER_BIG_PAGES"];
        byte[] bytes = new byte[Math.Min(rows, MostBigRows) * row.Size];
        int length = session.Read(table, bytes);
        for (ulong at = 0; at + row.Size <= (ulong)length; at += row.Size)
        {
            StructureValue entry = new(row, session, table + at, bytes.AsMemory((int)at, (int)row.Size));
            ulong va = entry["Va"];
            // The lowest bit marks a free row.
            if (va != 0 && (va & 1) == 0 && IsPaged(va) is var pool && (paged is null || pool == paged))
                yield return new PoolBlock(va, entry["NumberOfBytes"], 0, true, (uint)entry["Key"], pool == true);
        }
    }

    /// <summary>Four characters; what cannot be shown is a dot. The highest bit protects a block and is no part of the tag.</summary>
    public static string TagText(uint tag)
    {
        StringBuilder text = new(4);
        for (int shift = 0; shift < 32; shift += 8)
        {
            char c = (char)(tag >> shift & (shift == 24 ? 0x7f : 0xff));
            text.Append(c is >= ' ' and < (char)0x7f ? c : '.');
        }
        return text.ToString();
    }

    /// <summary>A tag from text: four characters, short ones are filled with blanks; or a number.</summary>
    public static uint ParseTag(string text)
    {
        uint tag = 0;
        text = text.Length < 4 ? text.PadRight(4) : text;
        for (int i = 3; i >= 0; i--)
            tag = tag << 8 | (byte)text[i];
        return tag;
    }

    /// <summary>True when a tag's text matches a pattern with ? and *.</summary>
    public static bool Matches(string pattern, uint tag)
    {
        string text = TagText(tag);
        for (int i = 0; i < 4; i++)
        {
            if (i < pattern.Length && pattern[i] == '*')
                return true;
            char wanted = i < pattern.Length ? pattern[i] : ' ';
            if (wanted != '?' && wanted != text[i])
                return false;
        }
        return true;
    }
}
