using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>ln</c>: the symbols around an address.</summary>
[Command("ln", "ln [address]", "List nearest symbols", Example = "ln @rip")]
public sealed class ListNearest : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ulong address = arguments.Text.Length == 0 ? session.Rip : session.Evaluate(arguments.Text);
        if (session.Modules.At(address) is not { } module || module.Symbols.Nearest(module.Rva(address)) is not { } symbol)
            yield break;
        if (session.Options.LoadLines && session.Modules.LineAt(address) is { } line)
            yield return new Line(new Text($"{line.File}({line.Line})" +
                (module.Rva(address) == line.Rva ? "" : $"+0x{module.Rva(address) - line.Rva:x}")));
        uint displacement = module.Rva(address) - symbol.Rva;
        string near = $"({Addresses.Accent(module.Base + symbol.Rva)})   {module.Name}!{symbol.Name}{(displacement == 0 ? "" : $"+0x{displacement:x}")}";
        string next = module.Symbols.Next(symbol.Rva) is { } after
            ? $"   |  ({Addresses.Accent(module.Base + after.Rva)})   {module.Name}!{after.Name}" : "";
        yield return new Line(new Text(near + next));
        if (displacement == 0)
        {
            string about = symbol.Type is { Kind: TypeKind.Function } f ? $" ({f.Parameters})" : symbol.IsPrivate ? "" : " (<no parameter info>)";
            yield return new Text($"Exact matches:\n    {module.Name}!{symbol.Name}{about}\n");
        }
    }
}

/// <summary><c>.reload ld</c>: looks for symbols again.</summary>
[Command(".reload", ".reload [/f] [/i] [/u] [/n] [module]", "Reload symbols", Example = ".reload")]
[Command("ld", "ld module", "Load symbols of a module", Example = "ld nt")]
public sealed class ReloadSymbols : EngineCommand<ReloadSymbols.Arguments>
{
    const int DotsInRow = 64;

    public sealed record Arguments(string Name, bool Force, bool AllowMismatch, bool UnloadOnly, string Module);

    protected override Arguments Parse(ArgumentReader arguments)
    {
        bool force = arguments.Name == "ld", mismatch = false, unload = false;
        while (arguments.Switch() is { } option)
        {
            force |= option == "/f";
            mismatch |= option == "/i";
            unload |= option == "/u";
        }
        return new(arguments.Name, force, mismatch, unload, arguments.Rest());
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        string pattern = arguments.Module.Split('=')[0];
        pattern = pattern.EndsWith(".sys", StringComparison.OrdinalIgnoreCase) ? pattern[..^4] : pattern;
        session.Options.AllowMismatch |= arguments.AllowMismatch;
        List<DebuggedModule> modules = session.Modules.Loaded.Where(m => pattern.Length == 0 || Wildcard.Matches(pattern, m.Name) ||
            Wildcard.Matches(pattern, m.Image.ImageName)).ToList();
        if (pattern.Length > 0 && modules.Count == 0)
            throw new CommandException($"\"{pattern}\" was not found in the image list.");
        session.Modules.Unload(modules.Contains);
        if (arguments.UnloadOnly)
            yield break;
        if (arguments.Force || pattern.Length > 0)
            foreach (DebuggedModule module in modules)
            {
                string status = module.Symbols.Status;
                if (module.Complaint.Length > 0 && status is "no symbols" or "export symbols")
                    yield return new Line(new Text($"*** ERROR: {module.Complaint}"));
                if (arguments.Name == "ld")
                    yield return new Line(new Text($"Symbols loaded for {module.Name}"));
            }
        if (pattern.Length > 0)
            yield break;
        yield return new Line(new Text("Loading Kernel Symbols"));
        for (int left = modules.Count; left > 0; left -= DotsInRow)
            yield return new Line(new Text(new string('.', Math.Min(left, DotsInRow))));
        yield return new Line(new Text("Loading User Symbols"));
        yield return new Line(new Text("Loading unloaded module list"));
        yield return new Line(new Text(new string('.', session.Modules.Unloaded.Count())));
    }
}

/// <summary><c>.sympath .srcpath .exepath .symfix</c>: where files are looked for.</summary>
[Command(".sympath", ".sympath[+] [path]", "Show or set the symbol path", Example = ".sympath")]
[Command(".srcpath", ".srcpath[+] [path]", "Show or set the source path", Example = ".srcpath")]
[Command(".exepath", ".exepath[+] [path]", "Show or set the image path", Example = ".exepath")]
public sealed class SetPath : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        SessionOptions options = session.Options;
        string text = arguments.Text;
        bool add = text.StartsWith('+');
        text = add ? text[1..].Trim() : text;
        string old = arguments.Name switch { ".sympath" => options.SymbolPath, ".srcpath" => options.SourcePath, _ => options.ImagePath };
        string path = text.Length == 0 ? old : add && old.Length > 0 ? $"{old};{text}" : text.Trim('"');
        switch (arguments.Name)
        {
            case ".sympath":
                options.SymbolPath = path;
                if (text.Length > 0)
                    session.Modules.Unload(m => m.IsLoaded && m.Symbols.Status is "no symbols" or "export symbols");
                yield return new Line(new Text($"Symbol search path is: {(path.Length == 0 ? "<empty>" : path)}"));
                yield return new Line(new Text($"Expanded Symbol search path is: {path}"));
                break;
            case ".srcpath":
                options.SourcePath = path;
                yield return new Line(new Text($"Source search path is: {(path.Length == 0 ? "<empty>" : path)}"));
                break;
            default:
                options.ImagePath = path;
                yield return new Line(new Text($"Executable image search path is: {(path.Length == 0 ? "<empty>" : path)}"));
                break;
        }
        foreach (string part in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
            if (!part.Contains('*') && !Directory.Exists(part.Trim('"', ' ')))
                yield return new Line(new Text($"WARNING: Path element does not exist: {part.Trim()}"));
    }
}

/// <summary><c>.lines l+t l-t l+s l-s</c>: source mode.</summary>
[Command(".lines", ".lines [-e|-d|-t]", "Switch the loading of source lines", Example = ".lines")]
[Command("l+t", "l+t", "Step by source line")]
[Command("l-t", "l-t", "Step by instruction")]
[Command("l+s", "l+s", "Show source lines at stops")]
[Command("l-s", "l-s", "Do not show source lines at stops")]
public sealed class SourceOptions : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        SessionOptions options = session.Options;
        switch (arguments.Name)
        {
            case "l+t" or "l-t":
                options.SourceMode = arguments.Name == "l+t";
                int on = options.SourceMode ? 1 : 0;
                yield return new Line(new Text($"Source options are {on}:\n     {on}/t - Step/trace by source line"));
                break;
            case "l+s" or "l-s":
                options.ShowSource = arguments.Name == "l+s";
                break;
            default:
                options.LoadLines = arguments.Text switch { "-e" => true, "-d" => false, _ => !options.LoadLines };
                yield return new Line(new Text($"Line number information will {(options.LoadLines ? "" : "not ")}be loaded"));
                break;
        }
    }
}

/// <summary><c>lsa</c>: source around an address.</summary>
[Command("lsa", "lsa address [, first [, count]]", "List source lines", Example = "lsa @rip")]
[Command("ls", "ls [first[, count]]", "List source lines of the current file")]
public sealed class ListSource : TextCommand
{
    const int Before = 5;
    const int Shown = 11;

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        ulong address = session.Rip;
        int first = int.MinValue, count = Shown;
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        int next = 0;
        if (arguments.Name == "lsa" && parts.Length > 0)
            address = session.Evaluate(parts[next++]);
        if (session.Modules.LineAt(address) is not { } line)
            throw new CommandException($"No source line information for {Addresses.Accent(address)}");
        if (parts.Length > next && int.TryParse(parts[next++].TrimStart('.'), out int offset))
            first = arguments.Name == "lsa" ? line.Line + offset : offset;
        if (parts.Length > next && int.TryParse(parts[next], out int wanted))
            count = wanted;
        string[] lines = SourceFiles.Lines(session,
            line.File) ?? throw new CommandException($"Source file {line.File} is not found: see .srcpath");
        int start = Math.Max(1, first == int.MinValue ? line.Line - Before : first);
        for (int i = start; i < start + count && i <= lines.Length; i++)
            yield return new Line(new Text($"{(i == line.Line ? '>' : ' ')}{i,5}: {lines[i - 1]}"));
    }
}

/// <summary><c>!sym noisy|quiet</c>.</summary>
[Command("!sym", "!sym noisy|quiet", "Show or hide the search for symbols", Example = "!sym quiet")]
public sealed class SymbolNoise : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        bool noisy = arguments.Text switch { "noisy" => true, "quiet" => false, "" => session.Options.NoisySymbols, _ =>
            throw arguments.Wrong("Syntax", 1) };
        session.Options.NoisySymbols = noisy;
        session.Loader.Noise = noisy ? session.Notice : null;
        yield return new Line(new Text($"{(noisy ? "noisy" : "quiet")} mode - symbol prompts {(noisy ? "on" : "off")}"));
    }
}
