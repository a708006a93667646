using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>Brings a buffer into memory, expanded if it is compressed. The arrays are kept and used again.</summary>
sealed class BufferLoader(TraceBytes bytes)
{
    byte[] _compressed = [];

    /// <summary>
    /// Fills the array (made larger where needed) with the buffer, its records at the same offsets as on disk before compression. Returns where the
    /// records end.
    /// </summary>
    /// <param name="problems">Receives what is wrong; null when the buffer was already judged.</param>
    public int Load(in BufferInfo buffer, ref byte[] data, ProblemList? problems)
    {
        BufferHeader header = buffer.Header;
        return header.IsCompressed ? Expand(buffer, ref data, problems) : Read(buffer, ref data, problems);
    }

    int Read(in BufferInfo buffer, ref byte[] data, ProblemList? problems)
    {
        uint size = buffer.Header.BufferSize, end = buffer.Header.DataEnd;
        Grow(ref data, buffer.Available);
        int read = bytes.Read(buffer.Offset, data.AsSpan(0, buffer.Available));
        if (read < size)
            problems?.Add(TraceProblemKind.CutBuffer, buffer.Offset, size - read, $"the file ends after {read} of the buffer's {size} bytes");
        if (end < BufferHeader.Length || end > size)
        {
            if (buffer.Header.BufferType == BufferType.Empty) return BufferHeader.Length;
            problems?.Add(TraceProblemKind.BadBufferEnd, buffer.Offset, 0, $"the data of the buffer ends at {end}, the buffer at {size}");
            end = size;
        }
        return (int)Math.Min(end, read);
    }

    int Expand(in BufferInfo buffer, ref byte[] data, ProblemList? problems)
    {
        int end = (int)buffer.Header.DataEnd;
        Grow(ref _compressed, buffer.Available);
        int read = bytes.Read(buffer.Offset, _compressed.AsSpan(0, buffer.Available));
        if (read < buffer.Header.BufferSize)
            problems?.Add(TraceProblemKind.CutBuffer, buffer.Offset, buffer.Header.BufferSize - read,
                $"the file ends after {read} of the buffer's {buffer.Header.BufferSize} bytes");
        if (end <= BufferHeader.Length || read <= BufferHeader.Length) return BufferHeader.Length;
        Grow(ref data, end);
        int expanded = BufferHeader.Length
            + Lz77.Decompress(_compressed.AsSpan(BufferHeader.Length, read - BufferHeader.Length), data.AsSpan(BufferHeader.Length, end - BufferHeader.Length));
        if (expanded < end && read == buffer.Header.BufferSize)
            problems?.Add(TraceProblemKind.BadCompression, buffer.Offset, end - expanded, $"{expanded} of the buffer's {end} bytes could be expanded");
        return expanded;
    }

    static void Grow(ref byte[] data, int length)
    {
        if (data.Length < length) data = new byte[(length + 0xFFF) & ~0xFFF];
    }
}
