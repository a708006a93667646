using KdSim.Machine.Snapshots;

namespace KdSim.Machine.Time;

/// <summary>What the machine may choose freely. Numbers are written to journals: append only.</summary>
public enum ChoiceKind
{
    /// <summary>How far a processor may run ahead of the others.</summary>
    Quantum = 0,

    /// <summary>Which of several equal candidates comes first.</summary>
    Tie = 1,

    /// <summary>Whether an allocation fails (low resources simulation).</summary>
    FailAllocation = 2,

    /// <summary>How late a device or request arrives.</summary>
    Jitter = 3,
}

/// <summary>
/// Every free choice is a hash of (seed, kind, ordinal of that kind): there is no running random stream, so one more choice of one kind
/// leaves the others as they were. A journal may override single choices.
/// </summary>
public sealed class Choices(ulong seed, IReadOnlyDictionary<(ChoiceKind Kind, ulong Ordinal), ulong>? overrides = null)
{
    private const int Kinds = 4;

    private readonly ulong[] _ordinals = new ulong[Kinds];

    public ulong Seed => seed;

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public ulong Draw(ChoiceKind kind, ulong least, ulong most)
    {
        if (most < least)
            throw new ArgumentOutOfRangeException(nameof(most), "an empty range has nothing to choose from");
        ulong ordinal = _ordinals[(int)kind]++;
        if (overrides is not null && overrides.TryGetValue((kind, ordinal), out ulong chosen))
            return Math.Clamp(chosen, least, most);
        ulong range = most - least + 1;
        ulong hash = Hash(seed, (ulong)kind, ordinal);
        return range == 0 ? hash : least + (ulong)(((UInt128)hash * range) >> 64);
    }

    /// <summary>A fixed hash of three numbers (the finalizer of SplitMix64, applied to each in turn).</summary>
    public static ulong Hash(ulong seed, ulong kind, ulong ordinal) => Mix(Mix(Mix(seed) ^ kind) ^ ordinal);

    internal ulong[] Save() => [.. _ordinals];

    internal void Restore(ulong[] ordinals) => ordinals.CopyTo(_ordinals, 0);

    internal void AddToHash(StateHasher hasher)
    {
        hasher.Add(seed);
        foreach (ulong ordinal in _ordinals)
            hasher.Add(ordinal);
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
