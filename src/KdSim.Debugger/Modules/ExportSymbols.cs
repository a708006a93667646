using KdSim.Debugging.Structures;
using KdSim.Symbols.Pe;

namespace KdSim.Debugger.Modules;

/// <summary>What is known of a module without a PDB: the names that it exports.</summary>
sealed class ExportSymbols : IModuleSymbols
{
    readonly List<ModuleSymbol> _byAddress;
    readonly Dictionary<string, ModuleSymbol> _byName = new(StringComparer.OrdinalIgnoreCase);

    public ExportSymbols(PeImage image)
    {
        _byAddress = (image.ReadExports()?.Symbols ?? [])
            .Where(s => s is { Name: not null, Forwarder: null })
            .Select(s => new ModuleSymbol(s.Name!, s.Rva, 0, SymbolKind.Export, null))
            .OrderBy(s => s.Rva).ToList();
        foreach (ModuleSymbol symbol in _byAddress)
            _byName.TryAdd(symbol.Name, symbol);
    }

    public string Status => _byAddress.Count > 0 ? "export symbols" : "no symbols";
    public string Path => "";
    public IEnumerable<ModuleSymbol> All => _byAddress;
    public IEnumerable<string> TypeNames => [];
    public ModuleSymbol? Find(string name) => _byName.GetValueOrDefault(name);
    public ModuleSymbol? Nearest(uint rva) => _byAddress.LastOrDefault(s => s.Rva <= rva);
    public ModuleSymbol? Next(uint rva) => _byAddress.FirstOrDefault(s => s.Rva > rva);
    public TypeInfo? FindType(string name) => null;
    public SourceLine? LineAt(uint rva) => null;
    public IEnumerable<SourceLine> FindLine(string file, int line) => [];
    public IReadOnlyList<LocalVariable> LocalsAt(uint rva, string? inlined = null) => [];
}
