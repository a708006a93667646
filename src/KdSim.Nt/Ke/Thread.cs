using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>The kernel part of a thread. Our own layout, public field names.</summary>
[NtType("_KTHREAD"), StructLayout(LayoutKind.Explicit, Size = 0x3B0)]
public partial struct KTHREAD
{
    [FieldOffset(0x000)] public DISPATCHER_HEADER Header;
    [FieldOffset(0x018), NtPointer] public ulong SListFaultAddress;
    [FieldOffset(0x020)] public ulong QuantumTarget;
    [FieldOffset(0x028), NtPointer] public ulong InitialStack;
    [FieldOffset(0x030), NtPointer] public ulong StackLimit;
    [FieldOffset(0x038), NtPointer] public ulong StackBase;
    [FieldOffset(0x040)] public ulong ThreadLock;
    [FieldOffset(0x048)] public ulong CycleTime;
    [FieldOffset(0x050)] public uint CurrentRunTime;
    [FieldOffset(0x054)] public uint ExpectedRunTime;
    [FieldOffset(0x058), NtPointer] public ulong KernelStack;
    [FieldOffset(0x060), NtPointer] public ulong StateSaveArea;
    [FieldOffset(0x068), NtPointer] public ulong SchedulingGroup;
    [FieldOffset(0x070)] public byte WaitRegister;
    [FieldOffset(0x071)] public bool Running;
    [FieldOffset(0x072), NtArray(2)] public byte Alerted;
    [FieldOffset(0x074), NtVisible, NtBits("AutoBoostActive", 0, 1), NtBits("ReadyTransition", 1, 1), NtBits("WaitNext", 2, 1)]
    [NtBits("SystemAffinityActive", 3, 1), NtBits("Alertable", 4, 1), NtBits("UserStackWalkActive", 5, 1)]
    [NtBits("ApcInterruptRequest", 6, 1), NtBits("QuantumEndMigrate", 7, 1), NtBits("UmsDirectedSwitchEnable", 8, 1)]
    [NtBits("TimerActive", 9, 1), NtBits("SystemThread", 10, 1), NtBits("ProcessDetachActive", 11, 1)]
    [NtBits("CalloutActive", 12, 1), NtBits("ScbReadyQueue", 13, 1), NtBits("ApcQueueable", 14, 1)]
    [NtBits("ReservedStackInUse", 15, 1), NtBits("UmsPerformingSyscall", 16, 1), NtBits("TimerSuspended", 17, 1)]
    [NtBits("SuspendedWaitMode", 18, 1), NtBits("SuspendSchedulerApcWait", 19, 1), NtBits("Reserved", 20, 12)]
    public int MiscFlags;
    [FieldOffset(0x078), NtVisible, NtBits("AutoAlignment", 0, 1), NtBits("DisableBoost", 1, 1), NtBits("UserAffinitySet", 2, 1)]
    [NtBits("AlertedByThreadId", 3, 1), NtBits("QuantumDonation", 4, 1), NtBits("EnableStackSwap", 5, 1)]
    [NtBits("GuiThread", 6, 1), NtBits("DisableQuantum", 7, 1), NtBits("ChargeOnlySchedulingGroup", 8, 1)]
    [NtBits("DeferPreemption", 9, 1), NtBits("QueueDeferPreemption", 10, 1), NtBits("ForceDeferSchedule", 11, 1)]
    [NtBits("SharedReadyQueueAffinity", 12, 1), NtBits("FreezeCount", 13, 1), NtBits("TerminationApcRequest", 14, 1)]
    [NtBits("AutoBoostEntriesExhausted", 15, 1), NtBits("KernelStackResident", 16, 1), NtBits("TerminateRequestReason", 17, 2)]
    [NtBits("ProcessStackCountDecremented", 19, 1), NtBits("RestrictedGuiThread", 20, 1), NtBits("VpBackingThread", 21, 1)]
    [NtBits("ThreadFlagsSpare", 22, 2), NtBits("EtwStackTraceApcInserted", 24, 8)]
    public int ThreadFlags;
    [FieldOffset(0x07C)] public byte Tag;
    [FieldOffset(0x07D)] public byte SystemHeteroCpuPolicy;
    [FieldOffset(0x07E)] public byte UserHeteroCpuPolicy;
    [FieldOffset(0x07F)] public byte ExplicitSystemHeteroCpuPolicy;
    [FieldOffset(0x080)] public uint SystemCallNumber;
    [FieldOffset(0x084)] public uint ReadyTime;
    [FieldOffset(0x088), NtPointer] public ulong FirstArgument;
    [FieldOffset(0x090), NtPointer<KTRAP_FRAME>] public ulong TrapFrame;
    [FieldOffset(0x098)] public KAPC_STATE ApcState;
    [FieldOffset(0x0C8)] public sbyte Priority;
    [FieldOffset(0x0C9), NtArray(3)] public byte ApcStatePad;
    [FieldOffset(0x0CC)] public uint UserIdealProcessor;
    [FieldOffset(0x0D0)] public long WaitStatus;
    [FieldOffset(0x0D8), NtPointer<KWAIT_BLOCK>] public ulong WaitBlockList;
    [FieldOffset(0x0E0)] public LIST_ENTRY WaitListEntry;
    [FieldOffset(0x0E0)] public SINGLE_LIST_ENTRY SwapListEntry;
    [FieldOffset(0x0F0), NtPointer<DISPATCHER_HEADER>] public ulong Queue;
    [FieldOffset(0x0F8), NtPointer] public ulong Teb;
    [FieldOffset(0x100)] public ulong RelativeTimerBias;
    [FieldOffset(0x108)] public KTIMER Timer;
    [FieldOffset(0x148), NtArray(4)] public KWAIT_BLOCK WaitBlock;
    [FieldOffset(0x208)] public ulong WaitBlockFill;
    [FieldOffset(0x210)] public uint ContextSwitches;
    [FieldOffset(0x214)] public byte State;
    [FieldOffset(0x215)] public sbyte Spare13;
    [FieldOffset(0x216)] public byte WaitIrql;
    [FieldOffset(0x217)] public sbyte WaitMode;
    [FieldOffset(0x218)] public uint WaitTime;
    [FieldOffset(0x21C)] public short KernelApcDisable;
    [FieldOffset(0x21E)] public short SpecialApcDisable;
    [FieldOffset(0x21C)] public uint CombinedApcDisable;
    [FieldOffset(0x220)] public LIST_ENTRY QueueListEntry;
    [FieldOffset(0x230)] public uint NextProcessor;
    [FieldOffset(0x234)] public uint DeferredProcessor;
    [FieldOffset(0x238), NtPointer<KPROCESS>] public ulong Process;
    [FieldOffset(0x240)] public ulong Affinity;
    [FieldOffset(0x248)] public uint IdealProcessor;
    [FieldOffset(0x24C)] public sbyte BasePriority;
    [FieldOffset(0x24D), NtVisible, NtBits("ForegroundBoost", 0, 4), NtBits("UnusualBoost", 4, 4)] public sbyte PriorityDecrement;
    [FieldOffset(0x24E)] public bool Preempted;
    [FieldOffset(0x24F)] public byte AdjustReason;
    [FieldOffset(0x250)] public sbyte AdjustIncrement;
    [FieldOffset(0x251)] public byte ApcStateIndex;
    [FieldOffset(0x252)] public sbyte PreviousMode;
    [FieldOffset(0x253)] public sbyte Saturation;
    [FieldOffset(0x254)] public uint AffinityVersion;
    [FieldOffset(0x258)] public KAPC_STATE SavedApcState;
    [FieldOffset(0x288)] public byte WaitReason;
    [FieldOffset(0x289)] public sbyte SuspendCount;
    [FieldOffset(0x28A)] public sbyte SaturationCount;
    [FieldOffset(0x28B)] public byte CallbackDepth;
    [FieldOffset(0x28C)] public uint KernelTime;
    [FieldOffset(0x290)] public uint UserTime;
    [FieldOffset(0x298)] public KAPC SuspendApc;
    [FieldOffset(0x2F0)] public KSEMAPHORE SuspendEvent;
    [FieldOffset(0x310)] public LIST_ENTRY ThreadListEntry;
    [FieldOffset(0x320)] public LIST_ENTRY MutantListHead;
    [FieldOffset(0x330)] public ulong AbEntrySummary;
    [FieldOffset(0x338), NtPointer<KQUEUE>] public ulong QueueObject;
    [FieldOffset(0x340), NtPointer] public ulong Win32Thread;
    [FieldOffset(0x348)] public ulong ReadOperationCount;
    [FieldOffset(0x350)] public ulong WriteOperationCount;
    [FieldOffset(0x358)] public ulong OtherOperationCount;
    [FieldOffset(0x360), NtPointer] public ulong KernelStackLimitExpanded;
    [FieldOffset(0x368), NtPointer] public ulong CallbackStack;
    [FieldOffset(0x370)] public ulong WaitDueTime;
    [FieldOffset(0x378), NtArray(7)] public ulong Spare;
}
