using System.Buffers.Binary;

namespace KdSim.Symbols;

/// <summary>Reads little-endian values off a span one after another. The caller has checked that the span is long enough.</summary>
internal ref struct SpanCursor(ReadOnlySpan<byte> bytes)
{
    ReadOnlySpan<byte> _rest = bytes;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public void Skip(int count) => _rest = _rest[count..];

    public byte Byte()
    {
        byte value = _rest[0];
        Skip(1);
        return value;
    }

    public ushort UInt16()
    {
        ushort value = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        Skip(2);
        return value;
    }

    public uint UInt32()
    {
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        Skip(4);
        return value;
    }

    public int Int32() => (int)UInt32();

    public ulong UInt64()
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        Skip(8);
        return value;
    }

    public Guid Guid()
    {
        var value = new Guid(_rest[..16]);
        Skip(16);
        return value;
    }
}
