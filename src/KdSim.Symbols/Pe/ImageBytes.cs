using System.Buffers.Binary;
using System.Text;

namespace KdSim.Symbols.Pe;

/// <summary>
/// Bytes of an image by RVA, out of a file (through the section table) or out of memory (base + RVA). The parser above does not
/// know which. Every read is whole or fails with a <see cref="BadImageException"/> that says what was being read.
/// </summary>
internal abstract class ImageBytes(string image)
{
    public string Image { get; } = image;

    /// <summary>Fills the buffer from the RVA, or answers false.</summary>
    public abstract bool TryRead(uint rva, Span<byte> buffer);

    public void Read(uint rva, Span<byte> buffer, string what)
    {
        if (!TryRead(rva, buffer))
            throw new BadImageException(Image, $"{what}: {buffer.Length} bytes expected at RVA 0x{rva:x}, which lie outside the image");
    }

    public byte[] ReadBytes(uint rva, int length, string what)
    {
        if (length < 0)
            throw new BadImageException(Image, $"{what} at RVA 0x{rva:x}: size 0x{(uint)length:x} is larger than any image");
        // A hostile size is refused before it is allocated: the last byte must exist.
        Span<byte> probe = stackalloc byte[1];
        if (length > 0 && ((ulong)rva + (uint)length > uint.MaxValue || !TryRead(rva + (uint)length - 1, probe)))
            throw new BadImageException(Image, $"{what}: {length} bytes expected at RVA 0x{rva:x}, which reach past the image");
        var bytes = new byte[length];
        Read(rva, bytes, what);
        return bytes;
    }

    public ushort ReadUInt16(uint rva, string what)
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(rva, bytes, what);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint ReadUInt32(uint rva, string what)
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(rva, bytes, what);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong ReadUInt64(uint rva, string what)
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(rva, bytes, what);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A zero-terminated string of at most <paramref name="limit"/> bytes. Bytes above 127 are Latin-1.</summary>
    public string ReadString(uint rva, string what, int limit = 4096)
    {
        var text = new StringBuilder();
        Span<byte> one = stackalloc byte[1];
        for (uint at = rva; text.Length < limit; at++)
        {
            Read(at, one, what);
            if (one[0] == 0)
                return text.ToString();
            text.Append((char)one[0]);
        }
        throw new BadImageException(Image, $"{what} at RVA 0x{rva:x}: no terminating zero within {limit} bytes");
    }
}

/// <summary>An image in file layout.</summary>
internal sealed class FileImageBytes(string image, ReadOnlyMemory<byte> file) : ImageBytes(image)
{
    /// <summary>Set as soon as the headers are parsed; before that only header RVAs (= file offsets) can be read.</summary>
    public IReadOnlyList<PeSection> Sections { get; set; } = [];

    public uint HeaderSize { get; set; } = (uint)Math.Min(file.Length, int.MaxValue);

    public override bool TryRead(uint rva, Span<byte> buffer)
    {
        var bytes = file.Span;
        if (rva < HeaderSize)
            return Copy(bytes, rva, Math.Min(HeaderSize, (uint)bytes.Length), buffer);
        foreach (var section in Sections)
        {
            if (!section.Contains(rva))
                continue;
            uint offset = rva - section.Rva;
            if (offset + (ulong)buffer.Length > section.MappedSize)
                return false;
            // What the file does not hold is zero in memory.
            uint inFile = offset < section.RawSize ? Math.Min(section.RawSize - offset, (uint)buffer.Length) : 0;
            buffer[(int)inFile..].Clear();
            return inFile == 0 || Copy(bytes, section.RawOffset + offset, (uint)bytes.Length, buffer[..(int)inFile]);
        }
        return false;
    }

    static bool Copy(ReadOnlySpan<byte> bytes, uint offset, uint end, Span<byte> buffer)
    {
        if (offset > end || (ulong)offset + (ulong)buffer.Length > end)
            return false;
        bytes.Slice((int)offset, buffer.Length).CopyTo(buffer);
        return true;
    }
}

/// <summary>An image as the loader mapped it, read through a callback.</summary>
internal sealed class MappedImageBytes(string image, ReadMemory read, ulong imageBase) : ImageBytes(image)
{
    /// <summary>Set as soon as the headers are parsed.</summary>
    public uint Size { get; set; } = 0x1000;

    public override bool TryRead(uint rva, Span<byte> buffer) =>
        (ulong)rva + (ulong)buffer.Length <= Size && read(imageBase + rva, buffer);
}
