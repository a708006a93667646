using KdSim.Machine.Snapshots;

namespace KdSim.Machine.Time;

/// <summary>
/// Pending events, earliest first, ties in the order of scheduling: a binary heap on (Due, Sequence). The order in which events come out
/// depends only on the calls made, never on the heap's layout.
/// </summary>
public sealed class EventQueue
{
    private MachineEvent[] _heap = new MachineEvent[64];
    private int _count;
    private ulong _nextSequence;

    public int Count => _count;

    /// <summary>When the next event is due; <see cref="Ticks.Never"/> if there is none.</summary>
    public ulong NextDue => _count == 0 ? Ticks.Never : _heap[0].Due;

    public void Schedule(ulong due, int owner, int code, ulong argument = 0)
    {
        if (due == Ticks.Never)
            throw new ArgumentOutOfRangeException(nameof(due), "an event needs a time");
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        Sift(_count++, new MachineEvent(due, _nextSequence++, owner, code, argument));
    }

    /// <summary>Removes every event of this owner with this code; tells how many there were.</summary>
    public int Cancel(int owner, int code)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_heap[i].Owner != owner || _heap[i].Code != code)
                _heap[kept++] = _heap[i];
        }

        int removed = _count - kept;
        if (removed == 0)
            return 0;
        _count = kept;
        for (int i = kept / 2 - 1; i >= 0; i--)
            Sink(i, _heap[i]);
        return removed;
    }

    /// <summary>When the owner's earliest event with this code is due; <see cref="Ticks.Never"/> if there is none.</summary>
    public ulong DueOf(int owner, int code)
    {
        ulong due = Ticks.Never;
        for (int i = 0; i < _count; i++)
        {
            if (_heap[i].Owner == owner && _heap[i].Code == code)
                due = Math.Min(due, _heap[i].Due);
        }

        return due;
    }

    /// <summary>Takes the earliest event out. The queue must not be empty.</summary>
    public MachineEvent Pop()
    {
        if (_count == 0)
            throw new InvalidOperationException("no event is pending");
        MachineEvent first = _heap[0];
        MachineEvent last = _heap[--_count];
        if (_count > 0)
            Sink(0, last);
        return first;
    }

    /// <summary>All pending events in the order in which they will happen.</summary>
    public MachineEvent[] ToArray()
    {
        MachineEvent[] events = _heap[.._count];
        Array.Sort(events, static (a, b) => IsBefore(a, b) ? -1 : IsBefore(b, a) ? 1 : 0);
        return events;
    }

    internal (MachineEvent[] Events, ulong NextSequence) Save() => (ToArray(), _nextSequence);

    internal void Restore((MachineEvent[] Events, ulong NextSequence) saved)
    {
        _count = saved.Events.Length;
        if (_heap.Length < _count)
            _heap = new MachineEvent[_count * 2];
        saved.Events.CopyTo(_heap, 0);                 // sorted, so a heap already
        _nextSequence = saved.NextSequence;
    }

    internal void AddToHash(StateHasher hasher)
    {
        foreach (MachineEvent pending in ToArray())
            hasher.Add(pending);
        hasher.Add(_nextSequence);
    }

    private static bool IsBefore(in MachineEvent a, in MachineEvent b) =>
        a.Due != b.Due ? a.Due < b.Due : a.Sequence < b.Sequence;

    private void Sift(int index, in MachineEvent moved)
    {
        while (index > 0 && IsBefore(moved, _heap[(index - 1) / 2]))
        {
            _heap[index] = _heap[(index - 1) / 2];
            index = (index - 1) / 2;
        }

        _heap[index] = moved;
    }

    private void Sink(int index, MachineEvent moved)
    {
        while (true)
        {
            int child = 2 * index + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && IsBefore(_heap[child + 1], _heap[child]))
                child++;
            if (!IsBefore(_heap[child], moved))
                break;
            _heap[index] = _heap[child];
            index = child;
        }

        _heap[index] = moved;
    }
}
