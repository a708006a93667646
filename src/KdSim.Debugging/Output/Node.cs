namespace KdSim.Debugging.Output;

/// <summary>
/// What a command answers: a stream of nodes, lazily made, so that a long list can be cancelled. Nodes are data; a renderer turns them
/// into WinDbg's text, into links, or into JSON.
/// </summary>
public abstract record Node
{
    /// <summary>A string is plain text.</summary>
    public static implicit operator Node(string text) => new Text(text);
}

/// <summary>Plain text. It may hold line ends; a renderer adds none.</summary>
public sealed record Text(string Value) : Node;

/// <summary>How an address is written.</summary>
public enum AddressStyle
{
    /// <summary>16 digits with a grave accent, as engine commands print: <c>fffff806`5a3c1240</c>.</summary>
    Accent,

    /// <summary>16 digits, as kernel extensions print.</summary>
    Plain,

    /// <summary>0x and 16 digits.</summary>
    Prefixed,
}

/// <summary>An address in the target.</summary>
public sealed record Address(ulong Value, AddressStyle Style = AddressStyle.Accent) : Node;

/// <summary>A symbol's name with its address.</summary>
public sealed record Symbol(string Name, ulong Value) : Node;

/// <summary>Text that runs a command when it is activated.</summary>
public sealed record Link(string Value, string Command) : Node;

/// <summary>Nodes side by side, then the end of a line.</summary>
public sealed record Line(params IReadOnlyList<Node> Cells) : Node;

/// <summary>A column: the name is its JSON key, the header what text shows.</summary>
/// <param name="Width">The least width; a cell is padded to it (not the last one on a line). 0: as the cell is.</param>
public sealed record Column(string Name, string Header, int Width = 0, bool Right = false);

/// <summary>Rows of cells. Text shows headers only where one is not empty.</summary>
/// <param name="Separator">Stands between two cells.</param>
public sealed record Table(IReadOnlyList<Column> Columns, IEnumerable<IReadOnlyList<Node>> Rows, string Separator = " ") : Node;

/// <summary>A label with children under it; text indents them.</summary>
public sealed record Tree(Node Label, IEnumerable<Tree> Children, int Indent = 2) : Node;

/// <summary>An error: the message is complete. It ends the line that the command stood on.</summary>
/// <param name="Hint">One plain sentence that helps, shown below the message.</param>
public sealed record Error(string Message, string? Hint = null) : Node;
