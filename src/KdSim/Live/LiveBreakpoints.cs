using KdSim.Debugging.Targets;
using KdSim.Machine;
using KdSim.Machine.Cpu;

namespace KdSim.Live;

/// <summary>The breakpoint and watchpoint tables of the machine, by handle: several entries may share a place.</summary>
sealed class LiveBreakpoints(Computer computer) : IBreakpointControl
{
    Computer _computer = computer;
    readonly Dictionary<int, (BreakpointKind Kind, ulong Address, Watchpoint Watch)> _entries = [];
    int _next = 1;

    public int Add(BreakpointKind kind, ulong address, int size)
    {
        var watch = new Watchpoint(address, size, OnRead: kind == BreakpointKind.ReadWrite, OnWrite: true);
        switch (kind)
        {
            case BreakpointKind.Execute:
                _computer.Breakpoints.Add(address);
                break;
            case BreakpointKind.Write or BreakpointKind.ReadWrite:
                if (!_entries.Values.Any(entry => entry.Kind != BreakpointKind.Execute && entry.Watch == watch)) _computer.Watchpoints.Add(watch);
                break;
            default:
                throw new NotSupportedException("breakpoints on I/O ports are not supported by this machine");
        }
        _entries.Add(_next, (kind, address, watch));
        return _next++;
    }

    /// <summary>The machine was built anew: all entries go to the new one.</summary>
    public void MoveTo(Computer other)
    {
        _computer = other;
        foreach ((BreakpointKind kind, ulong address, Watchpoint watch) in _entries.OrderBy(entry => entry.Key).Select(entry => entry.Value))
            if (kind == BreakpointKind.Execute) other.Breakpoints.Add(address);
            else if (!other.Watchpoints.Ranges.Contains(watch)) other.Watchpoints.Add(watch);
    }

    public void Remove(int handle)
    {
        if (!_entries.Remove(handle, out (BreakpointKind Kind, ulong Address, Watchpoint Watch) entry)) return;
        if (entry.Kind == BreakpointKind.Execute)
        {
            if (!AtAddress(entry.Address).Any()) _computer.Breakpoints.Remove(entry.Address);
        }
        else if (!OfWatch(entry.Watch).Any())
        {
            _computer.Watchpoints.Remove(entry.Watch);
        }
    }

    public IReadOnlyList<int> HandlesAt(ulong address) => [.. AtAddress(address)];

    public IReadOnlyList<int> HandlesOf(WatchpointHit hit) => [.. OfWatch(hit.Watchpoint)];

    IEnumerable<int> AtAddress(ulong address) =>
        _entries.Where(entry => entry.Value.Kind == BreakpointKind.Execute && entry.Value.Address == address).Select(entry => entry.Key).Order();

    IEnumerable<int> OfWatch(Watchpoint watch) =>
        _entries.Where(entry => entry.Value.Kind != BreakpointKind.Execute && entry.Value.Watch == watch).Select(entry => entry.Key).Order();
}
