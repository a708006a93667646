using KdSim.Debugger.Modules;
using KdSim.Kernel;
using KdSim.Kernel.Images;
using KdSim.Machine;
using KdSim.Symbols.Pdb;
using KdSim.Symbols.Pe;
using KdSim.Tracing.Tables;

namespace KdSim.Traces;

/// <summary>
/// Names code of a trace by PDBs of the GUID and age that the trace says (DbgID_RSDS): of the symbol path, beside the trace, of the drivers that the tool
/// comes with, and those of the simulated system. Others are not taken: a name from a wrong PDB is worse than an offset.
/// </summary>
sealed class TraceSymbols(string? symbolPath) : IAddressNames
{
    static readonly Lazy<IReadOnlyList<SyntheticImage>> Simulated = new(BuildImages);

    readonly Dictionary<CodeViewRecord, PdbFile?> _found = [];

    public string? FunctionAt(in ModuleIdentity module, uint offset)
    {
        if (module.PdbGuid == Guid.Empty) return null;
        var identity = new CodeViewRecord(module.PdbGuid, module.PdbAge, module.PdbName);
        if (!_found.TryGetValue(identity, out PdbFile? pdb)) _found[identity] = pdb = Find(identity);
        try
        {
            return pdb?.FindSymbolAt(offset)?.Name;
        }
        catch (BadPdbException error)
        {
            Complain(error.Message);
            _found[identity] = null;
            return null;
        }
    }

    PdbFile? Find(CodeViewRecord identity)
    {
        foreach (string path in SymbolPath.Candidates(symbolPath ?? "", identity).Concat(Shipped(identity)))
        {
            if (!File.Exists(path)) continue;
            try
            {
                if (Matching(File.ReadAllBytes(path), path, identity) is { } pdb) return pdb;
            }
            catch (Exception error) when (error is BadPdbException or IOException or UnauthorizedAccessException)
            {
                Complain(error.Message.Contains(path, StringComparison.Ordinal) ? error.Message : $"{path}: {error.Message}");
            }
        }
        return Simulated.Value.Where(image => image.PdbName.Equals(identity.PdbFileName, StringComparison.OrdinalIgnoreCase))
            .Select(image => Matching(image.Pdb, image.PdbName, identity)).FirstOrDefault();
    }

    static PdbFile? Matching(byte[] bytes, string path, CodeViewRecord identity)
    {
        PdbFile pdb = PdbFile.Parse(bytes, path);
        return pdb.Guid == identity.Guid && pdb.Age == identity.Age ? pdb : null;
    }

    /// <summary>PDBs of the drivers that the tool comes with; each has a folder of its own.</summary>
    static IEnumerable<string> Shipped(CodeViewRecord identity)
    {
        string drivers = Path.Combine(AppContext.BaseDirectory, "drivers");
        return Directory.Exists(drivers)
            ? Directory.EnumerateDirectories(drivers).Order(StringComparer.Ordinal).Select(folder => Path.Combine(folder, identity.PdbFileName)) : [];
    }

    /// <summary>The simulated system's images are made, not kept: a kernel that never runs makes them.</summary>
    static IReadOnlyList<SyntheticImage> BuildImages()
    {
        using var computer = new Computer(new MachineOptions());
        return [.. new NtKernel(computer).Images.All];
    }

    static void Complain(string problem) => Console.Error.WriteLine($"kdsim: {problem}");
}
