namespace KdSim.Symbols.Pdb;

/// <summary>The private symbols of one module: its functions, and what is in scope inside one.</summary>
internal sealed class ModuleSymbols
{
    readonly ReadOnlyMemory<byte> _symbols;
    readonly string _file;
    readonly PdbModule _module;
    readonly DbiStream _dbi;
    readonly TypeTable _types;
    readonly List<PdbFunction> _functions = [];
    readonly Dictionary<int, PdbFunction> _byOffset = [];

    public ModuleSymbols(MsfFile msf, PdbModule module, DbiStream dbi, TypeTable types)
    {
        (_file, _module, _dbi, _types) = (msf.Name, module, dbi, types);
        var stream = module.Stream == 0xffff ? default : msf.Stream(module.Stream);
        var whole = new PdbCursor(stream.Span, _file, StreamName);
        if (stream.IsEmpty || module.SymbolBytes == 0)
            return;
        whole.Skip((long)module.SymbolBytes + module.C11Bytes + module.C13Bytes);
        _symbols = stream[..(int)module.SymbolBytes];
        LineBytes = stream.Slice((int)(module.SymbolBytes + module.C11Bytes), (int)module.C13Bytes);
        whole.Seek(0);
        uint signature = whole.UInt32();
        if (signature != CodeView.C13Signature)
            throw new BadPdbException(_file, $"{StreamName} stream, offset 0x0: signature {signature}; 4 (C13) was expected");
        FindFunctions();
    }

    public ReadOnlyMemory<byte> LineBytes { get; }

    /// <summary>Ascending by RVA.</summary>
    public IReadOnlyList<PdbFunction> Functions => _functions;

    string StreamName => $"module {_module.Name}";

    static bool IsProcedure(ushort kind) => kind is CodeView.S_GPROC32 or CodeView.S_LPROC32 or CodeView.S_GPROC32_ID
        or CodeView.S_LPROC32_ID or CodeView.S_LPROC32_DPC or CodeView.S_LPROC32_DPC_ID;

    static bool Opens(ushort kind) => IsProcedure(kind)
        || kind is CodeView.S_BLOCK32 or CodeView.S_INLINESITE or CodeView.S_INLINESITE2 or CodeView.S_THUNK32 or CodeView.S_SEPCODE;

    static bool Closes(ushort kind) => kind is CodeView.S_END or CodeView.S_INLINESITE_END or CodeView.S_PROC_ID_END;

    /// <summary>The next record's kind and body; false at the end of the symbols.</summary>
    static bool Next(ref PdbCursor cursor, out ushort kind, out PdbCursor body)
    {
        kind = 0;
        body = default;
        if (cursor.Left < 4)
            return false;
        ushort length = cursor.UInt16();
        if (length < 2)
            throw cursor.Bad($"symbol record of length {length}; at least 2 was expected");
        body = cursor.Part(length);
        kind = body.UInt16();
        return true;
    }

    void FindFunctions()
    {
        var cursor = new PdbCursor(_symbols.Span, _file, StreamName);
        cursor.Skip(4);
        for (int at = cursor.Position; Next(ref cursor, out ushort kind, out var body); at = cursor.Position)
        {
            if (IsProcedure(kind) && ReadFunction(at, kind, ref body) is { } function)
            {
                _functions.Add(function);
                _byOffset[at] = function;
            }
        }
        _functions.Sort((a, b) => a.Rva.CompareTo(b.Rva));
    }

    PdbFunction? ReadFunction(int at, ushort kind, ref PdbCursor body)
    {
        body.Skip(12);
        uint length = body.UInt32(), debugStart = body.UInt32(), debugEnd = body.UInt32(), type = body.UInt32(), offset = body.UInt32();
        ushort section = body.UInt16();
        body.Skip(1);
        if (_dbi.Rva(section, offset) is not { } rva)
            return null; // Removed by the linker.
        // The _ID kinds refer to the id stream; linkers rewrite them, so only odd files have them.
        bool hasType = kind is CodeView.S_GPROC32 or CodeView.S_LPROC32 or CodeView.S_LPROC32_DPC;
        bool isStatic = kind is CodeView.S_LPROC32 or CodeView.S_LPROC32_ID or CodeView.S_LPROC32_DPC or CodeView.S_LPROC32_DPC_ID;
        return new(body.Text(), rva, length, hasType && type != 0 ? _types.Get(type) : null, _module.Name, isStatic)
        {
            DebugStart = unchecked(rva + debugStart), DebugEnd = unchecked(rva + debugEnd), ModuleIndex = _module.Index, Offset = at,
        };
    }

    public PdbFunction? At(int offset) => _byOffset.GetValueOrDefault(offset);

    public PdbFunction? Containing(uint rva)
    {
        int low = 0, high = _functions.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_functions[middle].Rva <= rva)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && _functions[low - 1].Contains(rva) ? _functions[low - 1] : null;
    }

    /// <summary>Walks what is in scope at an RVA inside a function: locals with their place, and the inlined calls around it.</summary>
    public void Scope(PdbFunction function, uint rva, List<PdbLocal> locals, List<(uint Inlinee, InlineSite.Row Row)> inlined, TypeTable ids)
    {
        var reader = new LocalReader(_dbi, _types, rva, locals, (function.Type as PdbFunctionType)?.Parameters.Count ?? 0);
        var cursor = new PdbCursor(_symbols.Span, _file, StreamName);
        cursor.Seek(function.Offset);
        int depth = 0, skipped = 0;
        var inlineDepths = new Stack<(int Depth, string? Outer)>();
        while (Next(ref cursor, out ushort kind, out var body))
        {
            if (Opens(kind))
            {
                depth++;
                reader.Flush();
                if (skipped == 0 && depth > 1 && !Covers(kind, ref body, function, rva, inlined))
                    skipped = depth;
                else if (skipped == 0 && kind is CodeView.S_INLINESITE or CodeView.S_INLINESITE2)
                {
                    inlineDepths.Push((depth, reader.InlinedFunction));
                    reader.InlinedFunction = ids.FunctionIdName(inlined[^1].Inlinee) ?? "<unknown>";
                }
            }
            else if (Closes(kind))
            {
                reader.Flush();
                if (inlineDepths.TryPeek(out var inner) && inner.Depth == depth)
                {
                    inlineDepths.Pop();
                    reader.InlinedFunction = inner.Outer;
                }
                if (skipped == depth)
                    skipped = 0;
                if (--depth <= 0)
                    break;
            }
            else if (skipped == 0)
            {
                reader.Read(kind, ref body);
            }
        }
        reader.Flush();
    }

    bool Covers(ushort kind, ref PdbCursor body, PdbFunction function, uint rva, List<(uint, InlineSite.Row)> inlined)
    {
        body.Skip(8);
        if (kind == CodeView.S_BLOCK32)
        {
            uint length = body.UInt32(), offset = body.UInt32();
            return _dbi.Rva(body.UInt16(), offset) is { } start && rva >= start && rva - start < length;
        }
        if (kind is not (CodeView.S_INLINESITE or CodeView.S_INLINESITE2))
            return false;
        uint inlinee = body.UInt32();
        if (kind == CodeView.S_INLINESITE2)
            body.Skip(4);
        if (InlineSite.Find(body, rva - function.Rva) is not { } row)
            return false;
        inlined.Add((inlinee, row));
        return true;
    }
}
