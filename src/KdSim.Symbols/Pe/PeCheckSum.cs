using System.Buffers.Binary;

namespace KdSim.Symbols.Pe;

/// <summary>The image checksum: a 16-bit sum with end-around carry over the file, the checksum field taken as zero, plus the length.</summary>
internal static class PeCheckSum
{
    public static uint Compute(ReadOnlySpan<byte> file, uint fieldOffset)
    {
        ulong sum = 0;
        for (int i = 0; i < file.Length; i += 2)
        {
            if ((uint)i >= fieldOffset && (uint)i < fieldOffset + 4)
                continue;
            sum += i + 1 < file.Length ? BinaryPrimitives.ReadUInt16LittleEndian(file[i..]) : file[i];
        }
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (uint)sum + (uint)file.Length;
    }
}
