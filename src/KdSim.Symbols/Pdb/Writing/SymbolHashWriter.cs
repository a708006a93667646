using System.Text;

namespace KdSim.Symbols.Pdb.Writing;

/// <summary>
/// The symbol record stream with the two hash tables over it: globals (procedure references, data, typedefs, constants) and publics
/// (with an address map). Both hash names into 4096 buckets, a bucket's symbols sorted as Microsoft's reader expects.
/// </summary>
internal sealed class SymbolHashWriter
{
    const int BucketCount = 4096;
    const uint HashSignature = 0xffffffff, HashVersion = 0xeffe0000 + 19990810;

    readonly record struct Entry(byte[] Name, uint Offset);

    readonly ByteWriter _records = new();
    readonly List<Entry> _globals = [];
    readonly List<Entry> _publics = [];
    readonly List<(ushort Section, uint Offset, uint Record)> _addresses = [];

    public byte[] Records => _records.ToArray();

    public void AddPublic(string name, ushort section, uint offset, bool isFunction)
    {
        _addresses.Add((section, offset, (uint)_records.Length));
        _publics.Add(new(Encoding.UTF8.GetBytes(name), (uint)_records.Length));
        Record(_records, CodeView.S_PUB32, name, record =>
        {
            record.UInt32(isFunction ? 2u : 0);
            record.UInt32(offset);
            record.UInt16(section);
        });
    }

    /// <summary>Adds a record of the globals stream; <paramref name="body"/> writes what stands before the name.</summary>
    public void AddGlobal(ushort kind, string name, Action<ByteWriter> body)
    {
        _globals.Add(new(Encoding.UTF8.GetBytes(name), (uint)_records.Length));
        Record(_records, kind, name, body);
    }

    public static void Record(ByteWriter writer, ushort kind, string name, Action<ByteWriter> body)
    {
        int start = writer.Length;
        writer.UInt16(0);
        writer.UInt16(kind);
        body(writer);
        writer.Text(name);
        writer.Align(4);
        writer.PatchUInt16(start, checked((ushort)(writer.Length - start - 2)));
    }

    public byte[] FinishGlobals() => HashTable(_globals);

    public byte[] FinishPublics(int sectionCount)
    {
        byte[] table = HashTable(_publics);
        var stream = new ByteWriter();
        stream.UInt32((uint)table.Length);
        stream.UInt32((uint)_addresses.Count * 4);
        stream.Zeros(16); // No incremental-link thunks.
        stream.UInt32((uint)sectionCount);
        stream.Bytes(table);
        foreach (var address in _addresses.OrderBy(a => a.Section).ThenBy(a => a.Offset).ThenBy(a => a.Record))
            stream.UInt32(address.Record);
        return stream.ToArray();
    }

    static byte[] HashTable(List<Entry> entries)
    {
        var buckets = entries.GroupBy(e => PdbHash.OfString(e.Name) % BucketCount).OrderBy(b => b.Key).ToList();
        var records = new ByteWriter();
        var bitmap = new uint[BucketCount / 32 + 1];
        var offsets = new ByteWriter();
        foreach (var bucket in buckets)
        {
            bitmap[bucket.Key / 32] |= 1u << (int)(bucket.Key % 32);
            // The offset counts 12-byte records: what an entry took in the 32-bit linker's memory.
            offsets.UInt32((uint)records.Length / 8 * 12);
            foreach (var entry in bucket.Order(Comparer<Entry>.Create(Compare)))
            {
                records.UInt32(entry.Offset + 1);
                records.UInt32(1); // Reference count.
            }
        }
        var stream = new ByteWriter();
        stream.UInt32(HashSignature);
        stream.UInt32(HashVersion);
        stream.UInt32((uint)records.Length);
        stream.UInt32((uint)(bitmap.Length * 4 + offsets.Length));
        stream.Bytes(records.Written);
        foreach (uint word in bitmap)
            stream.UInt32(word);
        stream.Bytes(offsets.Written);
        return stream.ToArray();
    }

    /// <summary>Shorter names first, then without case (ASCII names) or by bytes (others), then by record.</summary>
    static int Compare(Entry a, Entry b)
    {
        if (a.Name.Length != b.Name.Length)
            return a.Name.Length - b.Name.Length;
        bool ascii = Ascii.IsValid(a.Name) && Ascii.IsValid(b.Name);
        for (int i = 0; i < a.Name.Length; i++)
        {
            int left = ascii ? Lower(a.Name[i]) : a.Name[i], right = ascii ? Lower(b.Name[i]) : b.Name[i];
            if (left != right)
                return left - right;
        }
        return a.Offset.CompareTo(b.Offset);
    }

    static int Lower(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? letter + 32 : letter;
}
