namespace KdSim.Tracing.Etl.Providers;

/// <summary>
/// Microsoft-Windows-Kernel-PnP, as far as the simulated kernel has something to say: numbers, tasks and payloads are those of Windows. A text is counted in
/// characters by the field before it, or ends at its NUL.
/// </summary>
public static class KernelPnpProvider
{
    public static readonly EventProvider Provider = new(
        "Microsoft-Windows-Kernel-PnP",
        new Guid("9c205a39-1250-487d-abd7-e831c6290539"),
        new Dictionary<string, ulong>
        {
            ["DriverLoad"] = 0x2020,
            ["DeviceStart"] = 0x8020,
            ["DriverInit"] = 0x20020,
            ["Enumeration"] = 0x800000,
        },
        new Dictionary<string, ushort>
        {
            ["DriverLoad"] = 212,
            ["DeviceStart"] = 216,
            ["DriverInit"] = 226,
            ["ProcessNewDevice"] = 800,
            ["DeviceRemoval"] = 830,
        },
        [],
        """
        216:DeviceStart v0 DeviceStart/Start DeviceStart: u16 DriverNameLength, wchars[] DriverName
        218:DeviceStartStop v0 DeviceStart/Stop DeviceStart: u16 DriverNameLength, wchars[] DriverName, u32 Status,
            u16 FailureNameLength, wchars[] FailureName, u32 Version
        226:DriverInitStart v0 DriverInit/Start DriverInit: u16 DriverNameLength, wchars[] DriverName
        227:DriverInitStop v0 DriverInit/Stop DriverInit: u16 DriverNameLength, wchars[] DriverName, u32 Status
        800:ProcessNewDeviceStart v0 ProcessNewDevice/Start Enumeration: ptr DeviceNode
        801:ProcessNewDevice v0 ProcessNewDevice/Info Enumeration: ptr DeviceNode, wstr DeviceInstancePath
        802:ProcessNewDeviceStop v0 ProcessNewDevice/Stop Enumeration: ptr DeviceNode
        831:DeviceRemovalStart v0 DeviceRemoval/Start Enumeration: wstr Device
        832:DeviceRemovalStop v0 DeviceRemoval/Stop Enumeration: wstr Device
        """);
}
