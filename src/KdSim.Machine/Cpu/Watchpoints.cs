namespace KdSim.Machine.Cpu;

/// <summary>One watched range of linear addresses, or of I/O ports.</summary>
public readonly record struct Watchpoint(ulong Address, int Length, bool OnRead, bool OnWrite, bool IsPort = false);

/// <summary>An access that touched a watched range.</summary>
public readonly record struct WatchpointHit(Watchpoint Watchpoint, ulong Address, int Length, bool IsWrite);

/// <summary>
/// Data breakpoints, shared by all processors of a machine. Pages with a watch never enter a TLB, so that each access takes the slow path
/// and is compared; nothing the guest can see changes.
/// </summary>
public sealed class Watchpoints
{
    private const ulong PageMask = ~0xFFFUL;

    private readonly List<Watchpoint> _ranges = [];
    private readonly List<Processor> _processors = [];

    public IReadOnlyList<Watchpoint> Ranges => _ranges;

    public void Add(Watchpoint watchpoint)
    {
        if (watchpoint.Length < 1)
            throw new ArgumentOutOfRangeException(nameof(watchpoint), "a watched range has at least one byte");
        _ranges.Add(watchpoint);
        Flush();
    }

    public bool Remove(Watchpoint watchpoint)
    {
        bool removed = _ranges.Remove(watchpoint);
        if (removed)
            Flush();
        return removed;
    }

    public void Clear()
    {
        _ranges.Clear();
        Flush();
    }

    internal void Attach(Processor processor) => _processors.Add(processor);

    internal bool CoversPage(ulong address)
    {
        ulong page = address & PageMask;
        foreach (Watchpoint range in _ranges)
        {
            if (!range.IsPort && (range.Address & PageMask) <= page && page <= ((range.Address + (ulong)range.Length - 1) & PageMask))
                return true;
        }

        return false;
    }

    internal bool TryHit(ulong address, int length, bool isWrite, out WatchpointHit hit, bool isPort = false)
    {
        foreach (Watchpoint range in _ranges)
        {
            if (range.IsPort == isPort && (isWrite ? range.OnWrite : range.OnRead) && address < range.Address + (ulong)range.Length &&
                range.Address < address + (ulong)length)
            {
                hit = new WatchpointHit(range, address, length, isWrite);
                return true;
            }
        }

        hit = default;
        return false;
    }

    private void Flush()
    {
        foreach (Processor processor in _processors)
            processor.FlushTranslations();
    }
}
