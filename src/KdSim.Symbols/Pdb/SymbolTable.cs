using System.Buffers.Binary;

namespace KdSim.Symbols.Pdb;

/// <summary>
/// The symbol record stream (publics and globals), scanned once: records by hash of the name and addresses in order. The file's own
/// hash tables are not needed, so a file with damaged ones still works.
/// </summary>
internal sealed class SymbolTable
{
    readonly record struct ByHash(uint Hash, int Offset);

    public readonly record struct ByAddress(uint Rva, int Offset, byte Rank);

    readonly ReadOnlyMemory<byte> _records;
    readonly string _file;
    readonly DbiStream _dbi;
    readonly List<ByHash> _byHash = [];
    readonly List<ByAddress> _byAddress = [];

    public SymbolTable(ReadOnlyMemory<byte> records, string file, DbiStream dbi)
    {
        (_records, _file, _dbi) = (records, file, dbi);
        var span = records.Span;
        int at = 0;
        while (at + 4 <= span.Length)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(span[at..]);
            if (length < 2 || at + 2 + length > span.Length)
                throw new BadPdbException(file, $"symbol record stream, offset 0x{at:x}: record length {length} does not fit");
            Index(at);
            at += 2 + length;
        }
        _byHash.Sort((a, b) => a.Hash != b.Hash ? a.Hash.CompareTo(b.Hash) : a.Offset.CompareTo(b.Offset));
        _byAddress.Sort((a, b) => a.Rva != b.Rva ? a.Rva.CompareTo(b.Rva) : a.Rank != b.Rank ? a.Rank.CompareTo(b.Rank)
            : a.Offset.CompareTo(b.Offset));
    }

    public IReadOnlyList<ByAddress> Addresses => _byAddress;

    public int Count => _byHash.Count;

    /// <summary>A record's kind and contents behind the kind.</summary>
    public PdbCursor Record(int offset, out ushort kind)
    {
        var span = _records.Span[offset..];
        kind = BinaryPrimitives.ReadUInt16LittleEndian(span[2..]);
        return new(span.Slice(4, BinaryPrimitives.ReadUInt16LittleEndian(span) - 2), _file, "symbol record", offset + 4);
    }

    void Index(int offset)
    {
        var record = Record(offset, out ushort kind);
        if (!SkipToName(kind, ref record, out uint? rva))
            return;
        _byHash.Add(new(PdbHash.OfString(record.TextBytes()), offset));
        if (rva is { } address)
            _byAddress.Add(new(address, offset, (byte)(kind == CodeView.S_PUB32 ? 1 : 0)));
    }

    /// <summary>Moves to the name of a record that has one; false for kinds that are not listed as symbols.</summary>
    bool SkipToName(ushort kind, ref PdbCursor record, out uint? rva)
    {
        rva = null;
        switch (kind)
        {
            case CodeView.S_PUB32 or CodeView.S_GDATA32 or CodeView.S_LDATA32:
                record.Skip(4);
                uint offset = record.UInt32();
                rva = _dbi.Rva(record.UInt16(), offset);
                return rva is not null;
            case CodeView.S_PROCREF or CodeView.S_LPROCREF:
                record.Skip(10);
                return true;
            case CodeView.S_UDT:
                record.Skip(4);
                return true;
            case CodeView.S_CONSTANT:
                record.Skip(4);
                return SkipNumber(ref record);
            default:
                return false;
        }
    }

    /// <summary>Reals and 128-bit constants have no value here; they are left out.</summary>
    static bool SkipNumber(ref PdbCursor record)
    {
        var ahead = record;
        ushort leaf = ahead.UInt16();
        if (leaf >= CodeView.LF_NUMERIC && leaf is not (>= CodeView.LF_CHAR and <= CodeView.LF_ULONG or CodeView.LF_QUADWORD or CodeView.LF_UQUADWORD))
            return false;
        record.Number();
        return true;
    }

    /// <summary>Offsets of records whose name has this hash; the caller compares names.</summary>
    public IEnumerable<int> WithHash(uint hash)
    {
        int low = 0, high = _byHash.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_byHash[middle].Hash < hash)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < _byHash.Count && _byHash[low].Hash == hash; low++)
            yield return _byHash[low].Offset;
    }

    public IEnumerable<int> All() => _byHash.Select(r => r.Offset).Order();

    /// <summary>Index in <see cref="Addresses"/> of the last entry at or below the RVA, or -1.</summary>
    public int LastAtOrBelow(uint rva)
    {
        int low = 0, high = _byAddress.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_byAddress[middle].Rva <= rva)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }
}
