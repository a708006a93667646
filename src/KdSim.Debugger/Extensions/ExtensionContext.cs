using System.Reflection;
using System.Runtime.Loader;

namespace KdSim.Debugger.Extensions;

/// <summary>
/// Where an extension's assemblies live: a context each, so that two extensions may bring different versions of a library. The API itself
/// always comes from the debugger. The DLL is loaded from a copy in memory, so that it can be rebuilt while it is loaded.
/// </summary>
sealed class ExtensionContext(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path), isCollectible: true)
{
    readonly AssemblyDependencyResolver _resolver = new(path);

    public Assembly LoadMain(byte[] image)
    {
        string symbols = Path.ChangeExtension(path, ".pdb");
        return LoadFromStream(new MemoryStream(image), File.Exists(symbols) ? new MemoryStream(File.ReadAllBytes(symbols)) : null);
    }

    protected override Assembly? Load(AssemblyName name) =>
        name.Name is "KdSim.Debugging" or "KdSim.Nt" || _resolver.ResolveAssemblyToPath(name) is not { } found ? null : LoadFromAssemblyPath(found);

    protected override nint LoadUnmanagedDll(string name) =>
        _resolver.ResolveUnmanagedDllToPath(name) is { } found ? LoadUnmanagedDllFromPath(found) : 0;
}
