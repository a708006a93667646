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
        [.. _conditions.Where(entry => Matches(entry.Value, processor, from, to, rip, caller)).Select(entry => entry.Key).Order()];

    static bool Matches(IrqlCondition condition, int processor, byte from, byte to, ulong rip, ulong caller)
    {
        if (condition.Processor is { } wanted && wanted != processor) return false;
        if (condition.Direction == IrqlDirection.Raise && to <= from) return false;
        if (condition.Direction == IrqlDirection.Lower && to >= from) return false;
        if (condition.ModuleBase != 0 && !IsIn(condition, rip) && !IsIn(condition, caller)) return false;
        return condition.Comparison switch
        {
            IrqlComparison.Equal => to == condition.Level,
            IrqlComparison.NotEqual => to != condition.Level,
            IrqlComparison.Less => to < condition.Level,
            IrqlComparison.LessOrEqual => to <= condition.Level,
            IrqlComparison.Greater => to > condition.Level,
            IrqlComparison.GreaterOrEqual => to >= condition.Level,
            _ => true,
        };
    }

    static bool IsIn(IrqlCondition condition, ulong address) => address >= condition.ModuleBase && address < condition.ModuleEnd;
}
