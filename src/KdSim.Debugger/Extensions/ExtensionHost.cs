using System.Reflection;
using KdSim.Debugger.Language;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Extensions;

/// <summary>An extension that is loaded.</summary>
/// <param name="Name">The assembly's name in lower case: <c>!name.command</c>.</param>
public sealed record LoadedExtension(string Name, string Path, int ApiVersion, IReadOnlyList<CommandEntry> Commands);

/// <summary>
/// Extension DLLs, each in a load context of its own; the API assembly is always ours. A file that is no extension, or one that was built for
/// another major version, is refused before anything of it is loaded. Commands run guarded (<see cref="GuardedCommand"/>). What sharing a
/// process cannot give: a stack overflow, FailFast or exhausted memory in an extension ends the tool.
/// </summary>
public sealed class ExtensionHost
{
    readonly CommandTable _commands;
    readonly Func<string> _searchPath;
    readonly List<LoadedExtension> _loaded = [];
    readonly HashSet<string> _inBox = [];

    public ExtensionHost(CommandTable commands, Func<string> searchPath)
    {
        _commands = commands;
        _searchPath = searchPath;
        commands.LoadMissing = name => Find(name) is { } path && Load(path) is not null;
    }

    /// <summary>Loaded extensions; the first is the first that a command is looked for in.</summary>
    public IEnumerable<LoadedExtension> Loaded => Enumerable.Reverse(_loaded);

    /// <summary>Whether an extension came with the tool.</summary>
    public bool IsInBox(LoadedExtension extension) => _inBox.Contains(extension.Name);

    /// <summary>How long a cancelled command has to end before it is abandoned.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The folders that names are looked for in: the extension path, then those of the tool; never the current directory.</summary>
    public IEnumerable<string> SearchPath => _searchPath().Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Append(Path.Combine(AppContext.BaseDirectory, "extensions")).Append(AppContext.BaseDirectory).Distinct();

    /// <summary>Loads by path, or by name along <see cref="SearchPath"/>. One that is loaded already stays as it is.</summary>
    public LoadedExtension Load(string name)
    {
        string path = Find(name) ??
            throw new CommandException($"The call to LoadLibrary({name}) failed, Win32 error 0n2\n    \"The system cannot find the file specified.\"\n" +
                "Please check your debugger configuration and/or network access.");
        if (_loaded.FirstOrDefault(l => l.Path == path) is { } there)
            return there;
        ExtensionFile file = ExtensionFile.Read(path);
        RefuseVersion(path, file.ApiVersion);
        string extension = file.AssemblyName.ToLowerInvariant();
        if (_loaded.Any(l => l.Name == extension))
            throw new CommandException($"{path}: an extension {extension} is loaded already; .unload it first");
        ExtensionContext context = new(path);
        try
        {
            return Add(extension, path, file.ApiVersion!.Value, CommandEntry.DeclaredIn(context.LoadMain(file.Image), extension,
                command => new GuardedCommand(command, extension, this)));
        }
        catch (Exception problem) when (problem is not CommandException)
        {
            context.Unload();
            // What a constructor threw says more than that one threw.
            Exception cause = problem is TargetInvocationException { InnerException: { } inner } ? inner
                : problem is ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } ? first : problem;
            throw new CommandException($"{path} cannot be loaded: {GuardedCommand.OneLine(cause)}");
        }
    }

    /// <summary>Adds the commands of an assembly that is in the process already: the in-box extensions. They run unguarded.</summary>
    public LoadedExtension Add(Assembly assembly)
    {
        int? version = assembly.GetCustomAttribute<DebuggerExtensionAttribute>()?.ApiVersion;
        RefuseVersion(assembly.GetName().Name!, version);
        string extension = assembly.GetName().Name!.ToLowerInvariant();
        _inBox.Add(extension);
        return Add(extension, assembly.Location, version!.Value, CommandEntry.DeclaredIn(assembly, extension));
    }

    LoadedExtension Add(string extension, string path, int version, List<CommandEntry> entries)
    {
        if (entries.FirstOrDefault(e => e.Name.Length < 2 || e.Name[0] != '!') is { } odd)
            throw new CommandException($"{path}: the command '{odd.Name}' does not begin with '!', as commands of extensions do");
        _commands.Add(extension, entries);
        LoadedExtension added = new(extension, path, version, entries);
        _loaded.Add(added);
        return added;
    }

    /// <summary>Forgets an extension and its commands.</summary>
    public void Unload(string name)
    {
        LoadedExtension extension = Named(name);
        _commands.Remove(extension.Name);
        _loaded.Remove(extension);
    }

    /// <summary>Makes an extension the first that commands are looked for in.</summary>
    public void Prefer(string name)
    {
        LoadedExtension extension = Named(name);
        _commands.Prefer(extension.Name);
        _loaded.Remove(extension);
        _loaded.Add(extension);
    }

    /// <summary>A loaded extension by its name, its file's name or its path.</summary>
    public LoadedExtension Named(string name) =>
        _loaded.FirstOrDefault(l => l.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || l.Path == name ||
            Path.GetFileName(l.Path).Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw new CommandException($"Unable to find module '{name}'");

    static void RefuseVersion(string what, int? version)
    {
        if (version is null)
            throw new CommandException($"{what} is not an extension: it has no {nameof(DebuggerExtensionAttribute)}");
        if (version != DebuggerExtensionAttribute.CurrentVersion)
            throw new CommandException($"{what} was built for version {version} of the extension API, this debugger has version " +
                $"{DebuggerExtensionAttribute.CurrentVersion}");
    }

    string? Find(string name)
    {
        string file = name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? name : name + ".dll";
        if (Path.IsPathRooted(file))
            return File.Exists(file) ? Path.GetFullPath(file) : null;
        if (file.AsSpan().IndexOfAny('/', '\\') >= 0)
            return null;
        foreach (string folder in SearchPath)
            if (Path.IsPathRooted(folder) && Directory.Exists(folder) && Directory.EnumerateFiles(folder)
                .FirstOrDefault(f => Path.GetFileName(f).Equals(file, StringComparison.OrdinalIgnoreCase)) is { } found)
                return Path.GetFullPath(found);
        return null;
    }
}
