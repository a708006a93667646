using System.Runtime.InteropServices;

namespace KdSim.Tracing.Etl.Format;

/// <summary>The kind of a record's header: the third byte of the record, where the fourth is <see cref="RecordMarker.Header"/>.</summary>
public enum HeaderType : byte
{
    System32 = 0x01,
    System64 = 0x02,
    Compact32 = 0x03,
    Compact64 = 0x04,
    FullHeader32 = 0x0A,
    Instance32 = 0x0B,
    Timed = 0x0C,
    Error = 0x0D,
    WnodeHeader = 0x0E,

    /// <summary>A message of WPP: its fourth byte is <see cref="RecordMarker.Message"/>.</summary>
    Message = 0x0F,
    PerfInfo32 = 0x10,
    PerfInfo64 = 0x11,
    EventHeader32 = 0x12,
    EventHeader64 = 0x13,
    FullHeader64 = 0x14,
    Instance64 = 0x15,
}

/// <summary>The fourth byte of a record says which family its header is of.</summary>
public static class RecordMarker
{
    /// <summary>TRACE_HEADER_FLAG | TRACE_HEADER_EVENT_TRACE: the third byte is a <see cref="HeaderType"/>.</summary>
    public const byte Header = 0xC0;

    /// <summary>TRACE_HEADER_FLAG | TRACE_MESSAGE.</summary>
    public const byte Message = 0x90;
}

/// <summary>SYSTEM_TRACE_HEADER: records of the kernel with thread and times.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct SystemTraceHeader
{
    public const int Length = 32;

    /// <summary>The low byte is the event's version; the high one see <see cref="CounterBits"/>.</summary>
    public ushort Version;
    public HeaderType HeaderType;
    public byte MarkerFlags;
    public ushort Size;
    public byte Opcode;
    public KernelGroup Group;
    public uint ThreadId;
    public uint ProcessId;
    public long TimeStamp;
    public uint KernelTime;
    public uint UserTime;
}

/// <summary>COMPACT: a <see cref="SystemTraceHeader"/> without the two times.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct CompactTraceHeader
{
    public const int Length = 24;

    public ushort Version;
    public HeaderType HeaderType;
    public byte MarkerFlags;
    public ushort Size;
    public byte Opcode;
    public KernelGroup Group;
    public uint ThreadId;
    public uint ProcessId;
    public long TimeStamp;
}

/// <summary>PERFINFO_TRACE_HEADER: the cheapest record of the kernel; it does not say its thread.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct PerfInfoTraceHeader
{
    public const int Length = 16;

    public ushort Version;
    public HeaderType HeaderType;
    public byte MarkerFlags;
    public ushort Size;
    public byte Opcode;
    public KernelGroup Group;
    public long TimeStamp;
}

/// <summary>Bits of the version field of SYSTEM, COMPACT and PERFINFO headers: counters that stand between header and payload.</summary>
public static class CounterBits
{
    /// <summary>Eight bytes of a PEBS index follow the header.</summary>
    public const ushort PebsIndex = 0x8000;

    /// <summary>The number of performance counters, eight bytes each.</summary>
    public const ushort CounterMask = 0x0700;
    public const int CounterShift = 8;

    /// <summary>Bytes between header and payload.</summary>
    public static int BytesOf(ushort version) =>
        ((version & PebsIndex) != 0 ? 8 : 0) + 8 * ((version & CounterMask) >> CounterShift);
}

/// <summary>EVENT_TRACE_HEADER (FULL_HEADER): classic events of users.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct FullTraceHeader
{
    public const int Length = 48;

    public ushort Size;
    public HeaderType HeaderType;
    public byte MarkerFlags;
    public byte Opcode;
    public byte Level;
    public ushort Version;
    public uint ThreadId;
    public uint ProcessId;
    public long TimeStamp;
    public Guid Guid;
    public ulong ProcessorTime;
}

/// <summary>EVENT_INSTANCE_GUID_HEADER (INSTANCE): a classic event with instance numbers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct InstanceTraceHeader
{
    public const int Length = 72;

    public FullTraceHeader Event;
    public uint InstanceId;
    public uint ParentInstanceId;
    public Guid ParentGuid;
}

/// <summary>EVENT_HEADER: events of manifest, EventSource and TraceLogging providers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct EventHeader
{
    public const int Length = 80;

    /// <summary>In <see cref="Flags"/>: extended items stand between header and payload.</summary>
    public const ushort HasExtendedItems = 1;

    /// <summary>In <see cref="Flags"/>: the payload is a text.</summary>
    public const ushort StringOnly = 4;

    public ushort Size;
    public HeaderType HeaderType;
    public byte MarkerFlags;
    public ushort Flags;
    public ushort EventProperty;
    public uint ThreadId;
    public uint ProcessId;
    public long TimeStamp;
    public Guid ProviderId;
    public ushort Id;
    public byte Version;
    public byte Channel;
    public byte Level;
    public byte Opcode;
    public ushort Task;
    public ulong Keyword;
    public ulong ProcessorTime;
    public Guid ActivityId;
}

/// <summary>The header of an extended item; its data and padding to eight bytes follow.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ExtendedItemHeader
{
    public const int Length = 8;

    /// <summary>In <see cref="Linkage"/>: one more item follows.</summary>
    public const ushort More = 1;

    public ushort Reserved;
    public ExtendedItemType Type;
    public ushort Linkage;
    public ushort DataSize;
}

/// <summary>EVENT_HEADER_EXT_TYPE_*.</summary>
public enum ExtendedItemType : ushort
{
    RelatedActivityId = 1,
    Sid = 2,
    TerminalSessionId = 3,
    InstanceInformation = 4,
    StackTrace32 = 5,
    StackTrace64 = 6,
    PebsIndex = 7,
    Counters = 8,
    PsmKey = 9,
    EventKey = 10,
    TraceLoggingSchema = 11,
    ProviderTraits = 12,
    ProcessStartKey = 13,
    ControlGuid = 14,
}

/// <summary>MESSAGE_TRACE_HEADER: a message of WPP; optional parts follow as its flags say, in the order of <see cref="MessageFlags"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct MessageTraceHeader
{
    public const int Length = 8;

    public ushort Size;
    public byte Reserved;
    public byte MarkerFlags;
    public ushort MessageNumber;
    public MessageFlags Flags;
}

/// <summary>TRACE_MESSAGE_*.</summary>
[Flags]
public enum MessageFlags : ushort
{
    None = 0,

    /// <summary>Four bytes.</summary>
    Sequence = 1,

    /// <summary>Sixteen bytes, unless <see cref="ComponentId"/> is set too.</summary>
    Guid = 2,

    /// <summary>Four bytes in place of the GUID.</summary>
    ComponentId = 4,

    /// <summary>Eight bytes.</summary>
    TimeStamp = 8,

    /// <summary>The time stamp is of the performance counter: no bytes of its own.</summary>
    PerformanceTimeStamp = 0x10,

    /// <summary>Thread and process: eight bytes.</summary>
    SystemInformation = 0x20,
    Pointer32 = 0x40,
    Pointer64 = 0x80,
}
