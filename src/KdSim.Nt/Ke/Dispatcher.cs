using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>The head of every object that a thread can wait for.</summary>
[NtType("_DISPATCHER_HEADER"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct DISPATCHER_HEADER
{
    [FieldOffset(0x000)] public byte Type;
    [FieldOffset(0x001), NtVisible, NtBits("Absolute", 0, 1), NtBits("Coalescable", 1, 1), NtBits("KeepShifting", 2, 1)]
    [NtBits("EncodedTolerableDelay", 3, 5)]
    public byte TimerControlFlags;
    [FieldOffset(0x001)] public byte Abandoned;
    [FieldOffset(0x001)] public bool Signalling;
    [FieldOffset(0x002), NtVisible, NtBits("CpuThrottled", 0, 1), NtBits("CycleProfiling", 1, 1), NtBits("CounterProfiling", 2, 1)]
    [NtBits("Reserved", 3, 5)]
    public byte ThreadControlFlags;
    [FieldOffset(0x002)] public byte Size;
    [FieldOffset(0x002)] public byte Hand;
    [FieldOffset(0x003), NtVisible, NtBits("Index", 0, 6), NtBits("Inserted", 6, 1), NtBits("Expired", 7, 1)] public byte TimerMiscFlags;
    [FieldOffset(0x003)] public bool DebugActive;
    [FieldOffset(0x003), NtBits("ActiveDR7", 0, 1), NtBits("Instrumented", 1, 1), NtBits("Reserved2", 2, 4)]
    [NtBits("UmsScheduled", 6, 1), NtBits("UmsPrimary", 7, 1)]
    public byte Bits3;
    [FieldOffset(0x003)] public bool DpcActive;
    [FieldOffset(0x000)] public int Lock;
    [FieldOffset(0x004)] public int SignalState;
    [FieldOffset(0x008)] public LIST_ENTRY WaitListHead;
}

/// <summary>An event.</summary>
[NtType("_KEVENT"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct KEVENT
{
    [FieldOffset(0x000)] public DISPATCHER_HEADER Header;
}

/// <summary>A semaphore.</summary>
[NtType("_KSEMAPHORE"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct KSEMAPHORE
{
    [FieldOffset(0x000)] public DISPATCHER_HEADER Header;
    [FieldOffset(0x018)] public int Limit;
}

/// <summary>A mutex; in the kernel it is called mutant.</summary>
[NtType("_KMUTANT"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct KMUTANT
{
    [FieldOffset(0x000)] public DISPATCHER_HEADER Header;
    [FieldOffset(0x018)] public LIST_ENTRY MutantListEntry;
    [FieldOffset(0x028), NtPointer<KTHREAD>] public ulong OwnerThread;
    [FieldOffset(0x030)] public bool Abandoned;
    [FieldOffset(0x031)] public byte ApcDisable;
}

/// <summary>A timer, with the DPC that it queues.</summary>
[NtType("_KTIMER"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct KTIMER
{
    [FieldOffset(0x000)] public DISPATCHER_HEADER Header;
    [FieldOffset(0x018)] public ULARGE_INTEGER DueTime;
    [FieldOffset(0x020)] public LIST_ENTRY TimerListEntry;
    [FieldOffset(0x030), NtPointer<KDPC>] public ulong Dpc;
    [FieldOffset(0x038)] public uint Processor;
    [FieldOffset(0x03C)] public uint Period;
}

[NtType("_KQUEUE"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct KQUEUE
{
    [FieldOffset(0x000)] public DISPATCHER_HEADER Header;
    [FieldOffset(0x018)] public LIST_ENTRY EntryListHead;
    [FieldOffset(0x028)] public uint CurrentCount;
    [FieldOffset(0x02C)] public uint MaximumCount;
    [FieldOffset(0x030)] public LIST_ENTRY ThreadListHead;
}

[NtType("_KGATE"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct KGATE
{
    [FieldOffset(0x000)] public DISPATCHER_HEADER Header;
}

/// <summary>Ties a waiting thread to one object that it waits for.</summary>
[NtType("_KWAIT_BLOCK"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct KWAIT_BLOCK
{
    [FieldOffset(0x000)] public LIST_ENTRY WaitListEntry;
    [FieldOffset(0x010), NtPointer<KTHREAD>] public ulong Thread;
    [FieldOffset(0x018), NtPointer] public ulong Object;
    [FieldOffset(0x020), NtPointer<KWAIT_BLOCK>] public ulong NextWaitBlock;
    [FieldOffset(0x028)] public ushort WaitKey;
    [FieldOffset(0x02A)] public byte WaitType;
    [FieldOffset(0x02B)] public byte BlockState;
    [FieldOffset(0x02C)] public int SpareLong;
}

[NtType("_KWAIT_STATE")]
public enum KWAIT_STATE
{
    WaitInProgress = 0,
    WaitCommitted = 1,
    WaitAborted = 2,
    WaitSuspendInProgress = 3,
    WaitSuspended = 4,
    WaitResumeInProgress = 5,
    WaitResumeAborted = 6,
    WaitFirstSuspendState = 3,
    WaitLastSuspendState = 6,
}

[NtType("_KWAIT_BLOCK_STATE")]
public enum KWAIT_BLOCK_STATE
{
    WaitBlockBypassStart = 0,
    WaitBlockBypassComplete = 1,
    WaitBlockSuspendBypassStart = 2,
    WaitBlockSuspendBypassComplete = 3,
    WaitBlockActive = 4,
    WaitBlockInactive = 5,
    WaitBlockSuspended = 6,
    WaitBlockAllStates = 7,
}

[NtType("_KOBJECTS")]
public enum KOBJECTS
{
    EventNotificationObject = 0,
    EventSynchronizationObject = 1,
    MutantObject = 2,
    ProcessObject = 3,
    QueueObject = 4,
    SemaphoreObject = 5,
    ThreadObject = 6,
    GateObject = 7,
    TimerNotificationObject = 8,
    TimerSynchronizationObject = 9,
    Spare2Object = 10,
    Spare3Object = 11,
    Spare4Object = 12,
    Spare5Object = 13,
    Spare6Object = 14,
    Spare7Object = 15,
    Spare8Object = 16,
    ProfileCallbackObject = 17,
    ApcObject = 18,
    DpcObject = 19,
    DeviceQueueObject = 20,
    PriQueueObject = 21,
    InterruptObject = 22,
    ProfileObject = 23,
    Timer2NotificationObject = 24,
    Timer2SynchronizationObject = 25,
    ThreadedDpcObject = 26,
    MaximumKernelObject = 27,
}
