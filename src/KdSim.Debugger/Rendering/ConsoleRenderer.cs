using KdSim.Debugging.Output;

namespace KdSim.Debugger.Rendering;

/// <summary>WinDbg's text on a writer.</summary>
public sealed class ConsoleRenderer(TextWriter writer) : IRenderer
{
    public void BeginCommand(string line)
    {
    }

    public void Write(Node node)
    {
        foreach (string piece in TextFormatter.Pieces(node))
            writer.Write(piece);
    }

    public void EndCommand(string? error) => writer.Flush();

    public void TargetText(string text) => writer.Write(text);

    public void Stopped(StopReport report) => writer.Write(report.Text);
}
