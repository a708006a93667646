using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A shared or exclusive lock.</summary>
[NtType("_ERESOURCE"), StructLayout(LayoutKind.Explicit, Size = 0x68)]
public partial struct ERESOURCE
{
    [FieldOffset(0x000)] public LIST_ENTRY SystemResourcesList;
    [FieldOffset(0x010), NtPointer<OWNER_ENTRY>] public ulong OwnerTable;
    [FieldOffset(0x018)] public short ActiveCount;
    [FieldOffset(0x01A)] public ushort Flag;
    [FieldOffset(0x020), NtPointer<KSEMAPHORE>] public ulong SharedWaiters;
    [FieldOffset(0x028), NtPointer<KEVENT>] public ulong ExclusiveWaiters;
    [FieldOffset(0x030)] public OWNER_ENTRY OwnerEntry;
    [FieldOffset(0x040)] public uint ActiveEntries;
    [FieldOffset(0x044)] public uint ContentionCount;
    [FieldOffset(0x048)] public uint NumberOfSharedWaiters;
    [FieldOffset(0x04C)] public uint NumberOfExclusiveWaiters;
    [FieldOffset(0x050), NtPointer] public ulong Reserved2;
    [FieldOffset(0x058), NtPointer] public ulong Address;
    [FieldOffset(0x058)] public ulong CreatorBackTraceIndex;
    [FieldOffset(0x060)] public ulong SpinLock;
}

[NtType("_OWNER_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct OWNER_ENTRY
{
    [FieldOffset(0x000)] public ulong OwnerThread;
    [FieldOffset(0x008), NtVisible, NtBits("IoPriorityBoosted", 0, 1), NtBits("OwnerReferenced", 1, 1)]
    [NtBits("OwnerCount", 2, 30)]
    public uint TableSize;
}
