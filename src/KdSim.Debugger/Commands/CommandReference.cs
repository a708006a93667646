using System.Text;
using KdSim.Debugger.Language;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary>Commands described from their declarations: for <c>.hh</c>, and as the page COMMANDS.md.</summary>
public static class CommandReference
{
    /// <summary>Chapters of the page in their order. A command belongs to the first that holds it.</summary>
    static readonly (string Title, Func<CommandEntry, bool> Holds)[] Chapters =
    [
        ("The language", e => e.Command is FlowTokens or Comment or RunScript or SetAlias),
        ("Commands", e => e.Name[0] is not ('.' or '!') && !IsMissing(e)),
        ("Meta-commands", e => e.Name[0] == '.' && !IsMissing(e)),
        ("Extension commands", e => e.Name[0] == '!' && !IsMissing(e)),
        ("Known by name, and refused", IsMissing),
    ];

    /// <summary>Whether a command only says that it is not supported or not simulated.</summary>
    public static bool IsMissing(CommandEntry entry) => entry.Declaration.Summary.StartsWith("Not supported", StringComparison.Ordinal) ||
        entry.Declaration.Summary.StartsWith("Not simulated", StringComparison.Ordinal);

    /// <summary>What a command is for, how it is written, an example, what it reads.</summary>
    public static IEnumerable<Node> Describe(CommandEntry entry)
    {
        yield return new Line(new Text(entry.Declaration.Syntax));
        yield return new Line(new Text($"    {entry.Declaration.Summary}."));
        if (entry.Command is IExplained explained)
            foreach (Node node in explained.Explain())
                yield return node;
        if (entry.Declaration.Example.Length > 0)
            yield return new Line(new Text("    Example: "), new Link(entry.Declaration.Example, entry.Declaration.Example));
        if (entry.Reads.Count > 0)
            yield return new Line(new Text($"    Reads: {string.Join(", ", entry.Reads)}"));
    }

    /// <summary>The page in Markdown: a table a chapter.</summary>
    public static string Page(IEnumerable<CommandEntry> entries)
    {
        List<CommandEntry> left =
            [.. entries.OrderBy(e => e.Name.TrimStart('.', '!'), StringComparer.OrdinalIgnoreCase).ThenBy(e => e.Name, StringComparer.Ordinal)];
        StringBuilder page = new("# Commands\n\n");
        page.Append("Made from the commands' declarations, and checked by a test. `.hh NAME` shows a row in the debugger, `.help PATTERN` lists names.\n");
        foreach ((string title, Func<CommandEntry, bool> holds) in Chapters)
        {
            List<CommandEntry> rows = [.. left.Where(holds)];
            left.RemoveAll(rows.Contains);
            page.Append($"\n## {title}\n\n| command | what it does | written | example |\n| --- | --- | --- | --- |\n");
            foreach (CommandEntry entry in rows)
                page.Append($"| {Code(entry.Name)} | {Cell(entry.Declaration.Summary)} | {Code(entry.Declaration.Syntax)} | ")
                    .Append($"{Code(entry.Declaration.Example)} |\n");
        }
        return page.ToString();
    }

    static string Cell(string text) => text.Replace("|", "\\|").Replace("<", "&lt;");

    static string Code(string text) => text.Length == 0 ? "" : $"`{text.Replace("|", "\\|").Replace('`', '\'')}`";
}
