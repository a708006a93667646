using System.Globalization;
using KdSim.Debugging.Structures;

namespace KdExts.Shared;

/// <summary>The target's clock, from the page that nt shares with user mode; its address is part of the ABI.</summary>
static class Clock
{
    const ulong SharedData = 0xfffff78000000000;
    const ulong TicksPerMillisecond = 10_000;

    public static StructureValue? Shared(IDebugSession session) =>
        session.Types["nt!_KUSER_SHARED_DATA"].TryRead(SharedData) is { IsComplete: true } read ? read : null;

    /// <summary>Clock interrupts since the start.</summary>
    public static ulong TickCount(IDebugSession session) => Shared(session) is { } shared && shared.TryGet("TickCount.LowPart", out ulong low)
        ? low : 0;

    public static ulong InterruptTime(IDebugSession session) => Shared(session) is { } shared
        ? shared["InterruptTime.LowPart"] | shared["InterruptTime.High1Time"] << 32 : 0;

    public static ulong SystemTime(IDebugSession session) => Shared(session) is { } shared
        ? shared["SystemTime.LowPart"] | shared["SystemTime.High1Time"] << 32 : 0;

    /// <summary>The length of a tick in units of 100 ns.</summary>
    public static ulong TickLength(IDebugSession session) =>
        Shared(session) is { } shared && shared["TickCountMultiplier"] is var multiplier and not 0
            ? multiplier * TicksPerMillisecond >> 24
            : session.ReadUInt32(session.AddressOf("nt!KeMaximumIncrement"));

    /// <summary><c>00:00:12.031</c>.</summary>
    public static string Elapsed(ulong hundredNanoseconds)
    {
        long milliseconds = (long)(hundredNanoseconds / TicksPerMillisecond);
        return string.Create(CultureInfo.InvariantCulture,
            $"{milliseconds / 3_600_000:d2}:{milliseconds / 60_000 % 60:d2}:{milliseconds / 1000 % 60:d2}.{milliseconds % 1000:d3}");
    }

    /// <summary><c>0:00:00:12.031</c>: days first.</summary>
    public static string ElapsedDays(ulong hundredNanoseconds)
    {
        ulong day = 864_000_000_000;
        return $"{hundredNanoseconds / day}:{Elapsed(hundredNanoseconds % day)}";
    }

    /// <summary><c>11/12/2025 17:32:42.120</c>, or NEVER for a time that no calendar has.</summary>
    public static string Date(ulong systemTime) => systemTime < 0x2000_0000_0000_0000
        ? DateTime.FromFileTimeUtc((long)systemTime).ToString("MM/dd/yyyy HH:mm:ss.fff", CultureInfo.InvariantCulture)
        : "         NEVER         ";
}
