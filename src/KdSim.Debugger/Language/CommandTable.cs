using System.Reflection;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Language;

/// <summary>One name of a command, with what it is declared to be.</summary>
/// <param name="Extension">The extension that it belongs to, in lower case; empty for the debugger's own.</param>
public sealed record CommandEntry(CommandAttribute Declaration, ICommand Command, IReadOnlyList<string> Reads, string Extension = "")
{
    public string Name => Declaration.Name;

    /// <summary>Makes the commands that an assembly declares. Constructors of commands run here, and may throw.</summary>
    /// <param name="wrap">What stands in front of each command; null: nothing.</param>
    public static List<CommandEntry> DeclaredIn(Assembly assembly, string extension = "", Func<ICommand, ICommand>? wrap = null)
    {
        List<CommandEntry> entries = [];
        foreach (Type type in assembly.GetTypes().Where(t => !t.IsAbstract && typeof(ICommand).IsAssignableFrom(t)))
        {
            List<CommandAttribute> declarations = [.. type.GetCustomAttributes<CommandAttribute>()];
            if (declarations.Count == 0)
                continue;
            ICommand command = (ICommand)Activator.CreateInstance(type)!;
            IReadOnlyList<string> reads = type.GetCustomAttribute<ReadsAttribute>()?.Names ?? [];
            foreach (CommandAttribute declaration in declarations)
                entries.Add(new CommandEntry(declaration, wrap is null ? command : wrap(command), reads, extension));
        }
        return entries;
    }
}

/// <summary>
/// Commands by name. Names are looked up exactly first, then without regard to case. What was added later hides an earlier command of the
/// same name; <c>!extension.name</c> reaches both.
/// </summary>
public sealed class CommandTable
{
    readonly Dictionary<string, CommandEntry> _exact = new(StringComparer.Ordinal);
    readonly Dictionary<string, CommandEntry> _anyCase = new(StringComparer.OrdinalIgnoreCase);
    readonly List<(string Extension, List<CommandEntry> Entries)> _layers = [];

    /// <summary>Grows with each change, so that bound statements know when to look again.</summary>
    public int Version { get; private set; }

    /// <summary>The commands that a name alone reaches, by name.</summary>
    public IEnumerable<CommandEntry> All => _exact.Values.OrderBy(e => e.Name, StringComparer.Ordinal);

    /// <summary>Asked once for an extension that <c>!extension.name</c> names and that is not there; true when it has been loaded.</summary>
    public Func<string, bool>? LoadMissing { get; set; }

    /// <summary>Adds commands of the debugger's own (an empty name) or of an extension.</summary>
    public void Add(string extension, List<CommandEntry> entries)
    {
        _layers.Add((extension, entries));
        Rebuild();
    }

    /// <summary>Removes an extension's commands: what they hid is back.</summary>
    public void Remove(string extension)
    {
        _layers.RemoveAll(l => l.Extension == extension);
        Rebuild();
    }

    /// <summary>Makes an extension the first that names are looked up in (<c>.setdll</c>).</summary>
    public void Prefer(string extension)
    {
        int index = _layers.FindIndex(l => l.Extension == extension);
        (string, List<CommandEntry>) layer = _layers[index];
        _layers.RemoveAt(index);
        _layers.Add(layer);
        Rebuild();
    }

    /// <summary>All commands of all extensions, those too that are hidden; the first looked up first.</summary>
    public IEnumerable<CommandEntry> InExtensions => Enumerable.Reverse(_layers).SelectMany(l => l.Entries).Where(e => e.Name[0] == '!');

    void Rebuild()
    {
        _exact.Clear();
        _anyCase.Clear();
        foreach (CommandEntry entry in _layers.SelectMany(l => l.Entries))
        {
            _exact[entry.Name] = entry;
            _anyCase[entry.Name] = entry;
        }
        Version++;
    }

    public CommandEntry? Find(string name) => _exact.GetValueOrDefault(name) ?? _anyCase.GetValueOrDefault(name);

    /// <summary><c>!extension.name</c>, as <c>extension.name</c>; null when the extension has no such command.</summary>
    CommandEntry? FindQualified(string text)
    {
        int dot = text.IndexOf('.');
        string extension = text[..dot].ToLowerInvariant(), name = "!" + text[(dot + 1)..];
        // WinDbg spreads the kernel commands over several libraries; here one has them, and the debugger itself the rest.
        if (extension is "ext" or "exts" or "kext" or "kdexts" or "kdextx64")
            return Find(name) is { Extension: "" or "kdexts" } own ? own : InLayer("kdexts", name) ?? InLayer("", name);
        if (!_layers.Any(l => l.Extension == extension) && LoadMissing?.Invoke(extension) != true)
            return null;
        return InLayer(extension, name);
    }

    CommandEntry? InLayer(string extension, string name) => _layers.Where(l => l.Extension == extension).SelectMany(l => l.Entries)
        .FirstOrDefault(e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Splits a command's text into its name and the rest. Punctuation names (<c>??</c>, <c>$$&gt;a&lt;</c>), dot and bang names end where
    /// their letters end; of letters the longest name that is known is taken, so that <c>recx</c> is <c>r ecx</c>. Flags
    /// that a command declares belong to its name.
    /// </summary>
    public (CommandEntry? Entry, int NameLength) Resolve(string text)
    {
        foreach (string fixedName in (ReadOnlySpan<string>)["$$>a<", "$$><", "$$<", "$><", "$<", "$$", "??", "?", "*", "~", "|", "#"])
            if (text.StartsWith(fixedName, StringComparison.Ordinal))
                return (Find(fixedName), fixedName.Length);
        if (text[0] is '.' or '!')
        {
            int end = 1;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_' || text[end] == '.' && text[0] == '!'))
                end++;
            // .f+ and .f-
            if (end == 2 && text[1] == 'f' && text.Length > 2 && text[2] is '+' or '-')
                end++;
            return (text.IndexOf('.', 1) is int dot && dot > 0 && dot < end ? FindQualified(text[1..end]) : Find(text[..end]), end);
        }
        int letters = 0;
        while (letters < text.Length && char.IsLetter(text[letters]))
            letters++;
        if (letters < text.Length && text[letters] is '+' or '-' && letters < text.Length - 1 && Find(text[..(letters + 2)]) is { } signed)
            return (signed, letters + 2);
        if (letters < text.Length && text[letters] is '-' && Find(text[..(letters + 1)]) is { } backwards)
            return (backwards, letters + 1);
        if (letters < text.Length && text[letters] is '1' && Find(text[..(letters + 1)]) is { } numbered)
            return (numbered, letters + 1);
        for (int length = 1; length < letters; length++)
            if (_exact.TryGetValue(text[..length], out CommandEntry? flagged) && flagged.Declaration.Flags.Length > 0 &&
                !text.AsSpan(length, letters - length).ContainsAnyExcept(flagged.Declaration.Flags))
                return (flagged, letters);
        for (int length = letters; length > 0; length--)
            if (_exact.TryGetValue(text[..length], out CommandEntry? exact))
                return (exact, length);
        for (int length = letters; length > 0; length--)
            if (_anyCase.TryGetValue(text[..length], out CommandEntry? any))
                return (any, length);
        return (null, Math.Min(1, text.Length));
    }

    /// <summary>Names that begin with a prefix, for completion.</summary>
    public IEnumerable<string> Complete(string prefix) =>
        All.Select(e => e.Name).Where(n => n.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
