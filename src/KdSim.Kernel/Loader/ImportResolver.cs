using System.Collections.Immutable;
using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Loader;

/// <summary>An import that nobody implements. Calling or reading its address stops the machine by name.</summary>
public sealed record MissingImport(ulong Address, string Name, string Dll, string Importer);

/// <summary>
/// Finds the addresses of imports: routines and variables of the synthetic images, exports of loaded drivers. A missing one gets an address of its own that is
/// never mapped.
/// </summary>
public sealed class ImportResolver(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Spacing = 16;
    private const int MostForwarders = 8;
    private static readonly Dictionary<string, Stub> Routines =
        RoutineTable.All.ToArray().Where(r => r.IsExported).ToDictionary(r => r.Name, r => r.Stub, StringComparer.Ordinal);
    private static readonly Dictionary<string, Datum> Variables =
        DataTable.All.ToArray().Where(v => v.IsExported).ToDictionary(v => v.Name, v => v.Datum, StringComparer.Ordinal);

    /// <summary>True if nt, hal or wmilib implement the name: drivers name the wrong one of them, and NT forwards.</summary>
    public static bool IsImplemented(string name) => Routines.ContainsKey(name) || Variables.ContainsKey(name);

    /// <summary>MmGetSystemRoutineAddress: the address of an export of nt or hal, or 0.</summary>
    public ulong Find(string name) =>
        Routines.TryGetValue(name, out Stub stub) ? Kernel.Stubs.AddressOf(stub)
        : Variables.TryGetValue(name, out Datum datum) ? Kernel.Data(datum)
        : 0;

    /// <summary>The missing import that an address stands for, or null.</summary>
    public MissingImport? FindMissing(ulong address)
    {
        ulong index = (address - SystemLayout.MissingImports.Start) / Spacing;
        return address >= SystemLayout.MissingImports.Start && index < (ulong)Kernel.Roots.MissingImports.Count
            ? Kernel.Roots.MissingImports[(int)index] : null;
    }

    internal ulong Resolve(ImportedDll dll, ImportedFunction function, string importer)
    {
        string name = function.Name ?? $"#{function.Ordinal}";
        if (Find(name) is var address and not 0)
            return address;
        if (FindInDriver(dll.Name, name) is var exported and not 0)
            return exported;
        ImmutableList<MissingImport> missing = Kernel.Roots.MissingImports;
        var entry = new MissingImport(SystemLayout.MissingImports.Start + (ulong)missing.Count * Spacing, name, dll.Name, importer);
        Kernel.Roots = Kernel.Roots with { MissingImports = missing.Add(entry) };
        return entry.Address;
    }

    private ulong FindInDriver(string dll, string name, int depth = 0)
    {
        View<KLDR_DATA_TABLE_ENTRY> module = Kernel.ModuleList.Find(dll);
        if (module.IsNull || SyntheticName(dll))
            return 0;
        PeImage image = PeImage.FromMemory(ReadGuest, module.DllBase, dll);
        ExportedSymbol? symbol = image.ReadExports()?.Symbols.FirstOrDefault(s => s.Name == name || $"#{s.Ordinal}" == name);
        if (symbol?.Forwarder is { } forwarder && forwarder.LastIndexOf('.') is > 0 and int dot && depth < MostForwarders)
            return Find(forwarder[(dot + 1)..]) is var known and not 0 ? known : FindInDriver(forwarder[..dot] + ".sys", forwarder[(dot + 1)..], depth + 1);
        return symbol is null || symbol.Forwarder is not null ? 0 : module.DllBase + symbol.Rva;
    }

    private static bool SyntheticName(string dll) => dll.ToLowerInvariant() is ImageNames.Kernel or ImageNames.Hal or ImageNames.WmiLib;

    private bool ReadGuest(ulong address, Span<byte> buffer) => Cpu.TryRead(address, buffer) == buffer.Length;
}
