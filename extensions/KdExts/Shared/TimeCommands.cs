using System.Globalization;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Shared;

/// <summary><c>!filetime</c>: a 64-bit time as a date.</summary>
[Command("!filetime", "!filetime value", "Show a 64-bit time as a date, UTC", Example = "!filetime 1d9b2c3f4a5b6c7")]
public sealed class FileTimeCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong value = arguments.Address(session);
        if (value >= 0x2000_0000_0000_0000)
            return [new Error($"{value:x}: is later than any calendar")];
        DateTime date = DateTime.FromFileTimeUtc((long)value);
        return [new Line(date.ToString(" M/d/yyyy HH:mm:ss.fff ", CultureInfo.InvariantCulture) + "(UTC)")];
    }
}

/// <summary><c>!whattime</c>: ticks of the clock as a time of day.</summary>
[Command("!whattime", "!whattime ticks", "Convert clock ticks to time", Example = "!whattime 384000")]
[Reads("nt!_KUSER_SHARED_DATA")]
public sealed class WhatTimeCommand : WordCommand
{
    const ulong Day = 864_000_000_000;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong ticks = arguments.Address(session);
        yield return new Line($"{ticks} Ticks in Standard Time:  {Clock.Elapsed(ticks * Clock.TickLength(session) % Day)}s");
    }
}
