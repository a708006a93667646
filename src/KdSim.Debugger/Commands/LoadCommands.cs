using KdSim.Debugger.Extensions;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary><c>.load .unload .unloadall .setdll</c>: loading extension DLLs.</summary>
[Command(".load", ".load name|path", "Load an extension DLL: by path, or by name along the extension path")]
[Command(".unload", ".unload [name]", "Unload an extension DLL (the one loaded last)")]
[Command(".unloadall", ".unloadall", "Unload all extension DLLs but the in-box ones")]
[Command(".setdll", ".setdll name", "Make an extension DLL the first that commands are looked for in")]
public sealed class LoadExtension : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ExtensionHost host = session.Extensions;
        string name = arguments.Text.Trim('"');
        switch (arguments.Name)
        {
            case ".load" or ".setdll" when name.Length == 0:
                throw arguments.Wrong("Syntax", 0);
            case ".load":
                host.Load(name);
                break;
            case ".setdll":
                host.Prefer(name);
                break;
            case ".unload":
                LoadedExtension extension = name.Length > 0 ? host.Named(name)
                    : host.Loaded.FirstOrDefault() ?? throw new CommandException("No extension DLL is loaded");
                host.Unload(extension.Name);
                yield return new Line($"Unloading {extension.Name} extension DLL");
                break;
            default:
                foreach (LoadedExtension each in host.Loaded.Where(l => !host.IsInBox(l)).ToList())
                {
                    host.Unload(each.Name);
                    yield return new Line($"Unloading {each.Name} extension DLL");
                }
                break;
        }
    }
}

/// <summary><c>.chain .extpath .extmatch</c>: which extensions there are, where they are looked for, and what they offer.</summary>
[Command(".chain", ".chain", "List loaded extension DLLs in the order that commands are looked for", Example = ".chain")]
[Command(".extpath", ".extpath[+] [path]", "Show or set the path that extension DLLs are looked for in", Example = ".extpath")]
[Command(".extmatch", ".extmatch [/D] [/e dll] [/x] pattern", "List the commands of extension DLLs by a pattern of their names",
    Example = ".extmatch irp*")]
public sealed class ListExtensions : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session) => arguments.Name switch
    {
        ".chain" => Chain(session),
        ".extpath" => SearchPath(arguments.Text.Trim('"'), session),
        _ => Match(arguments, session),
    };

    static IEnumerable<Node> Chain(DebuggerSession session)
    {
        yield return new Line("Extension DLL search Path:");
        foreach (string folder in session.Extensions.SearchPath)
            yield return new Line($"    {folder}");
        yield return new Line("Extension DLL chain:");
        foreach (LoadedExtension loaded in session.Extensions.Loaded)
            yield return new Line("    ", new Link(loaded.Name, $".extmatch /e {loaded.Name} *"),
                $": {loaded.Commands.Count} commands, API {loaded.ApiVersion}\n        [path: {loaded.Path}]");
    }

    static IEnumerable<Node> SearchPath(string path, DebuggerSession session)
    {
        bool add = path.StartsWith('+') && session.Options.ExtensionPath.Length > 0;
        if (path.Length > 0)
            session.Options.ExtensionPath = add ? $"{session.Options.ExtensionPath};{path[1..].Trim()}" : path.TrimStart('+').Trim();
        yield return new Line($"Extension search path is: {session.Options.ExtensionPath}");
    }

    static IEnumerable<Node> Match(TextArguments arguments, DebuggerSession session)
    {
        string pattern = "", extension = "";
        string[] words = arguments.Text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i++)
            switch (words[i].ToLowerInvariant())
            {
                case "/d" or "/x": break;
                case "/e" when i + 1 < words.Length: extension = words[++i].Trim('"'); break;
                default: pattern = words[i].TrimStart('!'); break;
            }
        if (pattern.Length == 0)
            throw arguments.Wrong("Syntax", 0);
        foreach (CommandEntry entry in session.Commands.InExtensions.OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            string owner = entry.Extension.Length == 0 ? "ext" : entry.Extension;
            if (Wildcard.Matches(pattern, entry.Name[1..]) && (extension.Length == 0 || Wildcard.Matches(extension, owner)))
                yield return new Line(new Link($"!{owner}.{entry.Name[1..]}", $".hh {entry.Name}"));
        }
    }
}
