using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>Resources that a device asks for.</summary>
[NtType("_IO_RESOURCE_REQUIREMENTS_LIST"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct IO_RESOURCE_REQUIREMENTS_LIST
{
    [FieldOffset(0x000)] public uint ListSize;
    [FieldOffset(0x004)] public INTERFACE_TYPE InterfaceType;
    [FieldOffset(0x008)] public uint BusNumber;
    [FieldOffset(0x00C)] public uint SlotNumber;
    [FieldOffset(0x010), NtArray(3)] public uint Reserved;
    [FieldOffset(0x01C)] public uint AlternativeLists;
    [FieldOffset(0x020), NtArray(1)] public IO_RESOURCE_LIST List;
}

[NtType("_IO_RESOURCE_LIST"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct IO_RESOURCE_LIST
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort Revision;
    [FieldOffset(0x004)] public uint Count;
    [FieldOffset(0x008), NtArray(1)] public IO_RESOURCE_DESCRIPTOR Descriptors;
}

[NtType("_IO_RESOURCE_DESCRIPTOR"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_RESOURCE_DESCRIPTOR
{
    [FieldOffset(0x000)] public byte Option;
    [FieldOffset(0x001)] public byte Type;
    [FieldOffset(0x002)] public byte ShareDisposition;
    [FieldOffset(0x003)] public byte Spare1;
    [FieldOffset(0x004)] public ushort Flags;
    [FieldOffset(0x006)] public ushort Spare2;
    [FieldOffset(0x008)] public IO_RESOURCE_DESCRIPTOR_u u;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_RESOURCE_DESCRIPTOR_u
{
    [FieldOffset(0x000)] public IO_RESOURCE_DESCRIPTOR_u_Port Port;
    [FieldOffset(0x000)] public IO_RESOURCE_DESCRIPTOR_u_Memory Memory;
    [FieldOffset(0x000)] public IO_RESOURCE_DESCRIPTOR_u_Interrupt Interrupt;
    [FieldOffset(0x000)] public IO_RESOURCE_DESCRIPTOR_u_Dma Dma;
    [FieldOffset(0x000)] public IO_RESOURCE_DESCRIPTOR_u_Generic Generic;
    [FieldOffset(0x000)] public IO_RESOURCE_DESCRIPTOR_u_DevicePrivate DevicePrivate;
    [FieldOffset(0x000)] public IO_RESOURCE_DESCRIPTOR_u_BusNumber BusNumber;
    [FieldOffset(0x000)] public IO_RESOURCE_DESCRIPTOR_u_ConfigData ConfigData;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Port>"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_RESOURCE_DESCRIPTOR_u_Port
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x004)] public uint Alignment;
    [FieldOffset(0x008)] public LARGE_INTEGER MinimumAddress;
    [FieldOffset(0x010)] public LARGE_INTEGER MaximumAddress;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Memory>"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_RESOURCE_DESCRIPTOR_u_Memory
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x004)] public uint Alignment;
    [FieldOffset(0x008)] public LARGE_INTEGER MinimumAddress;
    [FieldOffset(0x010)] public LARGE_INTEGER MaximumAddress;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Interrupt>"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IO_RESOURCE_DESCRIPTOR_u_Interrupt
{
    [FieldOffset(0x000)] public uint MinimumVector;
    [FieldOffset(0x004)] public uint MaximumVector;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Dma>"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IO_RESOURCE_DESCRIPTOR_u_Dma
{
    [FieldOffset(0x000)] public uint MinimumChannel;
    [FieldOffset(0x004)] public uint MaximumChannel;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-Generic>"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_RESOURCE_DESCRIPTOR_u_Generic
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x004)] public uint Alignment;
    [FieldOffset(0x008)] public LARGE_INTEGER MinimumAddress;
    [FieldOffset(0x010)] public LARGE_INTEGER MaximumAddress;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-DevicePrivate>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct IO_RESOURCE_DESCRIPTOR_u_DevicePrivate
{
    [FieldOffset(0x000), NtArray(3)] public uint Data;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-BusNumber>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_RESOURCE_DESCRIPTOR_u_BusNumber
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x004)] public uint MinBusNumber;
    [FieldOffset(0x008)] public uint MaxBusNumber;
    [FieldOffset(0x00C)] public uint Reserved;
}

[NtType("_IO_RESOURCE_DESCRIPTOR::<unnamed-type-u>::<unnamed-type-ConfigData>"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct IO_RESOURCE_DESCRIPTOR_u_ConfigData
{
    [FieldOffset(0x000)] public uint Priority;
    [FieldOffset(0x004)] public uint Reserved1;
    [FieldOffset(0x008)] public uint Reserved2;
}
