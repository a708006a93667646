namespace KdSim.Symbols.Pdb;

/// <summary>The C13 line information of one module: rows by address, and where inlined functions begin.</summary>
internal sealed class ModuleLines
{
    public readonly record struct Row(uint Rva, uint End, uint File, uint Line);

    const uint Lines = 0xf2, FileChecksums = 0xf4, InlineeLines = 0xf6, Ignored = 0x8000_0000;
    const uint HiddenLine = 0xfeefee, NeverStepInto = 0xf00f00;

    readonly List<Row> _rows = [];
    readonly Dictionary<uint, (uint File, uint Line)> _inlinees = [];
    readonly Dictionary<uint, string> _files = [];

    public ModuleLines(ReadOnlyMemory<byte> bytes, string file, string module, DbiStream dbi, Func<uint, string> name)
    {
        var cursor = new PdbCursor(bytes.Span, file, $"module {module} line");
        while (cursor.Left >= 8)
        {
            uint kind = cursor.UInt32();
            var part = cursor.Part(cursor.UInt32());
            cursor.Align(4);
            if ((kind & Ignored) != 0)
                continue;
            if (kind == Lines)
                ReadLines(ref part, dbi);
            else if (kind == FileChecksums)
                ReadFiles(ref part, name);
            else if (kind == InlineeLines)
                ReadInlinees(ref part);
        }
        _rows.Sort((a, b) => a.Rva != b.Rva ? a.Rva.CompareTo(b.Rva) : a.End.CompareTo(b.End));
    }

    public IReadOnlyList<Row> Rows => _rows;

    /// <summary>Source file by the number that rows carry, or a mark that it is missing.</summary>
    public string FileName(uint file) => _files.GetValueOrDefault(file, "<unknown file>");

    public (uint File, uint Line)? Inlinee(uint id) => _inlinees.TryGetValue(id, out var start) ? start : null;

    /// <summary>The row that covers an RVA, or null.</summary>
    public Row? Find(uint rva)
    {
        int low = 0, high = _rows.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_rows[middle].Rva <= rva)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && rva < _rows[low - 1].End ? _rows[low - 1] : null;
    }

    void ReadLines(ref PdbCursor part, DbiStream dbi)
    {
        uint offset = part.UInt32();
        uint? start = dbi.Rva(part.UInt16(), offset);
        bool hasColumns = (part.UInt16() & 1) != 0;
        uint size = part.UInt32();
        if (start is not { } rva)
            return;
        int first = _rows.Count;
        while (part.Left >= 12)
        {
            uint file = part.UInt32(), count = part.UInt32();
            part.UInt32();
            if (count > part.Left / 8)
                throw part.Bad($"{count} lines do not fit the block");
            for (uint i = 0; i < count; i++)
            {
                uint at = part.UInt32(), line = part.UInt32() & 0xffffff;
                _rows.Add(new(unchecked(rva + at), 0, file, line));
            }
            if (hasColumns)
                part.Skip(count * 4L);
        }
        // A row ends where the next one begins, the last with the function.
        _rows.Sort(first, _rows.Count - first, Comparer<Row>.Create((a, b) => a.Rva.CompareTo(b.Rva)));
        for (int i = first; i < _rows.Count; i++)
            _rows[i] = _rows[i] with { End = i + 1 < _rows.Count ? _rows[i + 1].Rva : unchecked(rva + size) };
        for (int i = _rows.Count - 1; i >= first; i--)
        {
            if (_rows[i].Line is HiddenLine or NeverStepInto || _rows[i].End <= _rows[i].Rva)
                _rows.RemoveAt(i);
        }
    }

    void ReadFiles(ref PdbCursor part, Func<uint, string> name)
    {
        while (part.Left >= 6)
        {
            uint number = (uint)part.Position;
            uint nameOffset = part.UInt32();
            byte length = part.Byte();
            part.Skip(1 + length);
            part.Align(4);
            _files[number] = name(nameOffset);
        }
    }

    void ReadInlinees(ref PdbCursor part)
    {
        bool hasExtraFiles = part.UInt32() == 1;
        while (part.Left >= 12)
        {
            uint id = part.UInt32(), file = part.UInt32(), line = part.UInt32();
            _inlinees[id] = (file, line);
            if (hasExtraFiles)
                part.Skip(part.UInt32() * 4L);
        }
    }
}
