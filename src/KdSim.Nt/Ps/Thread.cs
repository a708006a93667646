using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A thread. Our own layout, public field names.</summary>
[NtType("_ETHREAD"), StructLayout(LayoutKind.Explicit, Size = 0x510)]
public partial struct ETHREAD
{
    [FieldOffset(0x000)] public KTHREAD Tcb;
    [FieldOffset(0x3B0)] public LARGE_INTEGER CreateTime;
    [FieldOffset(0x3B8)] public LARGE_INTEGER ExitTime;
    [FieldOffset(0x3B8)] public LIST_ENTRY KeyedWaitChain;
    [FieldOffset(0x3C8)] public LIST_ENTRY PostBlockList;
    [FieldOffset(0x3C8), NtPointer] public ulong ForwardLinkShadow;
    [FieldOffset(0x3D0), NtPointer] public ulong StartAddress;
    [FieldOffset(0x3D8), NtPointer] public ulong TerminationPort;
    [FieldOffset(0x3E0)] public ulong ActiveTimerListLock;
    [FieldOffset(0x3E8)] public LIST_ENTRY ActiveTimerListHead;
    [FieldOffset(0x3F8)] public CLIENT_ID Cid;
    [FieldOffset(0x408)] public KSEMAPHORE KeyedWaitSemaphore;
    [FieldOffset(0x428)] public ulong ClientSecurity;
    [FieldOffset(0x430)] public LIST_ENTRY IrpList;
    [FieldOffset(0x440)] public ulong TopLevelIrp;
    [FieldOffset(0x448), NtPointer<DEVICE_OBJECT>] public ulong DeviceToVerify;
    [FieldOffset(0x450), NtPointer] public ulong Win32StartAddress;
    [FieldOffset(0x458), NtPointer] public ulong LegacyPowerObject;
    [FieldOffset(0x460)] public LIST_ENTRY ThreadListEntry;
    [FieldOffset(0x470)] public EX_RUNDOWN_REF RundownProtect;
    [FieldOffset(0x478)] public EX_PUSH_LOCK ThreadLock;
    [FieldOffset(0x480)] public uint ReadClusterSize;
    [FieldOffset(0x484)] public int MmLockOrdering;
    [FieldOffset(0x488), NtVisible, NtBits("Terminated", 0, 1), NtBits("ThreadInserted", 1, 1), NtBits("HideFromDebugger", 2, 1)]
    [NtBits("ActiveImpersonationInfo", 3, 1), NtBits("HardErrorsAreDisabled", 4, 1), NtBits("BreakOnTermination", 5, 1)]
    [NtBits("SkipCreationMsg", 6, 1), NtBits("SkipTerminationMsg", 7, 1)]
    public uint CrossThreadFlags;
    [FieldOffset(0x48C)] public uint SameThreadPassiveFlags;
    [FieldOffset(0x490)] public uint SameThreadApcFlags;
    [FieldOffset(0x494)] public byte CacheManagerActive;
    [FieldOffset(0x495)] public byte DisablePageFaultClustering;
    [FieldOffset(0x496)] public byte ActiveFaultCount;
    [FieldOffset(0x497)] public byte LockOrderState;
    [FieldOffset(0x498)] public ulong AlpcMessageId;
    [FieldOffset(0x4A0)] public uint CacheManagerCount;
    [FieldOffset(0x4A4)] public uint IoBoostCount;
    [FieldOffset(0x4A8)] public ulong IrpListLock;
    [FieldOffset(0x4B0), NtPointer] public ulong ReservedForSynchTracking;
    [FieldOffset(0x4B8)] public SINGLE_LIST_ENTRY CmCallbackListHead;
    [FieldOffset(0x4C0)] public Ptr<UNICODE_STRING> ThreadName;
    [FieldOffset(0x4C8)] public NtStatus ExitStatus;
    [FieldOffset(0x4CC)] public uint Spare0;
    [FieldOffset(0x4D0), NtArray(8)] public ulong Spare;
}
