namespace KdSim.Symbols.Pdb;

/// <summary>
/// A program database (MSF 7.00) of an x64 image. Opening reads headers only; types, symbols, modules and lines are decoded when first
/// asked for and kept. Addresses are RVAs. For one thread. Damaged files end in <see cref="BadPdbException"/> from any member.
/// </summary>
public sealed partial class PdbFile
{
    readonly MsfFile _msf;
    readonly DbiStream _dbi;
    readonly Dictionary<int, ModuleSymbols> _modules = [];
    readonly Dictionary<int, ModuleLines> _lines = [];
    readonly uint _idStream;
    const uint MinimalDebugInfo = 0x494E494D; // "MINI"

    readonly uint _namesStream = uint.MaxValue;
    TypeTable? _types;
    TypeTable? _ids;
    SymbolTable? _symbols;

    PdbFile(MsfFile msf)
    {
        _msf = msf;
        var cursor = new PdbCursor(msf.Stream(1).Span, msf.Name, "PDB information");
        uint version = cursor.UInt32();
        if (version is < 20000404 or > 20140508)
            throw cursor.Bad($"version {version} is not known; 20000404 was expected");
        Signature = cursor.UInt32();
        InfoAge = cursor.UInt32();
        Guid = cursor.Guid();
        (_namesStream, bool hasIds) = ReadNamedStreams(ref cursor);
        _idStream = hasIds ? 4u : uint.MaxValue;
        _dbi = new DbiStream(msf);
        Age = _dbi.IsPresent ? _dbi.Age : InfoAge;
    }

    /// <summary>Opens a file's bytes; <paramref name="name"/> is how errors call it.</summary>
    public static PdbFile Parse(ReadOnlyMemory<byte> bytes, string name) => new(new MsfFile(bytes, name));

    public string Name => _msf.Name;

    public Guid Guid { get; }

    /// <summary>The age that the image's RSDS record must have: the DBI stream's.</summary>
    public uint Age { get; }

    /// <summary>The age of the information stream; tools that rewrite a PDB raise it.</summary>
    public uint InfoAge { get; }

    public uint Signature { get; }

    /// <summary>Whether the file has more than public symbols.</summary>
    public bool HasPrivateSymbols => _dbi.Modules.Any(m => m.SymbolBytes > 4);

    public bool HasTypes => Types.Count > 0;

    public IReadOnlyList<PdbModule> Modules => _dbi.Modules;

    TypeTable Types => _types ??= new(_msf.Stream(2), _msf.Name, "TPI");

    /// <summary>2009-era files have no id stream.</summary>
    TypeTable Ids => _ids ??= new(_msf.Stream(_idStream), _msf.Name, "IPI");

    SymbolTable Symbols => _symbols ??= new(_msf.Stream(_dbi.RecordStream), _msf.Name, _dbi);

    static (uint Names, bool HasIds) ReadNamedStreams(ref PdbCursor cursor)
    {
        uint names = uint.MaxValue;
        bool hasIds = false;
        if (cursor.Left < 4)
            return (names, hasIds);
        var texts = cursor.Part(cursor.UInt32());
        uint count = cursor.UInt32();
        cursor.UInt32();
        cursor.Skip(cursor.UInt32() * 4L); // Bitmaps of used and of deleted slots.
        cursor.Skip(cursor.UInt32() * 4L);
        for (uint i = 0; i < count; i++)
        {
            texts.Seek(cursor.UInt32());
            uint stream = cursor.UInt32();
            if (texts.TextBytes().SequenceEqual("/names"u8))
                names = stream;
        }
        while (cursor.Left >= 4)
        {
            uint feature = cursor.UInt32();
            if (feature == MinimalDebugInfo)
                throw cursor.Bad("made with /DEBUG:FASTLINK, which leaves types and lines in the object files; link with /DEBUG:FULL");
            hasIds |= feature is 20091201 or 20140508;
        }
        return (names, hasIds);
    }

    /// <summary>A string of the /names stream (source file names).</summary>
    string NameAt(uint offset)
    {
        var cursor = new PdbCursor(_msf.Stream(_namesStream).Span, _msf.Name, "/names");
        if (cursor.Left < 12)
            return "<unknown file>";
        cursor.Skip(8);
        var texts = cursor.Part(cursor.UInt32());
        texts.Seek(offset);
        return texts.Text();
    }

    // Types.

    /// <summary>A structure, union or enum by name (_IRP): exactly, else ignoring case. Typedef names are followed. Null if unknown.</summary>
    public PdbType? FindType(string name) =>
        Types.Find(name) ?? FindSymbols(name).FirstOrDefault(s => s.Kind == PdbSymbolKind.Typedef)?.Type;

    /// <summary>A structure or union by name, or null.</summary>
    public PdbUdtType? FindStruct(string name) => FindType(name)?.Unqualified as PdbUdtType;

    /// <summary>Names of all structures, unions and enums that the file defines, sorted.</summary>
    public IEnumerable<string> TypeNames => Types.Names();

    public PdbType GetType(uint index) => Types.Get(index);

    // Symbols.

    /// <summary>The symbol of that name: exact case first, then functions, data, publics. Null if there is none.</summary>
    public PdbSymbol? FindSymbol(string name)
    {
        PdbSymbol? best = null;
        foreach (var symbol in FindSymbols(name))
        {
            if (symbol.Kind > PdbSymbolKind.Public)
                continue;
            if (best is null || Rank(symbol, name) < Rank(best, name))
                best = symbol;
        }
        return best;
    }

    static int Rank(PdbSymbol symbol, string name) => (symbol.Name == name ? 0 : 100) + (int)symbol.Kind;

    /// <summary>All symbols of that name, ignoring case, in file order.</summary>
    public IEnumerable<PdbSymbol> FindSymbols(string name)
    {
        foreach (int offset in Symbols.WithHash(PdbHash.OfString(name)))
        {
            if (Decode(offset) is { } symbol && symbol.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                yield return symbol;
        }
    }

    /// <summary>
    /// Functions, data and publics whose name the filter takes, by address; what a private symbol names already is not repeated as a
    /// public one.
    /// </summary>
    public IEnumerable<PdbSymbol> EnumerateSymbols(Func<string, bool> filter)
    {
        var found = Symbols.All().Select(Decode).OfType<PdbSymbol>()
            .Where(s => s.Kind <= PdbSymbolKind.Public && filter(s.Name))
            .OrderBy(s => s.Rva).ThenBy(s => s.Name, StringComparer.Ordinal).ThenBy(s => s.Kind);
        PdbSymbol? last = null;
        foreach (var symbol in found)
        {
            if (last is null || symbol.Rva != last.Rva || symbol.Name != last.Name)
                yield return symbol;
            last = symbol;
        }
    }

    /// <summary>
    /// The symbol nearest at or below an RVA. A function with bounds that contains the RVA wins; else the nearest name of any kind in the
    /// same section. Null before the first.
    /// </summary>
    public PdbSymbol? FindSymbolAt(uint rva)
    {
        if (FindFunction(rva) is { } function)
            return AsSymbol(function);
        int index = Symbols.LastAtOrBelow(rva);
        if (index < 0)
            return null;
        uint start = Symbols.Addresses[index].Rva;
        while (index > 0 && Symbols.Addresses[index - 1].Rva == start)
            index--; // Private data before public names of the same address.
        var section = _dbi.Sections.FirstOrDefault(s => s.Contains(rva));
        return section is not null && !section.Contains(start) ? null : Decode(Symbols.Addresses[index].Offset);
    }

    /// <summary>The first symbol after an RVA: a name with an address, or a function of the same module that has none of its own.</summary>
    public PdbSymbol? FindSymbolAfter(uint rva)
    {
        PdbSymbol? next = null;
        for (int i = Symbols.LastAtOrBelow(rva) + 1; next is null && i < Symbols.Addresses.Count; i++)
            next = Decode(Symbols.Addresses[i].Offset);
        PdbFunction? function = _dbi.ModuleAt(rva) is { } module ? SymbolsOf(module).Functions.FirstOrDefault(f => f.Rva > rva) : null;
        return function is not null && (next is null || function.Rva <= next.Rva) ? AsSymbol(function) : next;
    }

    /// <summary>The function whose code contains the RVA, by private symbols; null when there is none.</summary>
    public PdbFunction? FindFunction(uint rva) => _dbi.ModuleAt(rva) is { } module ? SymbolsOf(module).Containing(rva) : null;

    /// <summary>The function of that name, by private symbols.</summary>
    public PdbFunction? FindFunction(string name) =>
        FindSymbol(name) is { Kind: PdbSymbolKind.Function } symbol ? FindFunction(symbol.Rva) : null;

    /// <summary>A module's functions, ascending by RVA.</summary>
    public IReadOnlyList<PdbFunction> FunctionsOf(PdbModule module) => SymbolsOf(module).Functions;

    public PdbModule? FindModule(uint rva) => _dbi.ModuleAt(rva);

    ModuleSymbols SymbolsOf(PdbModule module)
    {
        if (!_modules.TryGetValue(module.Index, out var symbols))
            _modules.Add(module.Index, symbols = new(_msf, module, _dbi, Types));
        return symbols;
    }

    static PdbSymbol AsSymbol(PdbFunction function) =>
        new(function.Name, PdbSymbolKind.Function, function.Rva, function.Length, function.Type, true);

    PdbSymbol? Decode(int offset)
    {
        var record = Symbols.Record(offset, out ushort kind);
        switch (kind)
        {
            case CodeView.S_PUB32:
                uint flags = record.UInt32();
                uint publicOffset = record.UInt32();
                uint? publicRva = _dbi.Rva(record.UInt16(), publicOffset);
                return publicRva is null ? null : new(record.Text(), PdbSymbolKind.Public, publicRva.Value, 0, null, (flags & 3) != 0);
            case CodeView.S_GDATA32 or CodeView.S_LDATA32:
                uint type = record.UInt32(), dataOffset = record.UInt32();
                uint? dataRva = _dbi.Rva(record.UInt16(), dataOffset);
                return dataRva is null ? null : new(record.Text(), PdbSymbolKind.Data, dataRva.Value, 0, Types.Get(type), false);
            case CodeView.S_UDT:
                uint alias = record.UInt32();
                return new(record.Text(), PdbSymbolKind.Typedef, 0, 0, Types.Get(alias), false);
            case CodeView.S_CONSTANT:
                uint constantType = record.UInt32();
                long value = record.Number();
                return new(record.Text(), PdbSymbolKind.Constant, 0, 0, Types.Get(constantType), false) { Value = value };
            case CodeView.S_PROCREF or CodeView.S_LPROCREF:
                record.Skip(4);
                uint at = record.UInt32();
                int module = record.UInt16() - 1;
                if (module < 0 || module >= _dbi.Modules.Count)
                    return null;
                return SymbolsOf(_dbi.Modules[module]).At((int)at) is { } function ? AsSymbol(function) : null;
            default:
                return null;
        }
    }

    public override string ToString() => $"{Name} {Guid} age {Age}";
}
