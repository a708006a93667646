using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KdSim.Tracing.Etl.Format;

/// <summary>
/// Plain LZ77 (MS-XCA 2.3 and 2.4), the compression of buffers: groups of 32 flags, highest bit first; a clear flag is a literal byte, a set
/// one a match of two bytes (offset - 1 in 13 bits, length - 3 in 3), whose longer lengths go on in a shared half byte, a byte, 16 or 32 bits.
/// </summary>
public static class Lz77
{
    const int ShortestMatch = 3, LongOffset = 1 << 13;

    /// <summary>
    /// Expands as much of the input as there is. Returns the number of bytes written: less than the output's length if the input ended, or
    /// held a match that points before the beginning.
    /// </summary>
    public static int Decompress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ref byte source = ref MemoryMarshal.GetReference(input);
        ref byte target = ref MemoryMarshal.GetReference(output);
        int from = 0, to = 0, halfByte = -1;
        while (true)
        {
            if (from + 4 > input.Length) return to;
            uint flags = Load<uint>(ref source, from);
            from += 4;
            // A group without matches is a plain copy.
            if (flags == 0 && from + 32 <= input.Length && to + 32 <= output.Length)
            {
                Unsafe.CopyBlockUnaligned(ref Unsafe.Add(ref target, to), ref Unsafe.Add(ref source, from), 32);
                from += 32;
                to += 32;
                continue;
            }
            for (int count = 0; count < 32; count++, flags <<= 1)
            {
                if (to >= output.Length) return to;
                if ((int)flags >= 0)
                {
                    if (from >= input.Length) return to;
                    Unsafe.Add(ref target, to++) = Unsafe.Add(ref source, from++);
                    continue;
                }
                if (from + 2 > input.Length) return to;
                int match = Load<ushort>(ref source, from);
                from += 2;
                int length = match & 7, offset = (match >> 3) + 1;
                if (length == 7)
                {
                    length = LongLength(input, ref from, ref halfByte);
                    if (length < 0) return to;
                }
                length += ShortestMatch;
                if (offset > to) return to;
                if (length > output.Length - to) length = output.Length - to;
                Copy(ref target, to, offset, length, output.Length);
                to += length;
            }
        }
    }

    /// <summary>The length beyond the seven that three bits hold; -1: the input is cut or wrong.</summary>
    static int LongLength(ReadOnlySpan<byte> input, ref int from, ref int halfByte)
    {
        int length;
        if (halfByte < 0)
        {
            if (from >= input.Length) return -1;
            length = input[from] & 15;
            halfByte = from++;
        }
        else
        {
            length = input[halfByte] >> 4;
            halfByte = -1;
        }
        if (length < 15) return length + 7;
        if (from >= input.Length) return -1;
        length = input[from++];
        if (length < 255) return length + 15 + 7;
        if (from + 2 > input.Length) return -1;
        uint whole = BinaryPrimitives.ReadUInt16LittleEndian(input[from..]);
        from += 2;
        if (whole == 0)
        {
            if (from + 4 > input.Length) return -1;
            whole = BinaryPrimitives.ReadUInt32LittleEndian(input[from..]);
            from += 4;
        }
        return whole is >= 15 + 7 and < int.MaxValue - ShortestMatch ? (int)whole : -1;
    }

    static void Copy(ref byte target, int to, int offset, int length, int limit)
    {
        ref byte destination = ref Unsafe.Add(ref target, to);
        ref byte origin = ref Unsafe.Add(ref target, to - offset);
        if (offset >= 8 && to + length + 8 <= limit)
        {
            // Eight at a time may write up to seven bytes too far: what follows overwrites them.
            for (int i = 0; i < length; i += 8)
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref destination, i), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref origin, i)));
            return;
        }
        if (offset == 1)
        {
            Unsafe.InitBlockUnaligned(ref destination, origin, (uint)length);
            return;
        }
        for (int i = 0; i < length; i++) Unsafe.Add(ref destination, i) = Unsafe.Add(ref origin, i);
    }

    static T Load<T>(ref byte source, int offset) where T : unmanaged => Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref source, offset));

    /// <summary>The most bytes that <see cref="Compress"/> makes of an input.</summary>
    public static int WorstLength(int length) => length + length / 32 * 4 + 16;

    /// <summary>Compresses; the output has room for <see cref="WorstLength"/>. Returns the number of bytes written.</summary>
    public static int Compress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        // The last position of each hash of three bytes, plus one.
        int[] heads = new int[1 << 14];
        int from = 0, to = 4, flagsAt = 0, flagCount = 0, halfByte = -1;
        uint flags = 0;
        while (from < input.Length)
        {
            if (flagCount == 32)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(output[flagsAt..], flags);
                flagsAt = to;
                to += 4;
                flags = 0;
                flagCount = 0;
            }
            int length = FindMatch(input, from, heads, out int offset);
            flags <<= 1;
            flagCount++;
            if (length < ShortestMatch)
            {
                output[to++] = input[from++];
                continue;
            }
            flags |= 1;
            WriteMatch(output, ref to, ref halfByte, offset, length - ShortestMatch);
            for (int end = from + length; ++from < end;)
                if (from + ShortestMatch <= input.Length)
                    heads[Hash(input, from)] = from + 1;
        }
        if (flagCount == 32)
        {
            // The end is marked by a match flag behind which nothing stands: it needs a group of its own.
            BinaryPrimitives.WriteUInt32LittleEndian(output[flagsAt..], flags);
            flagsAt = to;
            to += 4;
            flags = 0;
            flagCount = 0;
        }
        int unused = 32 - flagCount;
        flags = unused == 32 ? uint.MaxValue : (flags << unused) | ((1u << unused) - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(output[flagsAt..], flags);
        return to;
    }

    static int FindMatch(ReadOnlySpan<byte> input, int from, int[] heads, out int offset)
    {
        offset = 0;
        if (from + ShortestMatch > input.Length) return 0;
        int hash = Hash(input, from);
        int candidate = heads[hash] - 1;
        heads[hash] = from + 1;
        if (candidate < 0 || from - candidate > LongOffset) return 0;
        offset = from - candidate;
        return input[from..].CommonPrefixLength(input[candidate..]);
    }

    static int Hash(ReadOnlySpan<byte> input, int at) => (int)(((uint)(input[at] | input[at + 1] << 8 | input[at + 2] << 16) * 2654435761u) >> 18);

    static void WriteMatch(Span<byte> output, ref int to, ref int halfByte, int offset, int length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output[to..], (ushort)((offset - 1) << 3 | Math.Min(length, 7)));
        to += 2;
        if (length < 7) return;
        int nibble = Math.Min(length - 7, 15);
        if (halfByte < 0)
        {
            halfByte = to;
            output[to++] = (byte)nibble;
        }
        else
        {
            output[halfByte] |= (byte)(nibble << 4);
            halfByte = -1;
        }
        if (nibble < 15) return;
        int more = length - 7 - 15;
        output[to++] = (byte)Math.Min(more, 255);
        if (more < 255) return;
        if (length <= ushort.MaxValue)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(output[to..], (ushort)length);
            to += 2;
            return;
        }
        BinaryPrimitives.WriteUInt16LittleEndian(output[to..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(output[(to + 2)..], (uint)length);
        to += 6;
    }
}
