using System.Buffers.Binary;
using System.Text;

namespace KdSim.Symbols.Pdb;

/// <summary>
/// Reads values off a stretch of a PDB stream. Going past its end is a <see cref="BadPdbException"/> that names stream and offset.
/// </summary>
internal ref struct PdbCursor(ReadOnlySpan<byte> bytes, string file, string stream, int start = 0)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;
    readonly string _file = file;
    readonly string _stream = stream;
    readonly int _start = start;

    /// <summary>Offset within the stretch.</summary>
    public int Position { get; private set; }

    public readonly int Left => _bytes.Length - Position;

    public readonly BadPdbException Bad(string problem) => new(_file, $"{_stream} stream, offset 0x{_start + Position:x}: {problem}");

    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Left)
            throw Bad($"{count} bytes expected, {Left} left");
        var taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    /// <summary>A part with its own end, for records and substreams.</summary>
    public PdbCursor Part(long count)
    {
        int at = _start + Position;
        return new(Take(count), _file, _stream, at);
    }

    public void Skip(long count) => Take(count);

    public void Seek(long position)
    {
        if (position < 0 || position > _bytes.Length)
            throw Bad($"position 0x{position:x} is outside the 0x{_bytes.Length:x} bytes here");
        Position = (int)position;
    }

    public void Align(int alignment) => Seek(Math.Min(_bytes.Length, (Position + alignment - 1) / alignment * alignment));

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int Int32() => (int)UInt32();

    public Guid Guid() => new(Take(16));

    public ReadOnlySpan<byte> TextBytes()
    {
        int end = _bytes[Position..].IndexOf((byte)0);
        if (end < 0)
            throw Bad("a string has no terminating zero");
        var text = Take(end);
        Position++;
        return text;
    }

    public string Text() => Encoding.UTF8.GetString(TextBytes());

    /// <summary>A numeric leaf: a 16-bit number below 8000h or a kind with its value. Reals and other kinds are refused by number.</summary>
    public long Number()
    {
        ushort leaf = UInt16();
        if (leaf < CodeView.LF_NUMERIC)
            return leaf;
        return leaf switch
        {
            CodeView.LF_CHAR => (sbyte)Byte(),
            CodeView.LF_SHORT => (short)UInt16(),
            CodeView.LF_USHORT => UInt16(),
            CodeView.LF_LONG => Int32(),
            CodeView.LF_ULONG => UInt32(),
            CodeView.LF_QUADWORD or CodeView.LF_UQUADWORD => BinaryPrimitives.ReadInt64LittleEndian(Take(8)),
            _ => throw Bad($"numeric leaf 0x{leaf:x} is not an integer"),
        };
    }
}
