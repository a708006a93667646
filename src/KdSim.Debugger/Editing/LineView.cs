namespace KdSim.Debugger.Editing;

/// <summary>The part of a line that a row of the screen shows.</summary>
/// <param name="Text">What stands behind the prompt; a line end inside it shows as ↵.</param>
/// <param name="Column">Where the cursor stands in the row, the prompt counted.</param>
public readonly record struct LineView(string Text, int Column)
{
    /// <summary>Shows a line in one row: a long one scrolls so that the cursor is seen, with a mark where it goes on.</summary>
    public static LineView Of(string text, int cursor, int promptLength, int width)
    {
        int room = Math.Max(width - promptLength - 1, 8);
        int first = text.Length <= room || cursor < room ? 0 : Math.Min(cursor - room / 2, text.Length - room);
        string shown = text.Substring(first, Math.Min(room, text.Length - first)).Replace('\n', '↵').Replace('\t', ' ');
        if (first > 0)
            shown = "<" + shown[1..];
        if (first + room < text.Length)
            shown = shown[..^1] + ">";
        return new LineView(shown, promptLength + cursor - first);
    }
}
