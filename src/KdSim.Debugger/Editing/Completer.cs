using KdSim.Debugger.Language;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Editing;

/// <summary>
/// What Tab offers: command names for the first word; for others what the command's declared syntax speaks of (files, types and their
/// fields, commands), and modules, symbols and registers everywhere.
/// </summary>
public sealed class Completer(DebuggerSession session)
{
    const int Most = 400;

    static readonly string[] Separators = [" ", ",", "(", "[", "+", "-", "*", "=", "\"", ";", "{"];

    static readonly string[] RegisterNames =
    [
        .. Registers.General, "rip", "efl", "$ip", "$ra", "$csp", "$retreg", "$thread", "$proc", "$pcr", "$prcb", "$irql", "$exp", "$frame", "$ea", "$p",
        "$bug_code", .. Enumerable.Range(0, 20).Select(i => $"$t{i}"),
    ];

    public Completion Complete(string line, int cursor)
    {
        string before = line[..cursor];
        int command = Math.Max(before.LastIndexOf(';'), before.LastIndexOf('{')) + 1;
        while (command < cursor && before[command] == ' ')
            command++;
        string statement = before[command..];
        // !name and ~, ?? need no blank behind them, but a first word without one is still being typed.
        if (!statement.Contains(' ') && !(statement.StartsWith('$') && statement.Contains('<')))
            return new Completion(command, Sorted(session.Commands.All.Select(e => e.Name).Where(n => n.StartsWith(statement, StringComparison.Ordinal))));
        (CommandEntry? entry, int length) = session.Commands.Resolve(statement);
        string syntax = entry?.Declaration.Syntax ?? "";
        string arguments = statement[Math.Min(length, statement.Length)..];
        int start = StartOfWord(before, command + length);
        string word = before[start..];
        if (Speaks(syntax, "file", "folder", "path", "script"))
        {
            int file = Math.Max(before.LastIndexOf(' '), before.LastIndexOfAny(['<', '"', ';'])) + 1;
            return new Completion(Math.Max(file, command), Files(before[Math.Max(file, command)..]));
        }
        if (Speaks(syntax, "command", "pattern") && !Speaks(syntax, "commands"))
            return new Completion(start, Sorted(session.Commands.All.Select(e => e.Name).Where(n => n.StartsWith(word, StringComparison.Ordinal))));
        if (entry?.Name is "dt" or "??")
            return new Completion(start, Sorted(Fields(arguments, word).Concat(Types(word)).Concat(Symbols(word))));
        return new Completion(start, Sorted(Symbols(word)));
    }

    static bool Speaks(string syntax, params string[] words) =>
        syntax.Split([' ', '[', ']', '|', '{', '}', '"', '<', '>', ',', '/', '.'], StringSplitOptions.RemoveEmptyEntries).Any(words.Contains);

    static int StartOfWord(string text, int least)
    {
        int start = least;
        foreach (string separator in Separators)
            start = Math.Max(start, text.LastIndexOf(separator, StringComparison.Ordinal) + 1);
        return Math.Min(start, text.Length);
    }

    static List<string> Sorted(IEnumerable<string> names) => [.. names.Distinct().Order(StringComparer.OrdinalIgnoreCase).Take(Most)];

    IEnumerable<string> Symbols(string word)
    {
        if (word.StartsWith('@'))
            return RegisterNames.Where(n => n.StartsWith(word[1..], StringComparison.OrdinalIgnoreCase)).Select(n => "@" + n);
        int bang = word.IndexOf('!');
        if (bang < 0)
            return session.Modules.Loaded.Where(m => m.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Select(m => m.Name + "!")
                .Concat(session.Walker.Locals().Where(l => word.Length > 0 && l.Name.StartsWith(word, StringComparison.Ordinal)).Select(l => l.Name));
        return session.Modules.Named(word[..bang]) is not { } module ? []
            : module.Symbols.All.Where(s => s.Name.StartsWith(word[(bang + 1)..], StringComparison.OrdinalIgnoreCase)).Select(s => $"{module.Name}!{s.Name}");
    }

    IEnumerable<string> Types(string word)
    {
        int bang = word.IndexOf('!');
        IEnumerable<DebuggedModule> modules = bang < 0 ? session.Modules.Loaded.Where(m => m.IsLoaded && word.Length > 1)
            : session.Modules.Named(word[..bang]) is { } named ? [named] : [];
        string prefix = bang < 0 ? "" : word[..(bang + 1)], name = word[(bang + 1)..];
        return modules.SelectMany(m => m.Symbols.TypeNames).Where(t => t.StartsWith(name, StringComparison.OrdinalIgnoreCase)).Select(t => prefix + t);
    }

    /// <summary>Behind a type's name its fields, and those of a structure in it behind a dot.</summary>
    IEnumerable<string> Fields(string arguments, string word)
    {
        string[] words = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string? typeName = words.FirstOrDefault(w => !w.StartsWith('-'));
        if (typeName is null || words.Length == 1 && !arguments.EndsWith(' ') || session.Cpp.FindType(typeName) is not { IsRecord: true } type)
            return [];
        int dot = word.LastIndexOf('.');
        string path = dot < 0 ? "" : word[..(dot + 1)];
        if (dot > 0)
            type = type.Find(word[..dot])?.Type is { } inner ? inner.Kind == TypeKind.Pointer ? inner.Element ?? inner : inner : type;
        return type.Fields.Select(f => f.Name).Where(n => n.StartsWith(word[(dot + 1)..], StringComparison.OrdinalIgnoreCase)).Select(n => path + n);
    }

    static List<string> Files(string word)
    {
        try
        {
            string folder = Path.GetDirectoryName(word) ?? "", name = Path.GetFileName(word);
            if (word.EndsWith('/'))
                (folder, name) = (word.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/", "");
            return Sorted(Directory.EnumerateFileSystemEntries(folder.Length == 0 ? "." : folder)
                .Where(p => Path.GetFileName(p).StartsWith(name, StringComparison.Ordinal) && (name.Length > 0 || !Path.GetFileName(p).StartsWith('.')))
                .Select(p => (folder.Length == 0 ? Path.GetFileName(p) : Path.Combine(folder, Path.GetFileName(p))) + (Directory.Exists(p) ? "/" : "")));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }
}
