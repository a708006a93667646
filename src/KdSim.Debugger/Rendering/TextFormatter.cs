using System.Text;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Rendering;

/// <summary>Turns nodes into WinDbg's text.</summary>
public static class TextFormatter
{
    const int DeepestTree = 64;

    public static string Format(IEnumerable<Node> nodes)
    {
        StringBuilder text = new();
        foreach (Node node in nodes)
            Append(text, node);
        return text.ToString();
    }

    public static string Format(Node node)
    {
        StringBuilder text = new();
        Append(text, node);
        return text.ToString();
    }

    public static void Append(StringBuilder text, Node node)
    {
        foreach (string piece in Pieces(node))
            text.Append(piece);
    }

    /// <summary>The text piece by piece, so that a long table streams.</summary>
    /// <param name="styled">With the escape sequences of a terminal.</param>
    public static IEnumerable<string> Pieces(Node node, bool styled = false) => node switch
    {
        Text plain => [plain.Value],
        Address address => [Addresses.Format(address.Value, address.Style)],
        Symbol symbol => [symbol.Name],
        Link link => [styled ? $"\e[4m{link.Value}\e[24m" : link.Value],
        Error error => [styled ? $"\e[31m{Message(error)}\e[39m" : Message(error)],
        Line line => [string.Concat(line.Cells.SelectMany(c => Pieces(c, styled))) + "\n"],
        Table table => Rows(table, styled),
        Tree tree => Branches(tree, 0, styled),
        _ => throw new InvalidOperationException($"no such node: {node.GetType().Name}"),
    };

    static string Message(Error error) => error.Message + "\n" + (error.Hint is null ? "" : $"    {error.Hint}\n");

    static IEnumerable<string> Rows(Table table, bool styled)
    {
        if (table.Columns.Any(c => c.Header.Length > 0))
            yield return Row(table, [.. table.Columns.Select(c => (Node)new Text(c.Header))], styled);
        foreach (IReadOnlyList<Node> row in table.Rows)
            yield return Row(table, row, styled);
    }

    static string Row(Table table, IReadOnlyList<Node> cells, bool styled)
    {
        StringBuilder line = new();
        for (int i = 0; i < cells.Count; i++)
        {
            Column column = table.Columns[Math.Min(i, table.Columns.Count - 1)];
            if (i > 0)
                line.Append(table.Separator);
            string text = string.Concat(Pieces(cells[i]));
            string padding = new(' ', Math.Max(column.Width - text.Length, 0));
            bool last = i == cells.Count - 1;
            string shown = styled ? string.Concat(Pieces(cells[i], styled)) : text;
            line.Append(column.Right ? padding + shown : last ? shown : shown + padding);
        }
        return line.Append('\n').ToString();
    }

    static IEnumerable<string> Branches(Tree tree, int depth, bool styled)
    {
        yield return new string(' ', depth * tree.Indent) + string.Concat(Pieces(tree.Label, styled)) + "\n";
        if (depth < DeepestTree)
            foreach (Tree child in tree.Children)
                foreach (string piece in Branches(child, depth + 1, styled))
                    yield return piece;
    }
}
