using KdSim.Debugger.Sessions;
using KdSim.Debugging.Targets;
using KdSim.Symbols.Pdb;
using KdSim.Symbols.Pe;

namespace KdSim.Debugger.Modules;

/// <summary>
/// Finds the PDB of a module by the GUID and age in its image: from the target itself, beside the image on the host, then along the symbol
/// path (plain folders and symbol store layout). A PDB with another identity is refused, unless mismatches are allowed.
/// </summary>
public sealed class SymbolLoader(ITarget target, SessionOptions options)
{
    const long LargestPdb = 1L << 30;

    /// <summary>Where files were looked for, for <c>!sym noisy</c>.</summary>
    public Action<string>? Noise { get; set; }

    public IModuleSymbols Load(DebuggedModule module)
    {
        try
        {
            PeImage image = PeImage.FromMemory(Read, module.Base, module.Image.ImageName);
            if (image.ReadCodeView() is { } identity && Find(module, identity) is { } pdb)
                return pdb;
            return new ExportSymbols(image);
        }
        catch (BadImageException bad)
        {
            module.Complaint = bad.Message;
            return new NoSymbols("no symbols");
        }
    }

    /// <summary>The address space that images of user mode are read in.</summary>
    public Func<AddressSpace> Space { get; set; } = static () => AddressSpace.Current;

    public bool Read(ulong va, Span<byte> buffer) => target.Read(Space(), va, buffer) == buffer.Length;

    PdbModuleSymbols? Find(DebuggedModule module, CodeViewRecord identity)
    {
        string name = identity.PdbFileName;
        if (target.Capability<ISymbolBytes>() is { } source &&
            source.TryGetPdb(identity.Guid, identity.Age, name, out ReadOnlyMemory<byte> bytes) &&
            Open(module, identity, bytes, name) is { } own)
            return own;
        foreach (string path in Candidates(module, identity))
        {
            Noise?.Invoke($"SYMSRV:  {module.Name}: {path} - {(File.Exists(path) ? "found" : "file not found")}\n");
            if (!File.Exists(path))
                continue;
            try
            {
                if (new FileInfo(path).Length > LargestPdb)
                    module.Complaint = $"{path}: too large";
                else if (Open(module, identity, File.ReadAllBytes(path), path) is { } found)
                    return found;
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                module.Complaint = problem.Message;
            }
        }
        return null;
    }

    IEnumerable<string> Candidates(DebuggedModule module, CodeViewRecord identity)
    {
        string name = identity.PdbFileName;
        if (module.Image.HostPath is { } host && Path.GetDirectoryName(host) is { } beside)
        {
            yield return Path.Combine(beside, name);
            yield return Path.ChangeExtension(host, ".pdb");
        }
        foreach (string path in SymbolPath.Candidates(options.SymbolPath, identity)) yield return path;
    }

    PdbModuleSymbols? Open(DebuggedModule module, CodeViewRecord identity, ReadOnlyMemory<byte> bytes, string path)
    {
        try
        {
            PdbFile pdb = PdbFile.Parse(bytes, path);
            if (pdb.Guid == identity.Guid && pdb.Age == identity.Age)
                return new PdbModuleSymbols(pdb, path, text => module.Complaint = text);
            module.Complaint = $"{path}: is {pdb.Guid} age {pdb.Age}, but {module.Image.ImageName} needs {identity.Guid} age {identity.Age}";
            return options.AllowMismatch ? new PdbModuleSymbols(pdb, path, text => module.Complaint = text) : null;
        }
        catch (BadPdbException bad)
        {
            module.Complaint = bad.Message;
            return null;
        }
    }
}
