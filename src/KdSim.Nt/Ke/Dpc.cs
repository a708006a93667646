using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A deferred procedure call.</summary>
[NtType("_KDPC"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct KDPC
{
    [FieldOffset(0x000)] public byte Type;
    [FieldOffset(0x001)] public byte Importance;
    [FieldOffset(0x002)] public ushort Number;
    [FieldOffset(0x008)] public LIST_ENTRY DpcListEntry;
    [FieldOffset(0x018), NtFunction] public ulong DeferredRoutine;
    [FieldOffset(0x020), NtPointer] public ulong DeferredContext;
    [FieldOffset(0x028), NtPointer] public ulong SystemArgument1;
    [FieldOffset(0x030), NtPointer] public ulong SystemArgument2;
    [FieldOffset(0x038), NtPointer] public ulong DpcData;
}

[NtType("_KDPC_IMPORTANCE")]
public enum KDPC_IMPORTANCE
{
    LowImportance = 0,
    MediumImportance = 1,
    HighImportance = 2,
    MediumHighImportance = 3,
}

[NtType("_KDPC_DATA"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct KDPC_DATA
{
    [FieldOffset(0x000)] public KDPC_LIST DpcList;
    [FieldOffset(0x010)] public ulong DpcLock;
    [FieldOffset(0x018)] public int DpcQueueDepth;
    [FieldOffset(0x01C)] public uint DpcCount;
    [FieldOffset(0x020), NtPointer<KDPC>] public ulong ActiveDpc;
}

[NtType("_KDPC_LIST"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct KDPC_LIST
{
    [FieldOffset(0x000)] public SINGLE_LIST_ENTRY ListHead;
    [FieldOffset(0x008)] public Ptr<SINGLE_LIST_ENTRY> LastEntry;
}

[NtType("_KTIMER_TABLE"), StructLayout(LayoutKind.Explicit, Size = 0x2200)]
public partial struct KTIMER_TABLE
{
    [FieldOffset(0x000), NtPointer<KTIMER>, NtArray(64)] public ulong TimerExpiry;
    [FieldOffset(0x200), NtArray(256)] public KTIMER_TABLE_ENTRY TimerEntries;
}

[NtType("_KTIMER_TABLE_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct KTIMER_TABLE_ENTRY
{
    [FieldOffset(0x000)] public ulong Lock;
    [FieldOffset(0x008)] public LIST_ENTRY Entry;
    [FieldOffset(0x018)] public ULARGE_INTEGER Time;
}

/// <summary>What KeQueryDpcWatchdogInformation answers; all in clock ticks.</summary>
[NtType("_KDPC_WATCHDOG_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x14)]
public partial struct KDPC_WATCHDOG_INFORMATION
{
    [FieldOffset(0x000)] public uint DpcTimeLimit;
    [FieldOffset(0x004)] public uint DpcTimeCount;
    [FieldOffset(0x008)] public uint DpcWatchdogLimit;
    [FieldOffset(0x00C)] public uint DpcWatchdogCount;
    [FieldOffset(0x010)] public uint Reserved;
}

/// <summary>What DPC_WATCHDOG_VIOLATION points to.</summary>
[NtType("_DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK
{
    [FieldOffset(0x000)] public uint Signature;
    [FieldOffset(0x004)] public ushort Revision;
    [FieldOffset(0x006)] public ushort Size;
    [FieldOffset(0x008)] public ushort DpcWatchdogProfileOffset;
    [FieldOffset(0x00C)] public uint DpcWatchdogProfileLength;
}
