using System.Globalization;
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

    /// <summary>Rounded down where it is no whole number.</summary>
    public long TicksPerSecond => (long)(FileTimeTicksPerSecond * _denominator / _numerator);

    /// <summary>100 ns since 1601, UTC.</summary>
    public long ToFileTime(long ticks) => (long)(_start + ((Int128)ticks - Origin) * _numerator / _denominator);

    /// <summary>Nanoseconds since the header event; negative before it.</summary>
    public long ToNanoseconds(long ticks) => (long)(((Int128)ticks - Origin) * 100 * _numerator / _denominator);

    /// <summary>Nanoseconds of a number of ticks.</summary>
    public long DurationInNanoseconds(long ticks) => (long)((Int128)ticks * 100 * _numerator / _denominator);

    /// <summary>The time, UTC; null if it is none that a calendar knows.</summary>
    public DateTime? ToUtc(long ticks) => IsKnown ? ToCalendar(ToFileTime(ticks)) : null;

    /// <summary>A FILETIME as UTC; null for none (0) and what no calendar knows.</summary>
    public static DateTime? ToCalendar(long time) => time > 0 && time <= DateTime.MaxValue.ToFileTimeUtc() ? DateTime.FromFileTimeUtc(time) : null;

    /// <summary>Ticks of a time: <c>1.5s</c>, <c>20ms</c>, <c>7us</c>, <c>100ns</c> since the header event, or a date and time, UTC.</summary>
    public bool TryParse(string text, out long ticks)
    {
        ticks = 0;
        (string Unit, decimal Nanoseconds)[] units = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];
        foreach ((string unit, decimal nanoseconds) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - unit.Length);
            if (!decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)) return false;
            if (Math.Abs(number) > 1_000_000_000_000) return false;
            ticks = Origin + (long)((Int128)(number * nanoseconds) * _denominator / (100 * _numerator));
            return true;
        }
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!IsKnown || !DateTime.TryParse(text, CultureInfo.InvariantCulture, Utc, out DateTime time) || time.Year < 1601) return false;
        ticks = Origin + (long)((Int128)(time.ToFileTimeUtc() - _start) * _denominator / _numerator);
        return true;
    }
}
