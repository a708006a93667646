namespace KdSim.Nt;

/// <summary>How an I/O control request passes its buffers (METHOD_*).</summary>
public enum IoControlMethod
{
    Buffered,
    InDirect,
    OutDirect,
    Neither,
}

/// <summary>An I/O control code, taken apart as CTL_CODE puts it together: device type, access, function, method.</summary>
public readonly record struct IoControlCode(uint Value)
{
    /// <summary>Puts a code together.</summary>
    /// <param name="access">0 FILE_ANY_ACCESS, 1 FILE_READ_ACCESS, 2 FILE_WRITE_ACCESS.</param>
    public IoControlCode(FILE_DEVICE device, uint function, IoControlMethod method, uint access)
        : this(((uint)device << 16) | ((access & 3) << 14) | ((function & 0xFFF) << 2) | (uint)method)
    {
    }

    public FILE_DEVICE Device => (FILE_DEVICE)(Value >> 16);

    public uint Access => (Value >> 14) & 3;

    public uint Function => (Value >> 2) & 0xFFF;

    public IoControlMethod Method => (IoControlMethod)(Value & 3);

    /// <summary><c>FILE_DEVICE_UNKNOWN</c>, or the number when the type is a vendor's or not known.</summary>
    public string DeviceName => Enum.GetName(Device) is { } name ? "FILE_DEVICE_" + name : $"0x{Value >> 16:x}";

    public string AccessName => Access switch
    {
        0 => "FILE_ANY_ACCESS",
        1 => "FILE_READ_ACCESS",
        2 => "FILE_WRITE_ACCESS",
        _ => "FILE_READ_ACCESS | FILE_WRITE_ACCESS",
    };

    public string MethodName => Method switch
    {
        IoControlMethod.Buffered => "METHOD_BUFFERED",
        IoControlMethod.InDirect => "METHOD_IN_DIRECT",
        IoControlMethod.OutDirect => "METHOD_OUT_DIRECT",
        _ => "METHOD_NEITHER",
    };
}
