using KdSim.Debugger.Rendering;
using KdSim.Debugging.Output;

namespace KdSim.ConsoleFront;

/// <summary>Passes everything on to a renderer and remembers what `--fail-on` asks for.</summary>
sealed class FailureWatch(IRenderer inner) : IRenderer
{
    readonly HashSet<string> _seen = [];

    /// <summary>1 if something that the list names has happened, else 0.</summary>
    public int Code(IReadOnlyList<string> failOn) => failOn.Any(_seen.Contains) ? 1 : 0;

    /// <summary>True once the programs of the scenario are done.</summary>
    public bool ScenarioFinished { get; private set; }

    public void BeginCommand(string line) => inner.BeginCommand(line);

    public void Write(Node node) => inner.Write(node);

    public void EndCommand(string? error)
    {
        if (error is not null) _seen.Add("error");
        inner.EndCommand(error);
    }

    public void TargetText(string text) => inner.TargetText(text);

    public void Stopped(StopReport report)
    {
        ScenarioFinished |= report.Kind == "scenario-finished";
        _seen.Add(report.Kind switch
        {
            "bugcheck" => "bugcheck",
            "assertion" or "expectation" => "assert",
            "limit" => "timeout",
            "machine-failed" => "error",
            _ => "",
        });
        inner.Stopped(report);
    }
}
