using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>The device extension of the in-box bus drivers' devices: of a bus (FDO) or of a child (PDO). Our own layout.</summary>
[NtType("_BUS_EXTENSION"), StructLayout(LayoutKind.Explicit, Size = 0x1A0)]
public partial struct BUS_EXTENSION
{
    [FieldOffset(0x000)] public BUS_ROLE Role;
    [FieldOffset(0x004)] public BUS_KIND Kind;
    [FieldOffset(0x008), NtPointer<DEVICE_OBJECT>] public ulong Self;
    [FieldOffset(0x010), NtPointer<DEVICE_OBJECT>] public ulong PhysicalDeviceObject;
    [FieldOffset(0x018), NtPointer<DEVICE_OBJECT>] public ulong AttachedDevice;
    [FieldOffset(0x020), NtPointer<BUS_EXTENSION>] public ulong Parent;
    [FieldOffset(0x028), NtPointer<BUS_EXTENSION>] public ulong FirstChild;
    [FieldOffset(0x030), NtPointer<BUS_EXTENSION>] public ulong NextChild;

    /// <summary>Which child of its bus: a PCI slot (device * 8 + function), or the number of a registry key.</summary>
    [FieldOffset(0x038)] public uint Slot;
    [FieldOffset(0x03C)] public bool Present;
    [FieldOffset(0x03D)] public bool Started;
    [FieldOffset(0x040)] public DEVICE_POWER_STATE PowerState;
    [FieldOffset(0x044)] public uint InterfaceReferences;

    /// <summary>Configuration space, saved while the device has no power.</summary>
    [FieldOffset(0x0A0), NtArray(256)] public byte Configuration;
}

[NtType("_BUS_ROLE")]
public enum BUS_ROLE
{
    Bus = 1,
    Child = 2,
}

/// <summary>The bus that a device drives, or that it sits on.</summary>
[NtType("_BUS_KIND")]
public enum BUS_KIND
{
    Root = 0,
    AcpiHal = 1,
    Acpi = 2,
    Pci = 3,
}
