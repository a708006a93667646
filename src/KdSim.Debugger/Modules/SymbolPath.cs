using KdSim.Symbols.Pe;

namespace KdSim.Debugger.Modules;

/// <summary>
/// A symbol path as the debuggers write it: folders with semicolons between, plain or in the layout of a symbol store, also srv*store*server.
/// </summary>
public static class SymbolPath
{
    /// <summary>The files that may be the PDB of that identity. Servers are not asked.</summary>
    public static IEnumerable<string> Candidates(string symbolPath, CodeViewRecord identity)
    {
        string name = identity.PdbFileName;
        foreach (string part in symbolPath.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // srv*store*server: the stores are folders.
            foreach (string folder in part.Split('*').Where(p => !p.Contains("://", StringComparison.Ordinal) &&
                p.ToLowerInvariant() is not ("srv" or "cache" or "")))
            {
                yield return Path.Combine(folder, name);
                yield return Path.Combine(folder, name, identity.SymbolStoreKey, name);
            }
        }
    }
}
