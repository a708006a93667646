using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>Times as 100 ns since 1601, and as calendar fields. Any IRQL.</summary>
public sealed class TimeRoutines(NtKernel kernel) : KernelComponent(kernel)
{
    const long TicksTo1601 = 504911232000000000, TicksPerSecond = 10_000_000, SecondsTo1970 = 11644473600, SecondsTo1980 = 11960035200;

    [NtExport("RtlTimeToTimeFields")]
    public void RtlTimeToTimeFields(Ptr<long> Time, Ptr<TIME_FIELDS> TimeFields)
    {
        var date = new DateTime(Math.Clamp(Time.Read() + TicksTo1601, 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
        TimeFields.Write(new TIME_FIELDS
        {
            Year = (short)date.Year,
            Month = (short)date.Month,
            Day = (short)date.Day,
            Hour = (short)date.Hour,
            Minute = (short)date.Minute,
            Second = (short)date.Second,
            Milliseconds = (short)date.Millisecond,
            Weekday = (short)date.DayOfWeek,
        });
    }

    [NtExport("RtlTimeFieldsToTime")]
    public bool RtlTimeFieldsToTime(Ptr<TIME_FIELDS> TimeFields, Ptr<long> Time)
    {
        TIME_FIELDS f = TimeFields.Read();
        bool valid = f.Year is >= 1601 and < 9999 && f.Month is >= 1 and <= 12 && f.Day >= 1 && f.Day <= DateTime.DaysInMonth(f.Year, f.Month)
            && f.Hour is >= 0 and < 24 && f.Minute is >= 0 and < 60 && f.Second is >= 0 and < 60 && f.Milliseconds is >= 0 and < 1000;
        if (!valid) return false;
        Time.Write(new DateTime(f.Year, f.Month, f.Day, f.Hour, f.Minute, f.Second, f.Milliseconds, DateTimeKind.Utc).Ticks - TicksTo1601);
        return true;
    }

    [NtExport("RtlTimeToSecondsSince1970")]
    public bool RtlTimeToSecondsSince1970(Ptr<long> Time, Ptr<uint> ElapsedSeconds) => Seconds(Time, ElapsedSeconds, SecondsTo1970);

    [NtExport("RtlTimeToSecondsSince1980")]
    public bool RtlTimeToSecondsSince1980(Ptr<long> Time, Ptr<uint> ElapsedSeconds) => Seconds(Time, ElapsedSeconds, SecondsTo1980);

    [NtExport("RtlSecondsSince1970ToTime")]
    public void RtlSecondsSince1970ToTime(uint ElapsedSeconds, Ptr<long> Time) => Time.Write((ElapsedSeconds + SecondsTo1970) * TicksPerSecond);

    [NtExport("RtlSecondsSince1980ToTime")]
    public void RtlSecondsSince1980ToTime(uint ElapsedSeconds, Ptr<long> Time) => Time.Write((ElapsedSeconds + SecondsTo1980) * TicksPerSecond);

    /// <summary>The machine's time zone is UTC.</summary>
    [NtExport("ExSystemTimeToLocalTime")]
    public void ExSystemTimeToLocalTime(Ptr<long> SystemTime, Ptr<long> LocalTime) => LocalTime.Write(SystemTime.Read());

    [NtExport("ExLocalTimeToSystemTime")]
    public void ExLocalTimeToSystemTime(Ptr<long> LocalTime, Ptr<long> SystemTime) => SystemTime.Write(LocalTime.Read());

    static bool Seconds(Ptr<long> time, Ptr<uint> elapsed, long origin)
    {
        long seconds = time.Read() / TicksPerSecond - origin;
        if (seconds is < 0 or > uint.MaxValue) return false;
        elapsed.Write((uint)seconds);
        return true;
    }
}
