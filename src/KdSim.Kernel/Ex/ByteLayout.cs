using System.Buffers.Binary;

namespace KdSim.Kernel.Ex;

/// <summary>Bytes that become a structure in guest memory of a length that is not known before; little-endian, zero where nothing was put.</summary>
internal sealed class ByteLayout(int length)
{
    private byte[] _bytes = new byte[length];

    public byte[] Bytes => _bytes;

    public int Length => _bytes.Length;

    public void Grow(int length) => Array.Resize(ref _bytes, Math.Max(length, _bytes.Length));

    public void U8(int at, byte value) => _bytes[at] = value;

    public void U16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(at), value);

    public void U32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);

    public void U64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(at), value);

    /// <summary>ASCII, cut at a number of characters.</summary>
    public void Text(int at, string text, int most) => System.Text.Encoding.ASCII.GetBytes(text.AsSpan(0, Math.Min(text.Length, most)), _bytes.AsSpan(at));
}
