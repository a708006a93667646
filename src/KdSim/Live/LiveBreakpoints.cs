using KdSim.Debugging.Targets;
using KdSim.Machine;
using KdSim.Machine.Cpu;
using MemoryAccess = KdSim.Debugging.Targets.MemoryAccess;

namespace KdSim.Live;

/// <summary>The breakpoint and watchpoint tables of the machine, by handle: several entries may share a place.</summary>
sealed class LiveBreakpoints(Computer computer) : IBreakpointControl
{
    /// <summary>Longer ranges are watched too, but what stood in them is not remembered.</summary>
    const int LongestRemembered = 4096;

    Computer _computer = computer;
    readonly Dictionary<int, Entry> _entries = [];
    int _next = 1;

    /// <param name="Content">What the watched memory held when the machine last stood; the next write changes exactly this.</param>
    sealed record Entry(BreakpointKind Kind, ulong Address, Watchpoint Watch, byte[] Content)
    {
        public bool IsExecute => Kind == BreakpointKind.Execute;
    }

    public int Add(BreakpointKind kind, ulong address, int size)
    {
        if (kind == BreakpointKind.Port && address > ushort.MaxValue)
            throw new NotSupportedException($"There is no I/O port {address:x}: they end at ffff");
        Watchpoint watch = new(address, size, OnRead: kind is BreakpointKind.ReadWrite or BreakpointKind.Port, OnWrite: true,
            IsPort: kind == BreakpointKind.Port);
        Entry entry = new(kind, address, watch, kind is BreakpointKind.Write or BreakpointKind.ReadWrite && size <= LongestRemembered ? new byte[size] : []);
        Put(_computer, entry, isNew: entry.IsExecute || !_entries.Values.Any(e => !e.IsExecute && e.Watch == watch));
        Remember(entry);
        _entries.Add(_next, entry);
        return _next++;
    }

    /// <summary>The machine was built anew: all entries go to the new one.</summary>
    public void MoveTo(Computer other)
    {
        _computer = other;
        foreach (Entry entry in _entries.OrderBy(e => e.Key).Select(e => e.Value))
            Put(other, entry, isNew: entry.IsExecute || !other.Watchpoints.Ranges.Contains(entry.Watch));
        Refresh();
    }

    public void Remove(int handle)
    {
        if (!_entries.Remove(handle, out Entry? entry)) return;
        if (entry.IsExecute)
        {
            if (!AtAddress(entry.Address).Any()) _computer.Breakpoints.Remove(entry.Address);
        }
        else if (!OfWatch(entry.Watch).Any())
        {
            _computer.Watchpoints.Remove(entry.Watch);
        }
    }

    /// <summary>Before a run: the debugger may have written what is watched, or have gone to another time.</summary>
    public void Refresh()
    {
        foreach (Entry entry in _entries.Values) Remember(entry);
    }

    public IReadOnlyList<int> HandlesAt(ulong address) => [.. AtAddress(address)];

    /// <summary>The stop for an access: whose entries it touched, and what the watched part of it held before and holds now.</summary>
    public StopEvent.Watch Explain(int processor, WatchpointHit hit)
    {
        int[] handles = [.. OfWatch(hit.Watchpoint)];
        ulong first = Math.Max(hit.Address, hit.Watchpoint.Address);
        int length = (int)(Math.Min(hit.Address + (ulong)hit.Length, hit.Watchpoint.Address + (ulong)hit.Watchpoint.Length) - first);
        byte[] before = [], after = [];
        if (handles.Length > 0 && _entries[handles[0]].Content is { Length: > 0 } content)
        {
            Range part = (int)(first - hit.Watchpoint.Address)..((int)(first - hit.Watchpoint.Address) + length);
            before = content[part];
            foreach (int handle in handles) Remember(_entries[handle]);
            after = content[part];
        }
        return new StopEvent.Watch(processor, handles, new MemoryAccess(first, length, hit.IsWrite, hit.Watchpoint.IsPort, before, after));
    }

    static void Put(Computer computer, Entry entry, bool isNew)
    {
        if (entry.IsExecute) computer.Breakpoints.Add(entry.Address);
        else if (isNew) computer.Watchpoints.Add(entry.Watch);
    }

    void Remember(Entry entry)
    {
        if (entry.Content.Length > 0) new GuestView(_computer).Read(0, entry.Address, entry.Content);
    }

    IEnumerable<int> AtAddress(ulong address) =>
        _entries.Where(entry => entry.Value.IsExecute && entry.Value.Address == address).Select(entry => entry.Key).Order();

    IEnumerable<int> OfWatch(Watchpoint watch) =>
        _entries.Where(entry => !entry.Value.IsExecute && entry.Value.Watch == watch).Select(entry => entry.Key).Order();
}
