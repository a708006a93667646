using KdSim.Debugging.Output;

namespace KdSim.Debugger.Rendering;

/// <summary>WinDbg's text on a writer. On a terminal links are underlined, errors red, and the target's own text dim.</summary>
public sealed class ConsoleRenderer(TextWriter writer, bool colours = false) : IRenderer
{
    const string Dim = "\e[2m", Bold = "\e[1m", Plain = "\e[0m";

    public void BeginCommand(string line)
    {
    }

    public void Write(Node node)
    {
        foreach (string piece in TextFormatter.Pieces(node, colours))
            writer.Write(piece);
    }

    public void EndCommand(string? error) => writer.Flush();

    public void TargetText(string text) => writer.Write(colours ? Dim + text + Plain : text);

    public void Stopped(StopReport report)
    {
        int end = report.Text.IndexOf('\n');
        writer.Write(colours && end > 0 ? $"{Bold}{report.Text[..end]}{Plain}{report.Text[end..]}" : report.Text);
        writer.Flush();
    }
}
