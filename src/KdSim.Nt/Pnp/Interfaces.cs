using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_INTERFACE"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct INTERFACE
{
    [FieldOffset(0x000)] public ushort Size;
    [FieldOffset(0x002)] public ushort Version;
    [FieldOffset(0x008), NtPointer] public ulong Context;
    [FieldOffset(0x010), NtFunction] public ulong InterfaceReference;
    [FieldOffset(0x018), NtFunction] public ulong InterfaceDereference;
}

[NtType("_BUS_INTERFACE_STANDARD"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct BUS_INTERFACE_STANDARD
{
    [FieldOffset(0x000)] public ushort Size;
    [FieldOffset(0x002)] public ushort Version;
    [FieldOffset(0x008), NtPointer] public ulong Context;
    [FieldOffset(0x010), NtFunction] public ulong InterfaceReference;
    [FieldOffset(0x018), NtFunction] public ulong InterfaceDereference;
    [FieldOffset(0x020), NtFunction] public ulong TranslateBusAddress;
    [FieldOffset(0x028), NtFunction] public ulong GetDmaAdapter;
    [FieldOffset(0x030), NtFunction] public ulong SetBusData;
    [FieldOffset(0x038), NtFunction] public ulong GetBusData;
}
