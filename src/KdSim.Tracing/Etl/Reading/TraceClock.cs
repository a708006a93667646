using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>Turns the ticks of a file into time.</summary>
public sealed class TraceClock
{
    const long FileTimeTicksPerSecond = 10_000_000;

    readonly long _start;
    readonly Int128 _numerator, _denominator;

    TraceClock()
    {
        _numerator = _denominator = 1;
    }

    public TraceClock(LogFileHeader header, long headerTime)
    {
        Kind = header.Clock;
        Origin = headerTime;
        _start = header.StartTime;
        (_numerator, _denominator) = header.Clock switch
        {
            ClockKind.SystemTime => ((Int128)1, (Int128)1),
            ClockKind.ProcessorCycles when header.CpuSpeedInMHz > 0 => (10, header.CpuSpeedInMHz),
            _ => (FileTimeTicksPerSecond, header.PerfFreq > 0 ? header.PerfFreq : FileTimeTicksPerSecond),
        };
        IsKnown = true;
    }

    /// <summary>The clock of a file without header: a tick counts as 100 ns since 1601.</summary>
    public static TraceClock Unknown { get; } = new();

    public ClockKind Kind { get; }

    public bool IsKnown { get; }

    /// <summary>The time stamp that stands for the beginning of the file.</summary>
    public long Origin { get; }

    /// <summary>100 ns since 1601, UTC.</summary>
    public long ToFileTime(long ticks) => (long)(_start + ((Int128)ticks - Origin) * _numerator / _denominator);

    /// <summary>Nanoseconds since the header event; negative before it.</summary>
    public long ToNanoseconds(long ticks) => (long)(((Int128)ticks - Origin) * 100 * _numerator / _denominator);

    /// <summary>Nanoseconds of a number of ticks.</summary>
    public long DurationInNanoseconds(long ticks) => (long)((Int128)ticks * 100 * _numerator / _denominator);

    /// <summary>The time, UTC; null if it is none that a calendar knows.</summary>
    public DateTime? ToUtc(long ticks)
    {
        long time = ToFileTime(ticks);
        return IsKnown && time >= 0 && time <= DateTime.MaxValue.ToFileTimeUtc() ? DateTime.FromFileTimeUtc(time) : null;
    }
}
