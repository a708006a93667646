using System.Buffers.Binary;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>Finds the buffers of a file: each begins where the one before it ends, or, in a damaged file, at the next place that looks like one.</summary>
sealed class BufferFinder(TraceBytes bytes, ProblemList problems)
{
    /// <summary>The largest buffer that a system makes is 16 MB.</summary>
    public const int LargestBuffer = 16 << 20;

    const int WindowSize = 1 << 16;
    const int LookLength = BufferHeader.Length + 8;

    readonly byte[] _window = new byte[WindowSize + LookLength];
    readonly byte[] _look = new byte[LookLength];

    /// <summary>The size of buffers that the file's header declares; 0 if that is not known.</summary>
    public int NominalSize { get; set; }

    /// <summary>The next buffer at a place or behind it; null at the end of the file.</summary>
    public BufferInfo? Next(ref long offset)
    {
        if (offset >= bytes.Length) return null;
        if (ExpectedAt(offset) is { } buffer)
        {
            offset += buffer.Available;
            return buffer;
        }
        long found = Search(offset + 1);
        long end = found < 0 ? bytes.Length : found;
        problems.Add(TraceProblemKind.BadBuffer, offset, end - offset, "no buffer begins here");
        offset = end;
        if (found < 0) return null;
        BufferInfo next = Look(found)!.Value;
        offset += next.Available;
        return next;
    }

    /// <summary>A buffer where one should be. Its place speaks for it, so it may be odd in what does not matter for finding the next one.</summary>
    BufferInfo? ExpectedAt(long offset)
    {
        if (Look(offset) is not { } buffer || !IsPossible(buffer.Header)) return null;
        if (NominalSize > 0 && buffer.Header.BufferSize == NominalSize) return buffer;
        bool usual = NominalSize == 0 || buffer.Header.BufferSize <= 2L * NominalSize;
        return (usual && IsPlausible(_look)) || Follows(buffer) ? buffer : null;
    }

    /// <summary>What stands behind the buffer is another one, or the end of the file.</summary>
    bool Follows(BufferInfo buffer)
    {
        long left = bytes.Length - buffer.Offset - buffer.Header.BufferSize;
        if (left <= 0) return left == 0;
        return Look(buffer.Offset + buffer.Header.BufferSize) is { } next && IsPossible(next.Header) && IsPlausible(_look);
    }

    /// <summary>The header at a place, unjudged; null if the file ends inside it. Its first bytes stay in the look buffer.</summary>
    BufferInfo? Look(long offset)
    {
        _look.AsSpan().Clear();
        if (bytes.Read(offset, _look) < BufferHeader.Length) return null;
        BufferHeader header = BufferHeader.Read(_look);
        return new BufferInfo { Offset = offset, Header = header, Available = (int)Math.Min(header.BufferSize, bytes.Length - offset) };
    }

    static bool IsPossible(in BufferHeader header) =>
        header.BufferSize is >= BufferHeader.Length and <= LargestBuffer && header.BufferType <= BufferType.DebugInformation
        && header.DataEnd <= LargestBuffer && header.State <= 0xFFFF;

    /// <summary>All that is known about headers holds, and what follows can be a record.</summary>
    static bool IsPlausible(ReadOnlySpan<byte> look)
    {
        BufferHeader header = BufferHeader.Read(look);
        if (!IsPossible(header) || header.State > 0xFF || header.DataEnd < BufferHeader.Length) return false;
        if (header.IsCompressed) return true;
        if (header.DataEnd > header.BufferSize) return false;
        if (header.DataEnd < LookLength || look.Length < LookLength) return true;
        uint marker = BinaryPrimitives.ReadUInt32LittleEndian(look[BufferHeader.Length..]);
        return marker == BufferHeader.EndOfRecords || marker >> 24 is RecordMarker.Header or RecordMarker.Message;
    }

    /// <summary>The next place that looks like a buffer and is followed by one or by the end; -1: none. Compressed buffers begin at any byte.</summary>
    long Search(long from)
    {
        for (long window = from; window < bytes.Length; window += WindowSize)
        {
            int read = bytes.Read(window, _window);
            for (int at = 0; at < WindowSize && at + BufferHeader.Length <= read; at++)
            {
                // Sizes beyond the largest are most of what random bytes say: a quick way out.
                if (BinaryPrimitives.ReadUInt32LittleEndian(_window.AsSpan(at)) is < BufferHeader.Length or > LargestBuffer) continue;
                if (!IsPlausible(_window.AsSpan(at, Math.Min(LookLength, read - at)))) continue;
                if (Look(window + at) is { } buffer && IsFollowed(buffer)) return window + at;
            }
        }
        return -1;
    }

    /// <summary>The last buffer of a cut file is followed by nothing: then its size must be the usual one.</summary>
    bool IsFollowed(BufferInfo buffer) =>
        Follows(buffer) || (buffer.Available < buffer.Header.BufferSize && buffer.Header.BufferSize == NominalSize);
}
