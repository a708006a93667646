using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_KSPIN_LOCK_QUEUE"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct KSPIN_LOCK_QUEUE
{
    [FieldOffset(0x000), NtPointer<KSPIN_LOCK_QUEUE>] public ulong Next;
    [FieldOffset(0x008)] public Ptr<ulong> Lock;
}

[NtType("_KLOCK_QUEUE_HANDLE"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct KLOCK_QUEUE_HANDLE
{
    [FieldOffset(0x000)] public KSPIN_LOCK_QUEUE LockQueue;
    [FieldOffset(0x010)] public byte OldIrql;
}
