using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>Resources that a device was given.</summary>
[NtType("_CM_RESOURCE_LIST"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct CM_RESOURCE_LIST
{
    [FieldOffset(0x000)] public uint Count;
    [FieldOffset(0x004), NtArray(1)] public CM_FULL_RESOURCE_DESCRIPTOR List;
}

[NtType("_CM_FULL_RESOURCE_DESCRIPTOR"), StructLayout(LayoutKind.Explicit, Size = 0x24)]
public partial struct CM_FULL_RESOURCE_DESCRIPTOR
{
    [FieldOffset(0x000)] public INTERFACE_TYPE InterfaceType;
    [FieldOffset(0x004)] public uint BusNumber;
    [FieldOffset(0x008)] public CM_PARTIAL_RESOURCE_LIST PartialResourceList;
}

[NtType("_CM_PARTIAL_RESOURCE_LIST"), StructLayout(LayoutKind.Explicit, Size = 0x1C)]
public partial struct CM_PARTIAL_RESOURCE_LIST
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort Revision;
    [FieldOffset(0x004)] public uint Count;
    [FieldOffset(0x008), NtArray(1)] public CM_PARTIAL_RESOURCE_DESCRIPTOR PartialDescriptors;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR"), StructLayout(LayoutKind.Explicit, Size = 0x14)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR
{
    [FieldOffset(0x000)] public byte Type;
    [FieldOffset(0x001)] public byte ShareDisposition;
    [FieldOffset(0x002)] public ushort Flags;
    [FieldOffset(0x004)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u u;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u
{
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Generic Generic;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Port Port;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Interrupt Interrupt;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_MessageInterrupt MessageInterrupt;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Memory Memory;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Dma Dma;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_DevicePrivate DevicePrivate;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_BusNumber BusNumber;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_DeviceSpecificData DeviceSpecificData;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Memory40 Memory40;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Memory48 Memory48;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Memory64 Memory64;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Generic>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Generic
{
    [FieldOffset(0x000)] public LARGE_INTEGER Start;
    [FieldOffset(0x008)] public uint Length;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Port>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Port
{
    [FieldOffset(0x000)] public LARGE_INTEGER Start;
    [FieldOffset(0x008)] public uint Length;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Interrupt>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Interrupt
{
    [FieldOffset(0x000)] public uint Level;
    [FieldOffset(0x004)] public uint Vector;
    [FieldOffset(0x008)] public ulong Affinity;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-MessageInterrupt>")]
[StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_MessageInterrupt
{
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_MessageInterrupt_Raw Raw;
    [FieldOffset(0x000)] public CM_PARTIAL_RESOURCE_DESCRIPTOR_u_MessageInterrupt_Translated Translated;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-MessageInterrupt>::<unnamed-type-Raw>")]
[StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_MessageInterrupt_Raw
{
    [FieldOffset(0x000)] public ushort Reserved;
    [FieldOffset(0x002)] public ushort MessageCount;
    [FieldOffset(0x004)] public uint Vector;
    [FieldOffset(0x008)] public ulong Affinity;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-MessageInterrupt>::<unnamed-type-Translated>")]
[StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_MessageInterrupt_Translated
{
    [FieldOffset(0x000)] public uint Level;
    [FieldOffset(0x004)] public uint Vector;
    [FieldOffset(0x008)] public ulong Affinity;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Memory>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Memory
{
    [FieldOffset(0x000)] public LARGE_INTEGER Start;
    [FieldOffset(0x008)] public uint Length;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Dma>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Dma
{
    [FieldOffset(0x000)] public uint Channel;
    [FieldOffset(0x004)] public uint Port;
    [FieldOffset(0x008)] public uint Reserved1;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-DevicePrivate>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_DevicePrivate
{
    [FieldOffset(0x000), NtArray(3)] public uint Data;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-BusNumber>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_BusNumber
{
    [FieldOffset(0x000)] public uint Start;
    [FieldOffset(0x004)] public uint Length;
    [FieldOffset(0x008)] public uint Reserved;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-DeviceSpecificData>")]
[StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_DeviceSpecificData
{
    [FieldOffset(0x000)] public uint DataSize;
    [FieldOffset(0x004)] public uint Reserved1;
    [FieldOffset(0x008)] public uint Reserved2;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Memory40>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Memory40
{
    [FieldOffset(0x000)] public LARGE_INTEGER Start;
    [FieldOffset(0x008)] public uint Length40;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Memory48>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Memory48
{
    [FieldOffset(0x000)] public LARGE_INTEGER Start;
    [FieldOffset(0x008)] public uint Length48;
}

[NtType("_CM_PARTIAL_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Memory64>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Memory64
{
    [FieldOffset(0x000)] public LARGE_INTEGER Start;
    [FieldOffset(0x008)] public uint Length64;
}

[NtType("_CM_SHARE_DISPOSITION")]
public enum CM_SHARE_DISPOSITION
{
    CmResourceShareUndetermined = 0,
    CmResourceShareDeviceExclusive = 1,
    CmResourceShareDriverExclusive = 2,
    CmResourceShareShared = 3,
}
