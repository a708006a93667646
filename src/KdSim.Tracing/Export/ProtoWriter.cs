using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace KdSim.Tracing.Export;

/// <summary>Encodes one message of protocol buffers: fields in the order in which they are written.</summary>
sealed class ProtoWriter
{
    enum WireKind { Varint = 0, Fixed64 = 1, Length = 2 }

    readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    public void Clear() => _bytes.ResetWrittenCount();

    public void Varint(int field, ulong value)
    {
        Tag(field, WireKind.Varint);
        Raw(value);
    }

    public void Fixed64(int field, ulong value)
    {
        Tag(field, WireKind.Fixed64);
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    public void Text(int field, string value)
    {
        Tag(field, WireKind.Length);
        int length = Encoding.UTF8.GetByteCount(value);
        Raw((ulong)length);
        _bytes.Advance(Encoding.UTF8.GetBytes(value, _bytes.GetSpan(length)));
    }

    public void Message(int field, ProtoWriter message)
    {
        Tag(field, WireKind.Length);
        Raw((ulong)message.Bytes.Length);
        _bytes.Write(message.Bytes);
    }

    void Tag(int field, WireKind kind) => Raw(((ulong)field << 3) | (uint)kind);

    void Raw(ulong value)
    {
        Span<byte> span = _bytes.GetSpan(10);
        int length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
