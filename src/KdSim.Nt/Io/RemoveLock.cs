using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>Counts the users of a device, so that removal can wait for them.</summary>
[NtType("_IO_REMOVE_LOCK"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_REMOVE_LOCK
{
    [FieldOffset(0x000)] public IO_REMOVE_LOCK_COMMON_BLOCK Common;
}

[NtType("_IO_REMOVE_LOCK_COMMON_BLOCK"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_REMOVE_LOCK_COMMON_BLOCK
{
    [FieldOffset(0x000)] public bool Removed;
    [FieldOffset(0x001), NtArray(3)] public byte Reserved;
    [FieldOffset(0x004)] public int IoCount;
    [FieldOffset(0x008)] public KEVENT RemoveEvent;
}

[NtType("_IO_REMOVE_LOCK_DBG_BLOCK"), StructLayout(LayoutKind.Explicit, Size = 0x58)]
public partial struct IO_REMOVE_LOCK_DBG_BLOCK
{
    [FieldOffset(0x000)] public int Signature;
    [FieldOffset(0x004)] public int HighWatermark;
    [FieldOffset(0x008)] public long MaxLockedTicks;
    [FieldOffset(0x010)] public int AllocateTag;
    [FieldOffset(0x018)] public LIST_ENTRY LockList;
    [FieldOffset(0x028)] public ulong Spin;
    [FieldOffset(0x030)] public int LowMemoryCount;
    [FieldOffset(0x034), NtArray(4)] public uint Reserved1;
    [FieldOffset(0x048), NtPointer] public ulong Reserved2;
    [FieldOffset(0x050), NtPointer("_IO_REMOVE_LOCK_TRACKING_BLOCK")] public ulong Blocks;
}
