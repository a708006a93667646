using KdSim.Machine.Memory;
using KdSim.Machine.Time;

namespace KdSim.Machine;

/// <summary>What a machine is built from. Two machines of equal options (and equal content above) run equally.</summary>
public sealed record MachineOptions
{
    public const int MaximumProcessors = 8;

    /// <summary>1 to 8.</summary>
    public int Processors { get; init; } = 2;

    public ulong MemorySize { get; init; } = PhysicalMemory.DefaultSize;

    public ulong Seed { get; init; } = 1;

    public CostTable Costs { get; init; } = CostTable.Default;

    /// <summary>Choices that a journal decided, instead of the hash of the seed.</summary>
    public IReadOnlyDictionary<(ChoiceKind Kind, ulong Ordinal), ulong>? Choices { get; init; }
}
