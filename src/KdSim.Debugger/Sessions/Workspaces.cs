using System.Text;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Sessions;

/// <summary>
/// What a person set up on a machine, kept as a script of commands: paths, number base and evaluator, aliases, watches, breakpoints. One
/// file a name; the name of the machine is the usual one.
/// </summary>
public sealed class Workspaces(SessionOptions options)
{
    readonly (string Symbols, string Sources, string Images) _usual = (options.SymbolPath, options.SourcePath, options.ImagePath);

    const string Extension = ".kd";

    /// <summary>Null: there is nowhere to keep them.</summary>
    public string? Folder { get; set; }

    public string DefaultName { get; set; } = "default";

    public IReadOnlyList<string> Names => Folder is null || !Directory.Exists(Folder) ? []
        : [.. Directory.GetFiles(Folder, "*" + Extension).Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    public bool Exists(string name) => Folder is not null && File.Exists(PathOf(name));

    public string PathOf(string name)
    {
        if (Folder is null)
            throw new CommandException("There is no settings folder: workspaces are kept only where user settings are");
        return name.Length > 0 && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') && name[0] != '.'
            ? Path.Combine(Folder, name + Extension)
            : throw new CommandException($"'{name}' is no name for a workspace: letters, digits, - and _ expected");
    }

    public void Save(DebuggerSession session, string name)
    {
        string path = PathOf(name);
        try
        {
            Directory.CreateDirectory(Folder!);
            File.WriteAllText(path, Script(session));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {problem.Message}");
        }
    }

    public void Load(DebuggerSession session, string name)
    {
        if (!Exists(name))
            throw new CommandException($"There is no workspace '{name}'");
        foreach (string line in File.ReadLines(PathOf(name)).Where(l => l.Length > 0))
            session.Capture(() => session.RunNested(line));
    }

    /// <summary>Only what was changed: the usual paths differ from run to run.</summary>
    string Script(DebuggerSession session)
    {
        StringBuilder script = new();
        script.Append($"n {options.Radix}\n.expr /s {(options.PrefersCpp ? "c++" : "masm")}\nad *\n.watch -d *\n");
        foreach ((string command, string path, string usual) in new[]
        {
            (".sympath", options.SymbolPath, _usual.Symbols), (".srcpath", options.SourcePath, _usual.Sources), (".exepath", options.ImagePath, _usual.Images),
        })
            if (path != usual && path.Length > 0)
                script.Append($"{command} {path}\n");
        foreach ((string name, string value) in session.Aliases.All.Where(a => !a.Value.Contains('\n')))
            script.Append($"as {name} {value}\n");
        foreach (string watch in session.Watches)
            script.Append($".watch {watch}\n");
        if (options.StopContext.Shown is { Count: > 0 } shown)
            script.Append($".stopview {string.Join(' ', shown.Select(p => "+" + p))}\n");
        script.Append("bc *\n").Append(session.Capture(() => session.RunNested(".bpcmds")));
        return script.ToString();
    }
}
