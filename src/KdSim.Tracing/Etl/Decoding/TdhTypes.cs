using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>The types of fields as providers declare them: by number (TraceLogging and TRACE_EVENT_INFO) and by name (manifests).</summary>
static class TdhTypes
{
    /// <summary>TraceLogging's number for a struct.</summary>
    public const int Struct = 24;

    static readonly (int Number, string Name, WireType Wire, OutType Out)[] InTypes =
    [
        (1, "UnicodeString", WireType.UnicodeString, OutType.Default),
        (2, "AnsiString", WireType.AnsiString, OutType.Default),
        (3, "Int8", WireType.Int8, OutType.Default),
        (4, "UInt8", WireType.UInt8, OutType.Default),
        (5, "Int16", WireType.Int16, OutType.Default),
        (6, "UInt16", WireType.UInt16, OutType.Default),
        (7, "Int32", WireType.Int32, OutType.Default),
        (8, "UInt32", WireType.UInt32, OutType.Default),
        (9, "Int64", WireType.Int64, OutType.Default),
        (10, "UInt64", WireType.UInt64, OutType.Default),
        (11, "Float", WireType.Float, OutType.Default),
        (12, "Double", WireType.Double, OutType.Default),
        (13, "Boolean", WireType.Boolean, OutType.Boolean),
        (14, "Binary", WireType.Binary, OutType.Hex),
        (15, "GUID", WireType.Guid, OutType.Default),
        (16, "Pointer", WireType.Pointer, OutType.Hex),
        (17, "FILETIME", WireType.FileTime, OutType.Default),
        (18, "SYSTEMTIME", WireType.SystemTime, OutType.Default),
        (19, "SID", WireType.Sid, OutType.Default),
        (20, "HexInt32", WireType.UInt32, OutType.Hex),
        (21, "HexInt64", WireType.UInt64, OutType.Hex),
        (22, "CountedUnicodeString", WireType.CountedUnicodeString, OutType.Default),
        (23, "CountedAnsiString", WireType.CountedAnsiString, OutType.Default),
        (25, "CountedBinary", WireType.CountedBinary, OutType.Hex),
        (300, "CountedString", WireType.CountedUnicodeString, OutType.Default),
        (301, "CountedAnsi", WireType.CountedAnsiString, OutType.Default),
        (306, "UnicodeChar", WireType.UInt16, OutType.String),
        (307, "AnsiChar", WireType.UInt8, OutType.String),
        (308, "SizeT", WireType.Pointer, OutType.Default),
        (310, "WbemSid", WireType.TokenUser, OutType.Default),
    ];

    static readonly (int Number, string Name, OutType Out)[] OutTypes =
    [
        (1, "xs:string", OutType.String),
        (2, "xs:dateTime", OutType.Default),
        (13, "xs:boolean", OutType.Boolean),
        (15, "xs:hexBinary", OutType.Hex),
        (16, "win:HexInt8", OutType.Hex),
        (17, "win:HexInt16", OutType.Hex),
        (18, "win:HexInt32", OutType.Hex),
        (19, "win:HexInt64", OutType.Hex),
        (20, "win:PID", OutType.ProcessId),
        (21, "win:TID", OutType.ThreadId),
        (22, "win:Port", OutType.Port),
        (23, "win:IPv4", OutType.Ipv4),
        (24, "win:IPv6", OutType.Ipv6),
        (25, "win:SocketAddress", OutType.SocketAddress),
        (28, "win:Xml", OutType.Xml),
        (29, "win:ErrorCode", OutType.Hex),
        (30, "win:Win32Error", OutType.Win32Error),
        (31, "win:NTSTATUS", OutType.NtStatus),
        (32, "win:HResult", OutType.HResult),
        (34, "win:Json", OutType.Json),
        (35, "win:Utf8", OutType.Utf8),
        (37, "win:CodePointer", OutType.Routine),
        (38, "win:DateTimeUtc", OutType.DateTimeUtc),
    ];

    /// <summary>TraceLogging numbers its out types in its own way.</summary>
    static readonly (int Number, OutType Out)[] TraceLoggingOutTypes =
    [
        (2, OutType.String), (3, OutType.Boolean), (4, OutType.Hex), (5, OutType.ProcessId), (6, OutType.ThreadId), (7, OutType.Port), (8, OutType.Ipv4),
        (9, OutType.Ipv6), (10, OutType.SocketAddress), (11, OutType.Xml), (12, OutType.Json), (13, OutType.Win32Error), (14, OutType.NtStatus),
        (15, OutType.HResult), (35, OutType.Utf8), (37, OutType.Routine), (38, OutType.DateTimeUtc),
    ];

    /// <summary>Null: no such type.</summary>
    public static (WireType Wire, OutType Out)? In(int number)
    {
        foreach ((int known, _, WireType wire, OutType shown) in InTypes)
            if (known == number)
                return (wire, shown);
        return null;
    }

    /// <param name="name">With its prefix: <c>win:UInt32</c>. Null: no such type.</param>
    public static (WireType Wire, OutType Out)? In(string name)
    {
        string bare = name[(name.IndexOf(':') + 1)..];
        foreach ((_, string known, WireType wire, OutType shown) in InTypes)
            if (known.Equals(bare, StringComparison.OrdinalIgnoreCase))
                return (wire, shown);
        return null;
    }

    /// <summary>How a type is shown that declares an out type; its own way where that says nothing.</summary>
    public static OutType Out(int number, OutType own)
    {
        foreach ((int known, _, OutType shown) in OutTypes)
            if (known == number)
                return shown == OutType.Default ? own : shown;
        return own;
    }

    public static OutType Out(string? name, OutType own)
    {
        foreach ((_, string known, OutType shown) in OutTypes)
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
                return shown == OutType.Default ? own : shown;
        return own;
    }

    public static OutType TraceLoggingOut(int number, OutType own)
    {
        foreach ((int known, OutType shown) in TraceLoggingOutTypes)
            if (known == number)
                return shown;
        return own;
    }
}
