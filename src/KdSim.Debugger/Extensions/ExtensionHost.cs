using System.Reflection;
using System.Runtime.Loader;
using KdSim.Debugger.Language;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Extensions;

/// <summary>
/// Extension DLLs, each in a load context of its own; the API assembly is always ours. An extension built for another major version is
/// refused before any of its types loads. What sharing a process cannot give: a stack overflow or FailFast in an extension ends the tool.
/// </summary>
public sealed class ExtensionHost(CommandTable commands, Func<string> searchPath)
{
    readonly List<(string Name, string Path, int Commands)> _loaded = [];

    /// <summary>Loaded extensions, newest first.</summary>
    public IEnumerable<(string Name, string Path, int Commands)> Loaded => Enumerable.Reverse(_loaded);

    /// <summary>Loads by path, or by name along the extension path; never from the current directory. Gives the path.</summary>
    public string Load(string name)
    {
        string path = Find(name) ??
            throw new CommandException($"The call to LoadLibrary({name}) failed, Win32 error 0n2\n    \"The system cannot find the file specified.\"");
        if (_loaded.Any(l => l.Path == path))
            return path;
        Assembly assembly;
        try
        {
            assembly = new Context(path).LoadFromAssemblyPath(path);
        }
        catch (Exception problem) when (problem is BadImageFormatException or IOException)
        {
            throw new CommandException($"{path} is not an extension: {problem.Message}");
        }
        Add(assembly, path);
        return path;
    }

    /// <summary>Adds the commands of an assembly that is in the process already: the in-box extensions.</summary>
    public void Add(Assembly assembly, string? path = null)
    {
        int version = VersionOf(assembly) ??
            throw new CommandException($"{path ?? assembly.GetName().Name} is not an extension: it has no DebuggerExtension attribute");
        if (version != DebuggerExtensionAttribute.CurrentVersion)
            throw new CommandException($"{path ?? assembly.GetName().Name} was built for version {version} of the debugger's API, this is " +
                $"{DebuggerExtensionAttribute.CurrentVersion}");
        int count = commands.AddFrom(assembly);
        _loaded.Add((assembly.GetName().Name!.ToLowerInvariant(), path ?? assembly.Location, count));
    }

    /// <summary>Forgets the commands of an extension.</summary>
    public void Unload(string name)
    {
        int index = _loaded.FindIndex(l => l.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || l.Path == name);
        if (index < 0)
            throw new CommandException($"Unable to find module '{name}'");
        commands.RemoveFrom(_loaded[index].Name);
        _loaded.RemoveAt(index);
    }

    /// <summary>Read as data, so that a foreign version's types are never loaded.</summary>
    static int? VersionOf(Assembly assembly) => assembly.GetCustomAttributesData()
        .FirstOrDefault(a =>
            a.AttributeType.FullName == typeof(DebuggerExtensionAttribute).FullName)?.ConstructorArguments[0].Value as int?;

    string? Find(string name)
    {
        string file = name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? name : name + ".dll";
        if (Path.IsPathRooted(file))
            return File.Exists(file) ? Path.GetFullPath(file) : null;
        if (file.AsSpan().IndexOfAny('/', '\\') >= 0)
            return null;
        foreach (string folder in searchPath().Split(';', StringSplitOptions.RemoveEmptyEntries).Append(AppContext.BaseDirectory))
            if (Directory.Exists(folder) && Directory.EnumerateFiles(folder)
                .FirstOrDefault(f => Path.GetFileName(f).Equals(file, StringComparison.OrdinalIgnoreCase)) is { } found)
                return Path.GetFullPath(found);
        return null;
    }

    sealed class Context(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
    {
        readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName name) =>
            name.Name is "KdSim.Debugging" or "KdSim.Nt" ? null : _resolver.ResolveAssemblyToPath(name) is { } found
                ? LoadFromAssemblyPath(found) : null;
    }
}
