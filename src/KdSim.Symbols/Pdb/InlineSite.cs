namespace KdSim.Symbols.Pdb;

/// <summary>Code ranges of one inlined call, decoded from the binary annotations of S_INLINESITE.</summary>
internal static class InlineSite
{
    /// <param name="First">Where the code of the whole site begins.</param>
    public readonly record struct Row(uint Start, uint End, int LineOffset, uint? File, uint First);

    /// <summary>Finds the row that covers an offset within the function, or null.</summary>
    public static Row? Find(PdbCursor annotations, uint codeOffset)
    {
        uint start = 0;
        int line = 0;
        uint? file = null;
        Row? open = null;
        uint? first = null;
        while (annotations.Left > 0)
        {
            uint operation = Compressed(ref annotations);
            uint? length = null;
            bool begins = false;
            switch (operation)
            {
                case 0: // Padding: the end.
                    annotations.Seek(annotations.Position + annotations.Left);
                    continue;
                case 1 or 2: // CodeOffset, ChangeCodeOffsetBase
                    start = Compressed(ref annotations);
                    break;
                case 3: // ChangeCodeOffset
                    start += Compressed(ref annotations);
                    begins = true;
                    break;
                case 4: // ChangeCodeLength: closes the open row; the next offset counts from its end.
                    uint closing = Compressed(ref annotations);
                    if (open is { } row && Within(row with { End = unchecked(row.Start + closing) }, codeOffset))
                        return row with { End = unchecked(row.Start + closing) };
                    start += closing;
                    open = null;
                    break;
                case 5: // ChangeFile
                    file = Compressed(ref annotations);
                    break;
                case 6: // ChangeLineOffset
                    line += Signed(Compressed(ref annotations));
                    break;
                case 11: // ChangeCodeOffsetAndLineOffset
                    uint both = Compressed(ref annotations);
                    line += Signed(both >> 4);
                    start += both & 0xf;
                    begins = true;
                    break;
                case 12: // ChangeCodeLengthAndCodeOffset
                    length = Compressed(ref annotations);
                    start += Compressed(ref annotations);
                    begins = true;
                    break;
                case >= 7 and <= 10 or 13: // Ends of lines, range kinds, columns.
                    Compressed(ref annotations);
                    break;
                default:
                    throw annotations.Bad($"binary annotation {operation} of an inline site is not known");
            }
            if (!begins)
                continue;
            if (open is { } previous && Within(previous with { End = start }, codeOffset))
                return previous with { End = start };
            first ??= start;
            open = new(start, start, line, file, first.Value);
            if (length is not { } known)
                continue;
            if (Within(open.Value with { End = unchecked(start + known) }, codeOffset))
                return open.Value with { End = unchecked(start + known) };
            open = null;
        }
        return null;
    }

    static bool Within(Row row, uint offset) => offset >= row.Start && offset < row.End;

    /// <summary>1, 2 or 4 bytes, big-endian, the length in the top bits.</summary>
    static uint Compressed(ref PdbCursor cursor)
    {
        byte first = cursor.Byte();
        if ((first & 0x80) == 0)
            return first;
        if ((first & 0xc0) == 0x80)
            return (uint)(first & 0x3f) << 8 | cursor.Byte();
        if ((first & 0xe0) == 0xc0)
            return (uint)(first & 0x1f) << 24 | (uint)cursor.Byte() << 16 | (uint)cursor.Byte() << 8 | cursor.Byte();
        throw cursor.Bad($"compressed number with first byte 0x{first:x2}");
    }

    static int Signed(uint value) => (value & 1) != 0 ? -(int)(value >> 1) : (int)(value >> 1);
}
