using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Modules;

/// <summary>What a symbol names.</summary>
public enum SymbolKind { Function, Data, Public, Export }

/// <summary>A symbol of a module. A public one has no type.</summary>
public sealed record ModuleSymbol(string Name, uint Rva, uint Size, SymbolKind Kind, TypeInfo? Type, bool IsCode = false)
{
    public bool IsPrivate => Kind is SymbolKind.Function or SymbolKind.Data;
}

/// <summary>Code of one source line: a contiguous piece.</summary>
public sealed record SourceLine(string File, int Line, uint Rva, uint Length);

/// <summary>Where a local variable is found.</summary>
public enum LocalPlace { Nowhere, Register, RegisterRelative, Static, Constant }

/// <summary>A local variable at one address of its function.</summary>
/// <param name="Register">The register that holds it, or that <paramref name="Number"/> is added to.</param>
/// <param name="Number">An offset from the register, an RVA, or the constant.</param>
public sealed record LocalVariable(string Name, TypeInfo Type, bool IsParameter, LocalPlace Place, string Register = "", long Number = 0);

/// <summary>A call that the compiler inlined: the function whose code it is, where that begins, and the line within it.</summary>
public sealed record InlineCall(string Name, uint Rva, SourceLine? Line);

/// <summary>The symbols of one module, whatever they were read from.</summary>
public interface IModuleSymbols
{
    /// <summary>As <c>lm</c> shows it: <c>private pdb symbols</c>, <c>pdb symbols</c>, <c>export symbols</c>, <c>no symbols</c>.</summary>
    string Status { get; }

    /// <summary>The file, as <c>lm</c> shows it; empty when there is none.</summary>
    string Path { get; }

    /// <summary>A symbol by its name; an exact match goes before one of another case.</summary>
    ModuleSymbol? Find(string name);

    /// <summary>The last symbol at or before an address.</summary>
    ModuleSymbol? Nearest(uint rva);

    /// <summary>The first symbol after an address.</summary>
    ModuleSymbol? Next(uint rva);

    /// <summary>Every symbol, by address.</summary>
    IEnumerable<ModuleSymbol> All { get; }

    /// <summary>Those whose name a filter takes, by address: cheaper than to make all of them.</summary>
    IEnumerable<ModuleSymbol> Matching(Func<string, bool> filter) => All.Where(s => filter(s.Name));

    TypeInfo? FindType(string name);

    IEnumerable<string> TypeNames { get; }

    SourceLine? LineAt(uint rva);

    /// <summary>The code of a line of a file that ends with this path; of the next line that has code when it has none.</summary>
    IEnumerable<SourceLine> FindLine(string file, int line);

    /// <summary>The variables visible at an address, parameters first: those of the function, or of a call that was inlined into it.</summary>
    IReadOnlyList<LocalVariable> LocalsAt(uint rva, string? inlined = null);

    /// <summary>The inlined calls around an address, outermost first.</summary>
    IReadOnlyList<InlineCall> InlinesAt(uint rva) => [];
}

/// <summary>A module without symbols.</summary>
sealed class NoSymbols(string status) : IModuleSymbols
{
    public string Status => status;
    public string Path => "";
    public IEnumerable<ModuleSymbol> All => [];
    public IEnumerable<string> TypeNames => [];
    public ModuleSymbol? Find(string name) => null;
    public ModuleSymbol? Nearest(uint rva) => null;
    public ModuleSymbol? Next(uint rva) => null;
    public TypeInfo? FindType(string name) => null;
    public SourceLine? LineAt(uint rva) => null;
    public IEnumerable<SourceLine> FindLine(string file, int line) => [];
    public IReadOnlyList<LocalVariable> LocalsAt(uint rva, string? inlined = null) => [];
}
