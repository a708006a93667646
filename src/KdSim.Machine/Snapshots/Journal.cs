namespace KdSim.Machine.Snapshots;

/// <summary>One input from outside: what somebody did, and where in the run it took effect.</summary>
/// <param name="Time">Virtual time, for people; the place is the position.</param>
/// <param name="Place">The <see cref="Computer.Position"/> at which the input took effect.</param>
/// <param name="Kind">What kind of input: whoever records it plays it.</param>
/// <param name="Data">The input itself; nobody changes it any more.</param>
public sealed record JournalEntry(ulong Time, ulong Place, string Kind, ReadOnlyMemory<byte> Data);

/// <summary>
/// The inputs of a run in their order. <see cref="Position"/> is part of the machine's state: entries before it have happened. A new input after
/// going back starts another history, so it drops the entries that lie ahead.
/// </summary>
public sealed class Journal
{
    private readonly List<JournalEntry> _entries = [];

    public IReadOnlyList<JournalEntry> Entries => _entries;

    public int Position { get; internal set; }

    /// <summary>The next input that a replay has to apply, or null.</summary>
    public JournalEntry? Next => Position < _entries.Count ? _entries[Position] : null;

    /// <summary>Records an input that is taking effect now.</summary>
    public void Record(JournalEntry entry)
    {
        _entries.RemoveRange(Position, _entries.Count - Position);
        _entries.Add(entry);
        Position++;
    }

    /// <summary>The replayer has applied <see cref="Next"/>.</summary>
    public void Advance()
    {
        if (Next is null)
            throw new InvalidOperationException("the journal has no further input");
        Position++;
    }

    /// <summary>Loads the inputs of an earlier run, to be replayed from the start.</summary>
    public void Load(IEnumerable<JournalEntry> entries)
    {
        _entries.Clear();
        _entries.AddRange(entries);
        Position = 0;
    }

    internal void AddToHash(StateHasher hasher)
    {
        hasher.Add(Position);
        for (int i = 0; i < Position; i++)
        {
            JournalEntry entry = _entries[i];
            hasher.Add(entry.Time);
            hasher.Add(entry.Place);
            hasher.Add(entry.Kind);
            hasher.Add(entry.Data.Span);
        }
    }
}
