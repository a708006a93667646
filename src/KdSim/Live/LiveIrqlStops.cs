using KdSim.Debugging.Targets;

namespace KdSim.Live;

/// <summary>Conditions on IRQL changes, asked at every change of CR8.</summary>
sealed class LiveIrqlStops : IIrqlStops
{
    readonly Dictionary<int, IrqlCondition> _conditions = [];
    int _next = 1;

    public bool IsEmpty => _conditions.Count == 0;

    public int Add(IrqlCondition condition)
    {
        _conditions.Add(_next, condition);
        return _next++;
    }

    public void Remove(int handle) => _conditions.Remove(handle);

    /// <summary>The handles whose condition this change meets; `rip` and `caller` are where in guest code it came from.</summary>
    public IReadOnlyList<int> Matches(int processor, byte from, byte to, ulong rip, ulong caller) =>
        [.. _conditions.Where(entry => entry.Value.Matches(processor, from, to, rip, caller)).Select(entry => entry.Key).Order()];
}
