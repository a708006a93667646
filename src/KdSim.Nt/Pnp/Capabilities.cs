using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>What a device can do, as its drivers answer.</summary>
[NtType("_DEVICE_CAPABILITIES"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct DEVICE_CAPABILITIES
{
    [FieldOffset(0x000)] public ushort Size;
    [FieldOffset(0x002)] public ushort Version;
    [FieldOffset(0x004), NtBits("DeviceD1", 0, 1), NtBits("DeviceD2", 1, 1), NtBits("LockSupported", 2, 1)]
    [NtBits("EjectSupported", 3, 1), NtBits("Removable", 4, 1), NtBits("DockDevice", 5, 1), NtBits("UniqueID", 6, 1)]
    [NtBits("SilentInstall", 7, 1), NtBits("RawDeviceOK", 8, 1), NtBits("SurpriseRemovalOK", 9, 1), NtBits("WakeFromD0", 10, 1)]
    [NtBits("WakeFromD1", 11, 1), NtBits("WakeFromD2", 12, 1), NtBits("WakeFromD3", 13, 1), NtBits("HardwareDisabled", 14, 1)]
    [NtBits("NonDynamic", 15, 1), NtBits("WarmEjectSupported", 16, 1), NtBits("NoDisplayInUI", 17, 1), NtBits("Reserved", 18, 14)]
    public uint Bits;
    [FieldOffset(0x008)] public uint Address;
    [FieldOffset(0x00C)] public uint UINumber;
    [FieldOffset(0x010), NtArray(7)] public DEVICE_POWER_STATE DeviceState;
    [FieldOffset(0x02C)] public SYSTEM_POWER_STATE SystemWake;
    [FieldOffset(0x030)] public DEVICE_POWER_STATE DeviceWake;
    [FieldOffset(0x034)] public uint D1Latency;
    [FieldOffset(0x038)] public uint D2Latency;
    [FieldOffset(0x03C)] public uint D3Latency;
}

[NtType("_PNP_BUS_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct PNP_BUS_INFORMATION
{
    [FieldOffset(0x000)] public GUID BusTypeGuid;
    [FieldOffset(0x010)] public INTERFACE_TYPE LegacyBusType;
    [FieldOffset(0x014)] public uint BusNumber;
}
