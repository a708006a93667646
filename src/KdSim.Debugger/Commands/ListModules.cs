using System.Globalization;
using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;
using KdSim.Symbols.Pe;

namespace KdSim.Debugger.Commands;

/// <summary><c>lm</c>: modules. Options may be written together (<c>lmvm nt</c>, <c>lm1mk</c>) or apart.</summary>
[Command("lm", "lm[o|l|v|u|k|e|c|1m|sm] [i|f|n|p|t] [a address] [m pattern] [M pattern]", "List modules", Example = "lm")]
[Command("lmv", "lmv [m pattern] [a address]", "List modules with details", Example = "lmv m nt")]
[Command("lmvm", "lmvm pattern", "List matching modules with details", Example = "lmvm nt")]
[Command("lmm", "lmm pattern", "List matching modules")]
[Command("lm1m", "lm1m [m pattern]", "List only the names of modules", Example = "lm1m")]
public sealed class ListModules : EngineCommand<ListModules.Arguments>
{
    /// <param name="Options">Letters; <c>1</c> stands for <c>1m</c>, <c>s</c> for <c>sm</c>.</param>
    /// <param name="PathPattern">For the image's path (<c>M</c>).</param>
    public sealed record Arguments(string Options, string? Pattern, string? PathPattern, string? Address)
    {
        public bool Has(char option) => Options.Contains(option);
    }

    protected override Arguments Parse(ArgumentReader reader)
    {
        string text = reader.Name["lm".Length..] + reader.Text;
        ArgumentReader words = new(reader.Name, text);
        StringBuilder options = new();
        string? pattern = null, path = null, address = null;
        while (!words.AtEnd)
        {
            string word = words.Word();
            for (int i = 0; i < word.Length; i++)
                switch (word[i])
                {
                    case '1' when i + 1 < word.Length && word[i + 1] == 'm': options.Append('1'); i++; break;
                    case 's' when i + 1 < word.Length && word[i + 1] == 'm': options.Append('s'); i++; break;
                    case 'm' when i == word.Length - 1 && !words.AtEnd: pattern = words.Word(); break;
                    case 'M' when i == word.Length - 1 && !words.AtEnd: path = words.Word(); break;
                    case 'a' when i == word.Length - 1 && !words.AtEnd: address = words.Word(); break;
                    case var letter when "olvukecifnptD".Contains(letter): options.Append(letter); break;
                    default: throw new CommandSyntaxException("Syntax", reader.Name.Length + reader.Text.Length, reader.Name + reader.Text);
                }
        }
        return new(options.ToString(), pattern, path, address);
    }

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        ulong? address = arguments.Address is { } text ? session.Evaluate(text) : null;
        bool Shown(TargetModule m) => (arguments.Pattern is not { } p || Wildcard.Matches(p, m.Name)) && (address is not { } at || m.Contains(at)) &&
            (arguments.PathPattern is not { } path || Wildcard.Matches(path, m.ImagePath));
        IEnumerable<DebuggedModule> modules = session.Modules.Loaded.Where(m => Shown(m.Image) && IsWanted(session, m, arguments));
        if (arguments.Has('s'))
            modules = modules.OrderBy(m => m.Name, StringComparer.OrdinalIgnoreCase);
        if (arguments.Has('1'))
        {
            foreach (DebuggedModule module in modules)
                yield return new Line(new Text(module.Name));
            yield break;
        }
        yield return new Line(new Text("start             end                 module name"));
        foreach (DebuggedModule module in modules)
        {
            yield return new Line(new Text(Row(session, module, arguments)));
            if (arguments.Has('v'))
                yield return new Text(Details(session, module.Image));
        }
        List<TargetModule> gone = session.Modules.Unloaded.Where(Shown).ToList();
        if (gone.Count == 0 || arguments.Has('l') || arguments.Has('o') || arguments.Has('e'))
            yield break;
        yield return new Text("\nUnloaded modules:\n");
        foreach (TargetModule module in gone)
            yield return new Line(new Text($"{Addresses.Accent(module.Base)} {Addresses.Accent(module.End)}   {module.ImageName}"));
    }

    /// <summary><c>l</c>: with symbols loaded; <c>e</c>: with a problem; <c>u</c> and <c>k</c>: in the user or the kernel half.</summary>
    static bool IsWanted(DebuggerSession session, DebuggedModule module, Arguments arguments)
    {
        const ulong KernelHalf = 0x8000_0000_0000_0000;
        return (!arguments.Has('l') || module.IsLoaded) && (!arguments.Has('e') || module.Complaint.Length > 0) &&
            (arguments.Has('k') == arguments.Has('u') || arguments.Has('k') == module.Base >= KernelHalf);
    }

    static string Row(DebuggerSession session, DebuggedModule module, Arguments arguments)
    {
        string bounds = $"{Addresses.Accent(module.Base)} {Addresses.Accent(module.Image.End)}   ";
        if (arguments.Has('c'))
            return $"{bounds}{module.Name,-10} {module.Image.CheckSum:x8}";
        if (arguments.Has('i') || arguments.Has('f'))
            return $"{bounds}{module.Name,-10} {(arguments.Has('f') ? module.Image.ImagePath : module.Image.ImageName)}";
        if (arguments.Has('n'))
            return $"{bounds}{module.Name,-8} {module.Image.ImageName,-12} {Stamp(session, module.Image)}";
        if (arguments.Has('t'))
            return $"{bounds}{module.Name,-10} {Stamp(session, module.Image)}";
        if (arguments.Has('p'))
            return $"{bounds}{module.Name,-10} {(module.IsLoaded ? module.Symbols.Path : "(deferred)")}";
        string status = module.IsLoaded || session.Options.EagerSymbols ? $"({module.Symbols.Status})" : "(deferred)";
        string path = module.IsLoaded ? module.Symbols.Path : "";
        return $"{bounds}{module.Name,-10} {status,-23} {path}".TrimEnd();
    }

    /// <summary>The time that the image was linked. Linkers that make the same file twice put a hash there; the debug directory says so.</summary>
    public static string Stamp(DebuggerSession session, TargetModule image)
    {
        if (Mapped(session, image)?.ReadDebugEntries().Any(e => e.Type == DebugEntry.ReproType) == true)
            return $"{image.TimeDateStamp:X8} (This is a reproducible build file hash, not a timestamp)";
        DateTime built = DateTime.UnixEpoch.AddSeconds(image.TimeDateStamp);
        return string.Create(CultureInfo.InvariantCulture, $"{built:ddd MMM} {built.Day,2} {built:HH:mm:ss yyyy} ({image.TimeDateStamp:X8})");
    }

    /// <summary>The image as it lies in memory; null when its headers cannot be read.</summary>
    public static PeImage? Mapped(DebuggerSession session, TargetModule image)
    {
        try
        {
            return PeImage.FromMemory(session.Loader.Read, image.Base, image.ImageName);
        }
        catch (BadImageException)
        {
            return null;
        }
    }

    static string Details(DebuggerSession session, TargetModule image)
    {
        StringBuilder text = new();
        foreach ((string name, string value) in new (string, string)[]
        {
            ("Timestamp", Stamp(session, image)), ("CheckSum", $"{image.CheckSum:X8}"), ("ImageSize", $"{image.Size:X8}"),
        }.Concat(VersionRows(session, image)))
            text.Append($"    {name + ":",-17} {value}\n");
        return $"    Loaded symbol image file: {image.ImageName}\n    Image path: {image.ImagePath}\n    Image name: {image.ImageName}\n{text}";
    }

    /// <summary>What the version resource says; without one, the translations that were looked for.</summary>
    static IEnumerable<(string, string)> VersionRows(DebuggerSession session, TargetModule image)
    {
        VersionResource? version = null;
        try
        {
            version = Mapped(session, image) is { } mapped ? VersionResource.Read(mapped) : null;
        }
        catch (BadImageException)
        {
            // As if it had none.
        }
        if (version is null)
            return [("Translations", "0000.04b0 0000.04e4 0409.04b0 0409.04e4")];
        return
        [
            ("File version", version.FileVersion.ToString()), ("Product version", version.ProductVersion.ToString()),
            ("File flags", $"{version.Flags:X} (Mask {version.FlagsMask:X})"), ("File OS", $"{version.Os:X} {OsName(version.Os)}"),
            ("File type", $"{version.Type:X}.{version.Subtype:X} {TypeName(version.Type)}"),
            ("File date", $"{version.Date >> 32:X8}.{(uint)version.Date:X8}"),
            ("Translations", string.Join(' ', version.Translations.Select(t => $"{t.Language:x4}.{t.CodePage:x4}"))),
            .. version.Strings.Select(s => (s.Key, s.Value)),
        ];
    }

    static string OsName(uint os) => os switch { 0x40004 => "NT Win32", 0x40000 => "NT Base", 4 => "Win32", _ => "Unknown" };

    static string TypeName(uint type) => type switch { 1 => "App", 2 => "Dll", 3 => "Driver", 4 => "Font", 7 => "Static library", _ => "Unknown" };
}
