using KdSim.Debugging.Structures;
using KdSim.Symbols.Pdb;

namespace KdSim.Debugger.Modules;

/// <summary>The symbols of a module from its PDB. A damaged part of the file is as if it were not there; the complaint is kept.</summary>
sealed class PdbModuleSymbols(PdbFile pdb, string path, Action<string> complain) : IModuleSymbols
{
    readonly PdbTypeMap _types = new();
    readonly Dictionary<string, ModuleSymbol?> _found = new(StringComparer.Ordinal);
    readonly Dictionary<string, TypeInfo?> _namedTypes = new(StringComparer.Ordinal);
    List<ModuleSymbol>? _all;

    public string Status => Guard(() => pdb.HasPrivateSymbols, false) ? "private pdb symbols" : "pdb symbols";
    public string Path => path;
    public IEnumerable<string> TypeNames => Guard<IEnumerable<string>>(() => pdb.TypeNames.ToList(), []);

    public IEnumerable<ModuleSymbol> All => _all ??= Guard(() => pdb.EnumerateSymbols(static _ => true).Select(Convert).ToList(), []);

    public IEnumerable<ModuleSymbol> Matching(Func<string, bool> filter) => _all is { } made ? made.Where(s => filter(s.Name))
        : Guard(() => pdb.EnumerateSymbols(filter).Select(Convert).ToList(), []);

    public ModuleSymbol? Find(string name)
    {
        if (!_found.TryGetValue(name, out ModuleSymbol? symbol))
            _found[name] = symbol = Guard(() => pdb.FindSymbol(name) is { } found ? Convert(found) : null, null);
        return symbol;
    }

    public ModuleSymbol? Nearest(uint rva) => Guard(() => pdb.FindSymbolAt(rva) is { } found ? Convert(found) : null, null);

    public ModuleSymbol? Next(uint rva) => Guard(() => pdb.FindSymbolAfter(rva) is { } found ? Convert(found) : null, null);

    public TypeInfo? FindType(string name)
    {
        if (!_namedTypes.TryGetValue(name, out TypeInfo? type))
            _namedTypes[name] = type = Guard(() => pdb.FindType(name) is { } found ? _types[found] : null, null);
        return type;
    }

    public SourceLine? LineAt(uint rva) => Guard(() => pdb.FindLine(rva) is { } line ? Convert(line) : null, null);

    public IEnumerable<SourceLine> FindLine(string file, int line) =>
        Guard<IEnumerable<SourceLine>>(() => pdb.FindLines(file, (uint)line).Select(Convert).ToList(), []);

    public IReadOnlyList<InlineCall> InlinesAt(uint rva) => Guard<IReadOnlyList<InlineCall>>(() =>
        pdb.GetInlineFrames(rva).Select(f => new InlineCall(f.Name, f.Rva, f.Line is { } line ? Convert(line) : null)).ToList(), []);

    public IReadOnlyList<LocalVariable> LocalsAt(uint rva, string? inlined = null) =>
        Guard<IReadOnlyList<LocalVariable>>(() =>
            pdb.GetLocals(rva).Where(l => l.InlinedInto == inlined).Select(Convert).OrderBy(l => l.IsParameter ? 0 : 1).ToList(), []);

    LocalVariable Convert(PdbLocal local)
    {
        (LocalPlace place, string register, long number) = local.Location switch
        {
            PdbLocation.Register held => (LocalPlace.Register, held.Target.Name, 0),
            PdbLocation.RegisterRelative relative => (LocalPlace.RegisterRelative, relative.Base.Name, relative.Offset),
            PdbLocation.Static global => (LocalPlace.Static, "", global.Rva),
            PdbLocation.Constant constant => (LocalPlace.Constant, "", constant.Value),
            _ => (LocalPlace.Nowhere, "", 0L),
        };
        return new LocalVariable(local.Name, _types[local.Type], local.IsParameter, place, register, number);
    }

    static SourceLine Convert(PdbLine line) => new(line.File, (int)line.Line, line.Rva, line.Length);

    ModuleSymbol Convert(PdbSymbol symbol)
    {
        SymbolKind kind = symbol.Kind switch
        {
            PdbSymbolKind.Function => SymbolKind.Function,
            PdbSymbolKind.Data => SymbolKind.Data,
            _ => SymbolKind.Public,
        };
        return new ModuleSymbol(symbol.Name, symbol.Rva, symbol.Length, kind, symbol.Type is { } type ? _types[type] : null, symbol.IsCode);
    }

    T Guard<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (BadPdbException bad)
        {
            complain(bad.Message);
            return otherwise;
        }
    }
}
