using KdSim.Debugging.Output;

namespace KdSim.Debugger.Rendering;

/// <summary>Shows what the session answers. Called on the session thread.</summary>
public interface IRenderer
{
    /// <summary>A line begins to run.</summary>
    void BeginCommand(string line);

    /// <summary>One node of the answer.</summary>
    void Write(Node node);

    /// <summary>The line has run; <paramref name="error"/> is null when it succeeded (the error was also written as a node).</summary>
    void EndCommand(string? error);

    /// <summary>Text that the target printed.</summary>
    void TargetText(string text);

    /// <summary>The target stopped: why, where, and the text that a console shows.</summary>
    void Stopped(StopReport report);
}

/// <summary>A stop of the target.</summary>
/// <param name="Kind">A word that a program can test: breakpoint, bugcheck, irql, step...</param>
public sealed record StopReport(string Kind, int Processor, ulong Address, string Symbol, string Text);
