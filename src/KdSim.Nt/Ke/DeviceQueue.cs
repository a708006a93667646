using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_KDEVICE_QUEUE"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct KDEVICE_QUEUE
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public short Size;
    [FieldOffset(0x008)] public LIST_ENTRY DeviceListHead;
    [FieldOffset(0x018)] public ulong Lock;
    [FieldOffset(0x020)] public bool Busy;
    [FieldOffset(0x020), NtBits("Reserved", 0, 8), NtBits("Hint", 8, 56)] public ulong Bits;
}

[NtType("_KDEVICE_QUEUE_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct KDEVICE_QUEUE_ENTRY
{
    [FieldOffset(0x000)] public LIST_ENTRY DeviceListEntry;
    [FieldOffset(0x010)] public uint SortKey;
    [FieldOffset(0x014)] public bool Inserted;
}
