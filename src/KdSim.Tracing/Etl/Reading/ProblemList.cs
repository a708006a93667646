namespace KdSim.Tracing.Etl.Reading;

/// <summary>The problems of a file: all are counted, the first ones kept.</summary>
public sealed class ProblemList
{
    /// <summary>A file of rubbish could otherwise fill the memory with descriptions of itself.</summary>
    const int MostKept = 10_000;

    readonly List<TraceProblem> _kept = [];

    public long Count { get; private set; }

    /// <summary>Bytes lost to all of them.</summary>
    public long Bytes { get; private set; }

    public IReadOnlyList<TraceProblem> Kept => _kept;

    internal void Add(TraceProblemKind kind, long offset, long bytes, string text)
    {
        Count++;
        Bytes += bytes;
        if (_kept.Count < MostKept) _kept.Add(new TraceProblem(kind, offset, bytes, text));
    }
}
