using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace KdSim.Tracing.NetTrace;

/// <summary>Takes numbers and texts from the front of bytes. What is not there reads as zero, and <see cref="Failed"/> says so from then on.</summary>
ref struct StreamBytes(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public bool Failed { get; private set; }

    public readonly bool AtEnd => Position >= _bytes.Length;

    public readonly int Left => _bytes.Length - Position;

    public ReadOnlySpan<byte> Take(int count)
    {
        if (Failed || count < 0 || count > Left)
        {
            Failed = true;
            return default;
        }
        ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    public byte Byte() => Take(1) is { IsEmpty: false } taken ? taken[0] : (byte)0;

    public short Int16() => Take(2) is { IsEmpty: false } taken ? BinaryPrimitives.ReadInt16LittleEndian(taken) : (short)0;

    public ushort UInt16() => (ushort)Int16();

    public int Int32() => Take(4) is { IsEmpty: false } taken ? BinaryPrimitives.ReadInt32LittleEndian(taken) : 0;

    public long Int64() => Take(8) is { IsEmpty: false } taken ? BinaryPrimitives.ReadInt64LittleEndian(taken) : 0;

    public Guid Guid() => Take(16) is { IsEmpty: false } taken ? new Guid(taken) : default;

    /// <summary>LEB128.</summary>
    public ulong VarUInt()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte part = Byte();
            if (shift < 64) value |= (ulong)(part & 0x7F) << shift;
            if ((part & 0x80) == 0) return value;
        }
        Failed = true;
        return 0;
    }

    /// <summary>UTF-16 up to its NUL.</summary>
    public string Utf16()
    {
        if (Failed) return "";
        ReadOnlySpan<char> chars = MemoryMarshal.Cast<byte, char>(_bytes[Position..]);
        int end = chars.IndexOf('\0');
        if (end < 0)
        {
            Failed = true;
            return "";
        }
        Position += 2 * (end + 1);
        return chars[..end].ToString();
    }

    /// <summary>A count of bytes as LEB128, then UTF-8.</summary>
    public string Utf8()
    {
        ulong length = VarUInt();
        return length > (ulong)Left ? Take(-1).ToString() : Encoding.UTF8.GetString(Take((int)length));
    }

    public void Skip(int count) => Take(count);
}
