namespace KdSim.Tracing.Etl.Format;

/// <summary>What the ticks of a file's time stamps are (ReservedFlags of the header).</summary>
public enum ClockKind : uint
{
    Unknown = 0,
    PerformanceCounter = 1,

    /// <summary>100 ns since 1601.</summary>
    SystemTime = 2,
    ProcessorCycles = 3,
}

/// <summary>TRACE_LOGFILE_HEADER, the payload of EventTrace/Header: what a file says about itself. Its fields are declared in the event tables.</summary>
public sealed record LogFileHeader
{
    /// <summary>The opcode of EventTrace/Header.</summary>
    public const byte Opcode = 0;

    /// <summary>The version of EventTrace/Header that all known systems write.</summary>
    public const byte EventVersion = 2;

    /// <summary>Bit of <see cref="LogFileMode"/>: buffers are compressed.</summary>
    public const uint CompressedMode = 0x0400_0000;

    /// <summary>Bit of <see cref="LogFileMode"/>: the file is circular.</summary>
    public const uint CircularMode = 0x2;

    public static PayloadTemplate Template => KernelEvents.Find(KernelGroup.EventTrace, Opcode, EventVersion)!.Payload;

    public uint BufferSize { get; init; }
    public byte OsMajor { get; init; }
    public byte OsMinor { get; init; }

    /// <summary>Version of the log's format: 1.5, or 2.0 where buffers are compressed or larger than 1 MB or processors more than 256.</summary>
    public byte LogMajor { get; init; }
    public byte LogMinor { get; init; }

    /// <summary>The build number of the system that wrote the file.</summary>
    public uint ProviderVersion { get; init; }
    public uint NumberOfProcessors { get; init; }

    /// <summary>100 ns since 1601; so are <see cref="BootTime"/> and <see cref="StartTime"/>.</summary>
    public long EndTime { get; init; }
    public uint TimerResolution { get; init; }
    public uint MaximumFileSize { get; init; }
    public uint LogFileMode { get; init; }

    /// <summary>The header buffer included.</summary>
    public uint BuffersWritten { get; init; }
    public uint StartBuffers { get; init; } = 1;
    public uint PointerSize { get; init; } = 8;
    public uint EventsLost { get; init; }
    public uint CpuSpeedInMHz { get; init; }

    /// <summary>Pointers of the writer's memory; new systems keep the source of the platform's timer in the first.</summary>
    public ulong LoggerNamePointer { get; init; }
    public ulong LogFileNamePointer { get; init; }

    /// <summary>Minutes from local time to UTC.</summary>
    public int Bias { get; init; }
    public long BootTime { get; init; }

    /// <summary>Ticks a second of the performance counter.</summary>
    public long PerfFreq { get; init; }

    /// <summary>When the header event was written.</summary>
    public long StartTime { get; init; }
    public ClockKind Clock { get; init; }
    public uint BuffersLost { get; init; }
    public string SessionName { get; init; } = "";
    public string LogFileName { get; init; } = "";

    /// <summary>Reads the payload of EventTrace/Header; what is cut off stays zero.</summary>
    /// <param name="pointerSize">Of the record: 4 or 8.</param>
    public static LogFileHeader Read(ReadOnlySpan<byte> payload, int pointerSize)
    {
        var header = new LogFileHeader { PointerSize = 0, StartBuffers = 0 };
        var reader = new PayloadReader(Template, payload, pointerSize);
        while (reader.MoveNext())
            header = header.With(reader.Field.Name, ref reader);
        return header;
    }

    LogFileHeader With(string field, ref PayloadReader value) => field switch
    {
        "BufferSize" => this with { BufferSize = value.UInt32 },
        "Version" => this with
        {
            OsMajor = (byte)value.UInt32,
            OsMinor = (byte)(value.UInt32 >> 8),
            LogMajor = (byte)(value.UInt32 >> 16),
            LogMinor = (byte)(value.UInt32 >> 24),
        },
        "ProviderVersion" => this with { ProviderVersion = value.UInt32 },
        "NumberOfProcessors" => this with { NumberOfProcessors = value.UInt32 },
        "EndTime" => this with { EndTime = value.Int64 },
        "TimerResolution" => this with { TimerResolution = value.UInt32 },
        "MaxFileSize" => this with { MaximumFileSize = value.UInt32 },
        "LogFileMode" => this with { LogFileMode = value.UInt32 },
        "BuffersWritten" => this with { BuffersWritten = value.UInt32 },
        "StartBuffers" => this with { StartBuffers = value.UInt32 },
        "PointerSize" => this with { PointerSize = value.UInt32 },
        "EventsLost" => this with { EventsLost = value.UInt32 },
        "CPUSpeed" => this with { CpuSpeedInMHz = value.UInt32 },
        "LoggerName" => this with { LoggerNamePointer = value.UInt64 },
        "LogFileNamePointer" => this with { LogFileNamePointer = value.UInt64 },
        "Bias" => this with { Bias = value.Int32 },
        "BootTime" => this with { BootTime = value.Int64 },
        "PerfFreq" => this with { PerfFreq = value.Int64 },
        "StartTime" => this with { StartTime = value.Int64 },
        "ReservedFlags" => this with { Clock = (ClockKind)value.UInt32 },
        "BuffersLost" => this with { BuffersLost = value.UInt32 },
        "SessionName" => this with { SessionName = value.Chars.ToString() },
        "LogFileName" => this with { LogFileName = value.Chars.ToString() },
        _ => this,
    };
}
