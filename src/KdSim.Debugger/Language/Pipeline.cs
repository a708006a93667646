using System.Text.RegularExpressions;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Language;

/// <summary>What is done with the lines that a command writes.</summary>
/// <param name="Kind">grep, head, tail, sort, count, more, or <c>&gt;</c> and <c>&gt;&gt;</c>.</param>
public sealed record OutputFilter(string Kind, string Argument, bool Invert = false, bool ExactCase = false, bool CountOnly = false)
{
    /// <summary>The lines that are left. <c>more</c> and files are the session's business.</summary>
    public IEnumerable<string> Apply(IEnumerable<string> lines) => Kind switch
    {
        "grep" when CountOnly => [$"0n{lines.Count(Matches)} lines"],
        "grep" => lines.Where(Matches),
        "head" => lines.Take(Count),
        "tail" => lines.TakeLast(Count),
        "sort" => lines.Order(StringComparer.Ordinal),
        "count" => [$"0n{lines.Count()} lines"],
        _ => lines,
    };

    int Count => Argument.Length == 0 ? 10 : int.Parse(Argument);

    bool Matches(string line) => Invert ^ (Wildcard.HasAny(Argument) && !ExactCase ? Wildcard.Matches($"*{Argument}*", line)
        : line.Contains(Argument, ExactCase ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase));
}

/// <summary>
/// A line whose output is filtered or kept: <c>CMD | grep [-v] [-s] [-c] TEXT</c>, <c>| find TEXT</c>, <c>| head N</c>, <c>| tail N</c>,
/// <c>| sort</c>, <c>| count</c>, <c>| more</c>, <c>CMD &gt; FILE</c>, <c>CMD &gt;&gt; FILE</c>. Bars and arrows inside quotes, parentheses and braces,
/// and those of expressions, are left alone: a bar needs blanks around it and one of these words behind it, an arrow a file's name.
/// </summary>
public sealed partial record Pipeline(string Command, IReadOnlyList<OutputFilter> Filters)
{
    static readonly string[] Expressions =
        ["?", "??", "r", "j", "z", ".formats", "dx", ".if", ".for", ".while", ".do", ".foreach", ".catch", ".block", "bp", "bu", "ba"];

    [GeneratedRegex(@"^(grep|find|head|tail|sort|count|more)(\s|$)")]
    private static partial Regex FilterWord();

    /// <summary>Null: the line is an ordinary one.</summary>
    public static Pipeline? TryParse(string line)
    {
        if (line.AsSpan().IndexOfAny('|', '>') < 0 || line.TrimStart().StartsWith('*'))
            return null;
        List<OutputFilter> filters = [];
        string command = line;
        if (FileArrow(command) is { } arrow)
        {
            filters.Add(new OutputFilter(arrow.Append ? ">>" : ">", arrow.File));
            command = command[..arrow.At].TrimEnd();
        }
        while (LastBar(command) is int bar and >= 0)
        {
            filters.Insert(0, Filter(command[(bar + 1)..].Trim()));
            command = command[..bar].TrimEnd();
        }
        return filters.Count == 0 ? null : new Pipeline(command, filters);
    }

    static OutputFilter Filter(string text)
    {
        int blank = text.IndexOf(' ');
        string kind = blank < 0 ? text : text[..blank], rest = blank < 0 ? "" : text[blank..].Trim();
        OutputFilter filter = new(kind == "find" ? "grep" : kind, "");
        while (filter.Kind == "grep" && rest is ['-', 'v' or 's' or 'c' or 'i', ' ', ..])
        {
            filter = rest[1] switch
            {
                'v' => filter with { Invert = true },
                's' => filter with { ExactCase = true },
                'c' => filter with { CountOnly = true },
                _ => filter,
            };
            rest = rest[2..].TrimStart();
        }
        if (filter.Kind is "head" or "tail" && rest.Length > 0 && !(int.TryParse(rest.TrimStart('-'), out int count) && count >= 0))
            throw new CommandException($"{kind}: a number expected, found '{rest}'");
        if (filter.Kind == "grep" && rest.Length == 0)
            throw new CommandException($"{kind}: a text expected");
        return filter with { Argument = filter.Kind == "grep" ? rest.Trim('"') : rest.TrimStart('-') };
    }

    /// <summary>The last bar outside everything that holds text together, with a filter behind it.</summary>
    static int LastBar(string line)
    {
        int last = -1;
        foreach (int i in Outside(line))
            if (line[i] == '|' && i > 0 && line[i - 1] == ' ' && FilterWord().IsMatch(line[(i + 1)..].TrimStart()))
                last = i;
        return last;
    }

    static (int At, bool Append, string File)? FileArrow(string line)
    {
        string word = line.TrimStart();
        int end = word.IndexOfAny([' ', '\t']);
        if (end < 0)
            return null;
        // In an expression only a quoted name can be no operand.
        bool expression = Expressions.Contains(word[..end]);
        foreach (int i in Outside(line).Reverse())
            if (line[i] == '>' && i > 0 && (line[i - 1] is ' ' || line[i - 1] == '>' && i > 1 && line[i - 2] == ' '))
            {
                bool append = line[i - 1] == '>';
                string file = line[(i + 1)..].Trim();
                bool named = file is ['"', _, .., '"'] || !expression && !file.Contains(' ') && file.AsSpan().IndexOfAny('.', '/', '\\') >= 0;
                return named ? (append ? i - 1 : i, append, file.Trim('"')) : null;
            }
        return null;
    }

    /// <summary>Positions outside quotes, parentheses and braces.</summary>
    static IEnumerable<int> Outside(string line)
    {
        int depth = 0;
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '\\' && quoted)
                i++;
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted)
                depth += c is '(' or '{' or '[' ? 1 : c is ')' or '}' or ']' ? -1 : 0;
            if (!quoted && depth <= 0 && i < line.Length)
                yield return i;
        }
    }
}
