using System.Buffers.Binary;
using System.Text;

namespace KdSim.Symbols.Pdb;

/// <summary>The hash functions that PDB hash tables are ordered by (LLVM's "PDB file format" pages describe them).</summary>
internal static class PdbHash
{
    static readonly uint[] s_crc = MakeCrcTable();

    /// <summary>The hash of names: of public and global symbols, types, streams and source files.</summary>
    public static uint OfString(ReadOnlySpan<byte> text)
    {
        uint hash = 0;
        for (; text.Length >= 4; text = text[4..])
            hash ^= BinaryPrimitives.ReadUInt32LittleEndian(text);
        if (text.Length >= 2)
        {
            hash ^= BinaryPrimitives.ReadUInt16LittleEndian(text);
            text = text[2..];
        }
        if (text.Length == 1)
            hash ^= text[0];
        hash |= 0x20202020; // Folds ASCII case, roughly: lookups compare names themselves.
        hash ^= hash >> 11;
        return hash ^ (hash >> 16);
    }

    public static uint OfString(string text) => OfString(Encoding.UTF8.GetBytes(text));

    /// <summary>The hash of type records without a usable name: CRC-32 from zero, not inverted at the end.</summary>
    public static uint OfBytes(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0;
        foreach (byte b in bytes)
            crc = s_crc[(byte)(crc ^ b)] ^ (crc >> 8);
        return crc;
    }

    static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? 0xedb88320 ^ (value >> 1) : value >> 1;
            table[i] = value;
        }
        return table;
    }
}
