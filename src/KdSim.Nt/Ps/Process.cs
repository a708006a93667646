using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A process. Our own layout, public field names.</summary>
[NtType("_EPROCESS"), StructLayout(LayoutKind.Explicit, Size = 0x308)]
public partial struct EPROCESS
{
    [FieldOffset(0x000)] public KPROCESS Pcb;
    [FieldOffset(0x0D8)] public EX_PUSH_LOCK ProcessLock;
    [FieldOffset(0x0E0), NtPointer] public ulong UniqueProcessId;
    [FieldOffset(0x0E8)] public LIST_ENTRY ActiveProcessLinks;
    [FieldOffset(0x0F8)] public EX_RUNDOWN_REF RundownProtect;
    [FieldOffset(0x100), NtVisible, NtBits("JobNotReallyActive", 0, 1), NtBits("AccountingFolded", 1, 1)]
    [NtBits("NewProcessReported", 2, 1), NtBits("ExitProcessReported", 3, 1)]
    public uint Flags2;
    [FieldOffset(0x104), NtVisible, NtBits("CreateReported", 0, 1), NtBits("NoDebugInherit", 1, 1), NtBits("ProcessExiting", 2, 1)]
    [NtBits("ProcessDelete", 3, 1), NtBits("ManageExecutableMemoryWrites", 4, 1), NtBits("VmDeleted", 5, 1)]
    [NtBits("OutswapEnabled", 6, 1), NtBits("Outswapped", 7, 1), NtBits("FailFastOnCommitFail", 8, 1)]
    [NtBits("Wow64VaSpace4Gb", 9, 1), NtBits("AddressSpaceInitialized", 10, 2), NtBits("SetTimerResolution", 12, 1)]
    [NtBits("BreakOnTermination", 13, 1)]
    public uint Flags;
    [FieldOffset(0x108)] public LARGE_INTEGER CreateTime;
    [FieldOffset(0x110), NtArray(2)] public ulong ProcessQuotaUsage;
    [FieldOffset(0x120), NtArray(2)] public ulong ProcessQuotaPeak;
    [FieldOffset(0x130)] public ulong PeakVirtualSize;
    [FieldOffset(0x138)] public ulong VirtualSize;
    [FieldOffset(0x140)] public LIST_ENTRY SessionProcessLinks;
    [FieldOffset(0x150), NtPointer] public ulong ExceptionPortData;
    [FieldOffset(0x158)] public EX_FAST_REF Token;
    [FieldOffset(0x160)] public ulong MmReserved;
    [FieldOffset(0x168)] public EX_PUSH_LOCK AddressCreationLock;
    [FieldOffset(0x170), NtPointer] public ulong Job;
    [FieldOffset(0x178), NtPointer] public ulong SectionObject;
    [FieldOffset(0x180), NtPointer] public ulong SectionBaseAddress;
    [FieldOffset(0x188), NtPointer] public ulong Cookie;
    [FieldOffset(0x190), NtPointer] public ulong Win32Process;
    [FieldOffset(0x198), NtPointer] public ulong Win32WindowStation;
    [FieldOffset(0x1A0), NtPointer] public ulong InheritedFromUniqueProcessId;
    [FieldOffset(0x1A8)] public ulong OwnerProcessId;
    [FieldOffset(0x1B0), NtPointer<PEB>] public ulong Peb;
    [FieldOffset(0x1B8), NtPointer] public ulong Session;
    [FieldOffset(0x1C0), NtPointer] public ulong QuotaBlock;
    [FieldOffset(0x1C8), NtPointer<HANDLE_TABLE>] public ulong ObjectTable;
    [FieldOffset(0x1D0), NtPointer] public ulong DebugPort;
    [FieldOffset(0x1D8), NtPointer] public ulong WoW64Process;
    [FieldOffset(0x1E0), NtPointer] public ulong DeviceMap;
    [FieldOffset(0x1E8)] public ulong PageDirectoryPte;
    [FieldOffset(0x1F0), NtPointer<FILE_OBJECT>] public ulong ImageFilePointer;
    [FieldOffset(0x1F8), NtArray(15)] public byte ImageFileName;
    [FieldOffset(0x207)] public byte PriorityClass;
    [FieldOffset(0x208), NtPointer] public ulong SecurityPort;
    [FieldOffset(0x210), NtPointer] public ulong SeAuditProcessCreationInfo;
    [FieldOffset(0x218)] public LIST_ENTRY JobLinks;
    [FieldOffset(0x228), NtPointer] public ulong HighestUserAddress;
    [FieldOffset(0x230)] public LIST_ENTRY ThreadListHead;
    [FieldOffset(0x240)] public uint ActiveThreads;
    [FieldOffset(0x244)] public uint ImagePathHash;
    [FieldOffset(0x248)] public uint DefaultHardErrorProcessing;
    [FieldOffset(0x24C)] public int LastThreadExitStatus;
    [FieldOffset(0x250)] public LARGE_INTEGER ReadOperationCount;
    [FieldOffset(0x258)] public LARGE_INTEGER WriteOperationCount;
    [FieldOffset(0x260)] public LARGE_INTEGER OtherOperationCount;
    [FieldOffset(0x268)] public LARGE_INTEGER ReadTransferCount;
    [FieldOffset(0x270)] public LARGE_INTEGER WriteTransferCount;
    [FieldOffset(0x278)] public LARGE_INTEGER OtherTransferCount;
    [FieldOffset(0x280)] public ulong CommitCharge;
    [FieldOffset(0x288)] public LIST_ENTRY MmProcessLinks;
    [FieldOffset(0x298)] public uint ModifiedPageCount;
    [FieldOffset(0x29C)] public NtStatus ExitStatus;
    [FieldOffset(0x2A0), NtPointer] public ulong VadRoot;
    [FieldOffset(0x2A8), NtPointer] public ulong VadHint;
    [FieldOffset(0x2B0)] public ulong VadCount;
    [FieldOffset(0x2B8)] public LARGE_INTEGER ExitTime;
    [FieldOffset(0x2C0)] public uint Spare1;
    [FieldOffset(0x2C4)] public uint Spare0;
    [FieldOffset(0x2C8)] public ulong NumberOfLockedPages;
    [FieldOffset(0x2D0), NtArray(7)] public ulong Spare;
}
