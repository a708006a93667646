using KdSim.Tracing.Analysis;
using KdSim.Tracing.Schema;

namespace KdSim.Tracing.Recording;

/// <summary>
/// Keeps the latest events of a machine in a ring, and the statistics of ISRs and DPCs since recording began. Recording an event without
/// text allocates nothing. It watches only: nothing in the machine depends on it.
/// </summary>
public sealed class EventRecorder
{
    const int TextCapacity = 4096;

    readonly RecordedEvent[] _ring;
    readonly string?[] _texts = new string?[TextCapacity];
    int _textCount;
    ulong _count;

    /// <summary>The number of the first event that going back has left in the ring.</summary>
    ulong _oldest;

    /// <param name="capacity">How many events are kept: a power of two.</param>
    public EventRecorder(int capacity = 1 << 16)
    {
        if (capacity <= 0 || (capacity & (capacity - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "the number of events is a power of two");
        _ring = new RecordedEvent[capacity];
    }

    /// <summary>Which kinds are kept in the ring; statistics are not affected.</summary>
    public bool IncludeIrql { get; set; } = true;

    /// <summary>How many events were recorded, those that the ring has lost included.</summary>
    public ulong Count => _count;

    public RoutineTimes Times { get; private set; } = new();

    public void Add(
        EventKind kind, int processor, ulong time, ulong argument0 = 0, ulong argument1 = 0, ulong argument2 = 0, ulong argument3 = 0, ulong argument4 = 0)
    {
        Times.Observe(kind, processor, time, argument0, argument1, argument2);
        if (kind == EventKind.IrqlChange && !IncludeIrql) return;
        Put(kind, processor, time, -1, argument0, argument1, argument2, argument3, argument4);
    }

    public void AddText(EventKind kind, int processor, ulong time, string text, ulong argument0 = 0, ulong argument1 = 0)
    {
        int number = _textCount++;
        _texts[number % TextCapacity] = text;
        Put(kind, processor, time, number, argument0, argument1, 0, 0, 0);
    }

    /// <summary>The latest events, oldest first.</summary>
    public IEnumerable<RecordedEvent> Latest(int most)
    {
        ulong available = Math.Min(Math.Min((ulong)Math.Max(0, most), _count - Math.Min(_count, _oldest)), (ulong)_ring.Length);
        for (ulong number = _count - available; number < _count; number++) yield return _ring[number & (ulong)(_ring.Length - 1)];
    }

    /// <summary>The text of an event; null where it has none, or has outlived its place.</summary>
    public string? TextOf(in RecordedEvent recorded) =>
        recorded.Text >= 0 && recorded.Text >= _textCount - TextCapacity ? _texts[recorded.Text % TextCapacity] : null;

    /// <summary>A moment of the recording, to go back to.</summary>
    public sealed record Mark
    {
        internal ulong Count { get; init; }

        internal int TextCount { get; init; }

        internal RoutineTimes Times { get; init; } = new();
    }

    public Mark Here => new() { Count = _count, TextCount = _textCount, Times = Times.Clone() };

    /// <summary>
    /// The machine went back in time: what was recorded after that moment is forgotten. Older events that the ring has overwritten since stay lost.
    /// </summary>
    public void GoBackTo(Mark mark)
    {
        _oldest = Math.Max(_oldest, _count - Math.Min(_count, (ulong)_ring.Length));
        (_count, _textCount, Times) = (mark.Count, mark.TextCount, mark.Times.Clone());
    }

    public void Clear()
    {
        _oldest = 0;
        _count = 0;
        _textCount = 0;
        Times.Clear();
    }

    void Put(EventKind kind, int processor, ulong time, int text, ulong argument0, ulong argument1, ulong argument2, ulong argument3, ulong argument4)
    {
        ref RecordedEvent slot = ref _ring[_count & (ulong)(_ring.Length - 1)];
        slot.Time = time;
        slot.Number = _count++;
        slot.Kind = kind;
        slot.Processor = (byte)processor;
        slot.Text = text;
        slot.Argument0 = argument0;
        slot.Argument1 = argument1;
        slot.Argument2 = argument2;
        slot.Argument3 = argument3;
        slot.Argument4 = argument4;
    }
}
