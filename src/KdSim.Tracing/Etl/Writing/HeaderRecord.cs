using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Writing;

/// <summary>The first record of a file: EventTrace/Header with TRACE_LOGFILE_HEADER of 64-bit systems.</summary>
static class HeaderRecord
{
    public const byte Opcode = 0, Version = 2;

    /// <summary>EventTrace/PartitionInfo: the second record of files of Windows 10, zeros on a machine without partitions.</summary>
    public const byte PartitionOpcode = 80;

    public const int PartitionSize = 48;

    /// <summary>OS 10.0, log version 1.5, a byte each.</summary>
    const uint OsAndLogVersion = 10 | 1 << 16 | 5 << 24;

    const uint TimerResolution = 156_250, Sequential = 1, Circular = 2, PerformanceCounter = 1;
    const int SystemTimeSize = 16;

    static readonly PayloadTemplate Template = KernelEvents.Find(KernelGroup.EventTrace, Opcode, Version)!.Payload;

    public static byte[] Encode(EtlSessionOptions options, long endTime, uint buffers) => TemplateEncoder.Encode(Template,
        options.BufferSize, OsAndLogVersion, options.OsBuild, options.Processors, FileTime(options, endTime), TimerResolution,
        (uint)((options.CircularBytes + (1 << 20) - 1) >> 20), options.CircularBytes != 0 ? Circular : Sequential, buffers, 1, 8, 0,
        options.ProcessorMegahertz, 0ul, 0ul, 0, "", new byte[SystemTimeSize], 0, "", new byte[SystemTimeSize], 0, 0, options.BootTime,
        EtlSession.TicksPerSecond, FileTime(options, options.StartTime), PerformanceCounter, 0, options.Name, options.FileName);

    static long FileTime(EtlSessionOptions options, long time) => options.BootTime + (long)EtlSession.NanosecondsAt(time) / 100;
}
