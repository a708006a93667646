namespace KdSim.Machine.Cpu;

/// <summary>
/// Execution breakpoints by linear address, shared by all processors of a machine. Consulted when a block is decoded, never when it runs:
/// breakpoints cost nothing and change no state, step count or clock.
/// </summary>
public sealed class BreakpointTable
{
    private readonly HashSet<ulong> _addresses = [];
    private readonly List<Processor> _processors = [];

    public int Count => _addresses.Count;

    public bool Contains(ulong address) => _addresses.Contains(address);

    public bool Add(ulong address)
    {
        bool added = _addresses.Add(address);
        if (added)
            DropBlocks(address);
        return added;
    }

    public bool Remove(ulong address)
    {
        bool removed = _addresses.Remove(address);
        if (removed)
            DropBlocks(address);
        return removed;
    }

    public void Clear()
    {
        foreach (ulong address in _addresses.ToArray())
            Remove(address);
    }

    internal void Attach(Processor processor) => _processors.Add(processor);

    private void DropBlocks(ulong address)
    {
        foreach (Processor processor in _processors)
            processor.DropBlocksAt(address);
    }
}
