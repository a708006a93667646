using System.Reflection;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Language;

/// <summary>One name of a command, with what it is declared to be.</summary>
public sealed record CommandEntry(CommandAttribute Declaration, ICommand Command, IReadOnlyList<string> Reads)
{
    public string Name => Declaration.Name;
}

/// <summary>Commands by name, found by reflection over their declarations. Names are looked up exactly first, then without regard to case.</summary>
public sealed class CommandTable
{
    readonly Dictionary<string, CommandEntry> _exact = new(StringComparer.Ordinal);
    readonly Dictionary<string, CommandEntry> _anyCase = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Grows with each change, so that bound statements know when to look again.</summary>
    public int Version { get; private set; }

    public IEnumerable<CommandEntry> All => _exact.Values.OrderBy(e => e.Name, StringComparer.Ordinal);

    /// <summary>Adds every command that an assembly declares. A later one replaces an earlier one of the same name.</summary>
    public int AddFrom(Assembly assembly)
    {
        int count = 0;
        foreach (Type type in assembly.GetTypes().Where(t => !t.IsAbstract && typeof(ICommand).IsAssignableFrom(t)))
        {
            ICommand command = (ICommand)Activator.CreateInstance(type)!;
            IReadOnlyList<string> reads = type.GetCustomAttribute<ReadsAttribute>()?.Names ?? [];
            foreach (CommandAttribute declaration in type.GetCustomAttributes<CommandAttribute>())
            {
                CommandEntry entry = new(declaration, command, reads);
                _exact[declaration.Name] = entry;
                _anyCase[declaration.Name] = entry;
                count++;
            }
        }
        Version++;
        return count;
    }

    /// <summary>Removes the commands of an assembly by its name.</summary>
    public void RemoveFrom(string assembly)
    {
        foreach (CommandEntry entry in _exact.Values.Where(e =>
            e.Command.GetType().Assembly.GetName().Name!.Equals(assembly, StringComparison.OrdinalIgnoreCase)).ToList())
        {
            _exact.Remove(entry.Name);
            _anyCase.Remove(entry.Name);
        }
        Version++;
    }

    public CommandEntry? Find(string name) => _exact.GetValueOrDefault(name) ?? _anyCase.GetValueOrDefault(name);

    /// <summary>
    /// Splits a command's text into its name and the rest. Punctuation names (<c>??</c>, <c>$$&gt;a&lt;</c>), dot and bang names end where
    /// their letters end; of letters the longest name that is known is taken, so that <c>recx</c> is <c>r ecx</c>.
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
            // !kdexts.irp names the extension that is meant; names are unique here.
            return (Find(text[..end]) ?? (text.IndexOf('.', 1) is int dot && dot > 0 && dot < end ? Find("!" + text[(dot + 1)..end])
                : null), end);
        }
        int letters = 0;
        while (letters < text.Length && char.IsLetter(text[letters]))
            letters++;
        if (letters < text.Length && text[letters] is '+' or '-' && letters < text.Length - 1 && Find(text[..(letters + 2)]) is { } signed)
            return (signed, letters + 2);
        if (letters < text.Length && text[letters] is '1' && Find(text[..(letters + 1)]) is { } numbered)
            return (numbered, letters + 1);
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
