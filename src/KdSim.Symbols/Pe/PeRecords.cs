namespace KdSim.Symbols.Pe;

/// <summary>The numbered rows of the optional header's directory table.</summary>
public enum PeDirectory
{
    Export, Import, Resource, Exception, Security, BaseRelocation, Debug, Architecture, GlobalPointer, Tls, LoadConfig, BoundImport,
    ImportAddressTable, DelayImport, ComDescriptor, Reserved,
}

/// <summary>Where a directory lies; both zero when the image has none.</summary>
public readonly record struct DirectoryEntry(uint Rva, uint Size)
{
    public bool IsPresent => Rva != 0 && Size != 0;
}

/// <summary>One import descriptor. A DLL may have several; <see cref="IsDelayed"/> marks those of the delay-load directory.</summary>
public sealed record ImportedDll(string Name, bool IsDelayed, IReadOnlyList<ImportedFunction> Functions);

/// <summary>One import: by name (with the export hint) or, when <see cref="Name"/> is null, by ordinal.</summary>
public sealed record ImportedFunction(string? Name, ushort Ordinal, ushort Hint, uint IatRva);

/// <summary>The export directory.</summary>
public sealed record ExportTable(string DllName, uint OrdinalBase, IReadOnlyList<ExportedSymbol> Symbols);

/// <summary>One export. A forwarder names another DLL's export ("hal.HalFoo") and its RVA is that of the text.</summary>
public sealed record ExportedSymbol(string? Name, uint Ordinal, uint Rva, string? Forwarder);

/// <summary>IMAGE_REL_BASED_* kinds that x64 images hold. Others stay numbers.</summary>
public enum RelocationKind : byte
{
    Absolute = 0, High = 1, Low = 2, HighLow = 3, HighAdj = 4, Dir64 = 10,
}

/// <summary>One base relocation. Absolute rows (padding) are not listed.</summary>
public readonly record struct BaseRelocation(uint Rva, RelocationKind Kind);

/// <summary>RUNTIME_FUNCTION: a range of code and its UNWIND_INFO. An odd <see cref="UnwindRva"/> points to another row of the table.</summary>
public readonly record struct RuntimeFunction(uint Begin, uint End, uint UnwindRva);

/// <summary>One row of the debug directory.</summary>
public readonly record struct DebugEntry(uint Type, uint TimeDateStamp, uint Size, uint Rva, uint FileOffset)
{
    public const uint CodeViewType = 2;
    public const uint ReproType = 16;
}

/// <summary>The RSDS record: which PDB belongs to the image.</summary>
public sealed record CodeViewRecord(Guid Guid, uint Age, string PdbName)
{
    /// <summary>The PDB's file name without the build machine's folder.</summary>
    public string PdbFileName => PdbName[(PdbName.AsSpan().LastIndexOfAny('\\', '/') + 1)..];

    /// <summary>The folder name that symbol stores use: GUID without dashes, then the age, upper-case hex.</summary>
    public string SymbolStoreKey => $"{Guid.ToString("N").ToUpperInvariant()}{Age:X}";
}

/// <summary>The part of IMAGE_LOAD_CONFIG_DIRECTORY64 that a driver loader needs. Virtual addresses at the preferred base.</summary>
public sealed record LoadConfiguration(
    uint Size, ulong SecurityCookieVa, ulong GuardCheckIcallVa, ulong GuardDispatchIcallVa, uint GuardFlags);
