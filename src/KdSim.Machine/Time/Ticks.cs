namespace KdSim.Machine.Time;

/// <summary>The unit of virtual time: one tick is 0.5 ns, the nominal cost of one instruction at 2 GHz.</summary>
public static class Ticks
{
    public const ulong PerNanosecond = 2;
    public const ulong PerMicrosecond = 1_000 * PerNanosecond;
    public const ulong PerMillisecond = 1_000 * PerMicrosecond;
    public const ulong PerSecond = 1_000 * PerMillisecond;

    /// <summary>NT counts time in 100 ns; one unit is the performance counter's period too.</summary>
    public const ulong PerNtTimeUnit = 100 * PerNanosecond;

    /// <summary>No time: later than every other.</summary>
    public const ulong Never = ulong.MaxValue;
}
