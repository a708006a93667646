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
    public static IEnumerable<string> Pieces(Node node) => node switch
    {
        Text plain => [plain.Value],
        Address address => [Addresses.Format(address.Value, address.Style)],
        Symbol symbol => [symbol.Name],
        Link link => [link.Value],
        Error error => [error.Message + "\n" + (error.Hint is null ? "" : $"    {error.Hint}\n")],
        Line line => [string.Concat(line.Cells.SelectMany(Pieces)) + "\n"],
        Table table => Rows(table),
        Tree tree => Branches(tree, 0),
        _ => throw new InvalidOperationException($"no such node: {node.GetType().Name}"),
    };

    static IEnumerable<string> Rows(Table table)
    {
        if (table.Columns.Any(c => c.Header.Length > 0))
            yield return Row(table, table.Columns.Select(c => c.Header).ToList());
        foreach (IReadOnlyList<Node> row in table.Rows)
            yield return Row(table, row.Select(cell => string.Concat(Pieces(cell))).ToList());
    }

    static string Row(Table table, IReadOnlyList<string> cells)
    {
        StringBuilder line = new();
        for (int i = 0; i < cells.Count; i++)
        {
            Column column = table.Columns[Math.Min(i, table.Columns.Count - 1)];
            if (i > 0)
                line.Append(table.Separator);
            bool last = i == cells.Count - 1;
            line.Append(column.Right ? cells[i].PadLeft(column.Width) : last ? cells[i] : cells[i].PadRight(column.Width));
        }
        return line.Append('\n').ToString();
    }

    static IEnumerable<string> Branches(Tree tree, int depth)
    {
        yield return new string(' ', depth * tree.Indent) + string.Concat(Pieces(tree.Label)) + "\n";
        if (depth < DeepestTree)
            foreach (Tree child in tree.Children)
                foreach (string piece in Branches(child, depth + 1))
                    yield return piece;
    }
}
