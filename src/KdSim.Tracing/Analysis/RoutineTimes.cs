using KdSim.Tracing.Schema;

namespace KdSim.Tracing.Analysis;

/// <summary>What kind of routine was timed.</summary>
public enum RoutineKind { Isr, Dpc }

/// <summary>How often a routine ran and how long, in ticks from its entry to its exit (what interrupted it included).</summary>
public sealed class RoutineTime(RoutineKind kind, ulong routine)
{
    public RoutineKind Kind { get; } = kind;
    public ulong Routine { get; } = routine;
    public ulong Count { get; private set; }
    public ulong Total { get; private set; }
    public ulong Minimum { get; private set; } = ulong.MaxValue;
    public ulong Maximum { get; private set; }

    /// <summary>The mean in ticks, rounded down; 0 before the first run has ended.</summary>
    public ulong Mean => Count == 0 ? 0 : Total / Count;

    internal RoutineTime Clone() => (RoutineTime)MemberwiseClone();

    internal void Add(ulong ticks)
    {
        Count++;
        Total += ticks;
        Minimum = Math.Min(Minimum, ticks);
        Maximum = Math.Max(Maximum, ticks);
    }
}

/// <summary>
/// Times of ISRs and DPCs by routine, kept while events come in. On one processor runs nest like brackets (an ISR interrupts a DPC), so an
/// exit belongs to the innermost open entry of its routine; entries above it never ended (a bug check, a restored machine) and are dropped.
/// </summary>
public sealed class RoutineTimes
{
    const int MostProcessors = 64, MostNesting = 64;

    readonly record struct Open(RoutineKind Kind, ulong Routine, ulong Start);

    readonly Dictionary<(RoutineKind, ulong), RoutineTime> _routines = [];
    readonly List<Open>[] _open = [.. Enumerable.Range(0, MostProcessors).Select(_ => new List<Open>())];

    /// <summary>All routines that ran, ISRs first, the longest total first.</summary>
    public IEnumerable<RoutineTime> All =>
        _routines.Values.Where(time => time.Count > 0).OrderBy(time => time.Kind).ThenByDescending(time => time.Total).ThenBy(time => time.Routine);

    internal void Observe(EventKind kind, int processor, ulong time, ulong argument0, ulong argument1, ulong argument2)
    {
        switch (kind)
        {
            case EventKind.IsrEnter: Enter(processor, new Open(RoutineKind.Isr, argument2, time)); break;
            case EventKind.IsrExit: Leave(processor, RoutineKind.Isr, argument2, time); break;
            case EventKind.DpcEnter: Enter(processor, new Open(RoutineKind.Dpc, argument1, time)); break;
            case EventKind.DpcExit: Leave(processor, RoutineKind.Dpc, argument1, time); break;
        }
    }

    internal RoutineTimes Clone()
    {
        var copy = new RoutineTimes();
        foreach ((var key, RoutineTime time) in _routines) copy._routines.Add(key, time.Clone());
        for (int i = 0; i < MostProcessors; i++) copy._open[i].AddRange(_open[i]);
        return copy;
    }

    internal void Clear()
    {
        _routines.Clear();
        foreach (List<Open> open in _open) open.Clear();
    }

    void Enter(int processor, Open entry)
    {
        List<Open> open = _open[processor];
        if (open.Count == MostNesting) open.Clear();
        open.Add(entry);
    }

    void Leave(int processor, RoutineKind kind, ulong routine, ulong time)
    {
        List<Open> open = _open[processor];
        int at = open.Count - 1;
        while (at >= 0 && (open[at].Kind != kind || open[at].Routine != routine)) at--;
        if (at < 0) return;
        if (!_routines.TryGetValue((kind, routine), out RoutineTime? statistics))
            _routines.Add((kind, routine), statistics = new RoutineTime(kind, routine));
        statistics.Add(time - open[at].Start);
        open.RemoveRange(at, open.Count - at);
    }
}
