using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("LIST_ENTRY64"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct LIST_ENTRY64
{
    [FieldOffset(0x000)] public ulong Flink;
    [FieldOffset(0x008)] public ulong Blink;
}

[NtType("_DBGKD_DEBUG_DATA_HEADER64"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct DBGKD_DEBUG_DATA_HEADER64
{
    [FieldOffset(0x000)] public LIST_ENTRY64 List;
    [FieldOffset(0x010)] public uint OwnerTag;
    [FieldOffset(0x014)] public uint Size;
}

/// <summary>Addresses of kernel variables for a debugger.</summary>
[NtType("_KDDEBUGGER_DATA64"), StructLayout(LayoutKind.Explicit, Size = 0x340)]
public partial struct KDDEBUGGER_DATA64
{
    [FieldOffset(0x000)] public DBGKD_DEBUG_DATA_HEADER64 Header;
    [FieldOffset(0x018)] public ulong KernBase;
    [FieldOffset(0x020)] public ulong BreakpointWithStatus;
    [FieldOffset(0x028)] public ulong SavedContext;
    [FieldOffset(0x030)] public ushort ThCallbackStack;
    [FieldOffset(0x032)] public ushort NextCallback;
    [FieldOffset(0x034)] public ushort FramePointer;
    [FieldOffset(0x036), NtBits("PaeEnabled", 0, 1)] public ushort Bits;
    [FieldOffset(0x038)] public ulong KiCallUserMode;
    [FieldOffset(0x040)] public ulong KeUserCallbackDispatcher;
    [FieldOffset(0x048)] public ulong PsLoadedModuleList;
    [FieldOffset(0x050)] public ulong PsActiveProcessHead;
    [FieldOffset(0x058)] public ulong PspCidTable;
    [FieldOffset(0x060)] public ulong ExpSystemResourcesList;
    [FieldOffset(0x068)] public ulong ExpPagedPoolDescriptor;
    [FieldOffset(0x070)] public ulong ExpNumberOfPagedPools;
    [FieldOffset(0x078)] public ulong KeTimeIncrement;
    [FieldOffset(0x080)] public ulong KeBugCheckCallbackListHead;
    [FieldOffset(0x088)] public ulong KiBugcheckData;
    [FieldOffset(0x090)] public ulong IopErrorLogListHead;
    [FieldOffset(0x098)] public ulong ObpRootDirectoryObject;
    [FieldOffset(0x0A0)] public ulong ObpTypeObjectType;
    [FieldOffset(0x0A8)] public ulong MmSystemCacheStart;
    [FieldOffset(0x0B0)] public ulong MmSystemCacheEnd;
    [FieldOffset(0x0B8)] public ulong MmSystemCacheWs;
    [FieldOffset(0x0C0)] public ulong MmPfnDatabase;
    [FieldOffset(0x0C8)] public ulong MmSystemPtesStart;
    [FieldOffset(0x0D0)] public ulong MmSystemPtesEnd;
    [FieldOffset(0x0D8)] public ulong MmSubsectionBase;
    [FieldOffset(0x0E0)] public ulong MmNumberOfPagingFiles;
    [FieldOffset(0x0E8)] public ulong MmLowestPhysicalPage;
    [FieldOffset(0x0F0)] public ulong MmHighestPhysicalPage;
    [FieldOffset(0x0F8)] public ulong MmNumberOfPhysicalPages;
    [FieldOffset(0x100)] public ulong MmMaximumNonPagedPoolInBytes;
    [FieldOffset(0x108)] public ulong MmNonPagedSystemStart;
    [FieldOffset(0x110)] public ulong MmNonPagedPoolStart;
    [FieldOffset(0x118)] public ulong MmNonPagedPoolEnd;
    [FieldOffset(0x120)] public ulong MmPagedPoolStart;
    [FieldOffset(0x128)] public ulong MmPagedPoolEnd;
    [FieldOffset(0x130)] public ulong MmPagedPoolInformation;
    [FieldOffset(0x138)] public ulong MmPageSize;
    [FieldOffset(0x140)] public ulong MmSizeOfPagedPoolInBytes;
    [FieldOffset(0x148)] public ulong MmTotalCommitLimit;
    [FieldOffset(0x150)] public ulong MmTotalCommittedPages;
    [FieldOffset(0x158)] public ulong MmSharedCommit;
    [FieldOffset(0x160)] public ulong MmDriverCommit;
    [FieldOffset(0x168)] public ulong MmProcessCommit;
    [FieldOffset(0x170)] public ulong MmPagedPoolCommit;
    [FieldOffset(0x178)] public ulong MmExtendedCommit;
    [FieldOffset(0x180)] public ulong MmZeroedPageListHead;
    [FieldOffset(0x188)] public ulong MmFreePageListHead;
    [FieldOffset(0x190)] public ulong MmStandbyPageListHead;
    [FieldOffset(0x198)] public ulong MmModifiedPageListHead;
    [FieldOffset(0x1A0)] public ulong MmModifiedNoWritePageListHead;
    [FieldOffset(0x1A8)] public ulong MmAvailablePages;
    [FieldOffset(0x1B0)] public ulong MmResidentAvailablePages;
    [FieldOffset(0x1B8)] public ulong PoolTrackTable;
    [FieldOffset(0x1C0)] public ulong NonPagedPoolDescriptor;
    [FieldOffset(0x1C8)] public ulong MmHighestUserAddress;
    [FieldOffset(0x1D0)] public ulong MmSystemRangeStart;
    [FieldOffset(0x1D8)] public ulong MmUserProbeAddress;
    [FieldOffset(0x1E0)] public ulong KdPrintCircularBuffer;
    [FieldOffset(0x1E8)] public ulong KdPrintCircularBufferEnd;
    [FieldOffset(0x1F0)] public ulong KdPrintWritePointer;
    [FieldOffset(0x1F8)] public ulong KdPrintRolloverCount;
    [FieldOffset(0x200)] public ulong MmLoadedUserImageList;
    [FieldOffset(0x208)] public ulong NtBuildLab;
    [FieldOffset(0x210)] public ulong KiNormalSystemCall;
    [FieldOffset(0x218)] public ulong KiProcessorBlock;
    [FieldOffset(0x220)] public ulong MmUnloadedDrivers;
    [FieldOffset(0x228)] public ulong MmLastUnloadedDriver;
    [FieldOffset(0x230)] public ulong MmTriageActionTaken;
    [FieldOffset(0x238)] public ulong MmSpecialPoolTag;
    [FieldOffset(0x240)] public ulong KernelVerifier;
    [FieldOffset(0x248)] public ulong MmVerifierData;
    [FieldOffset(0x250)] public ulong MmAllocatedNonPagedPool;
    [FieldOffset(0x258)] public ulong MmPeakCommitment;
    [FieldOffset(0x260)] public ulong MmTotalCommitLimitMaximum;
    [FieldOffset(0x268)] public ulong CmNtCSDVersion;
    [FieldOffset(0x270)] public ulong MmPhysicalMemoryBlock;
    [FieldOffset(0x278)] public ulong MmSessionBase;
    [FieldOffset(0x280)] public ulong MmSessionSize;
    [FieldOffset(0x288)] public ulong MmSystemParentTablePage;
    [FieldOffset(0x290)] public ulong MmVirtualTranslationBase;
    [FieldOffset(0x298)] public ushort OffsetKThreadNextProcessor;
    [FieldOffset(0x29A)] public ushort OffsetKThreadTeb;
    [FieldOffset(0x29C)] public ushort OffsetKThreadKernelStack;
    [FieldOffset(0x29E)] public ushort OffsetKThreadInitialStack;
    [FieldOffset(0x2A0)] public ushort OffsetKThreadApcProcess;
    [FieldOffset(0x2A2)] public ushort OffsetKThreadState;
    [FieldOffset(0x2A4)] public ushort OffsetKThreadBStore;
    [FieldOffset(0x2A6)] public ushort OffsetKThreadBStoreLimit;
    [FieldOffset(0x2A8)] public ushort SizeEProcess;
    [FieldOffset(0x2AA)] public ushort OffsetEprocessPeb;
    [FieldOffset(0x2AC)] public ushort OffsetEprocessParentCID;
    [FieldOffset(0x2AE)] public ushort OffsetEprocessDirectoryTableBase;
    [FieldOffset(0x2B0)] public ushort SizePrcb;
    [FieldOffset(0x2B2)] public ushort OffsetPrcbDpcRoutine;
    [FieldOffset(0x2B4)] public ushort OffsetPrcbCurrentThread;
    [FieldOffset(0x2B6)] public ushort OffsetPrcbMhz;
    [FieldOffset(0x2B8)] public ushort OffsetPrcbCpuType;
    [FieldOffset(0x2BA)] public ushort OffsetPrcbVendorString;
    [FieldOffset(0x2BC)] public ushort OffsetPrcbProcStateContext;
    [FieldOffset(0x2BE)] public ushort OffsetPrcbNumber;
    [FieldOffset(0x2C0)] public ushort SizeEThread;
    [FieldOffset(0x2C8)] public ulong KdPrintCircularBufferPtr;
    [FieldOffset(0x2D0)] public ulong KdPrintBufferSize;
    [FieldOffset(0x2D8)] public ulong KeLoaderBlock;
    [FieldOffset(0x2E0)] public ushort SizePcr;
    [FieldOffset(0x2E2)] public ushort OffsetPcrSelfPcr;
    [FieldOffset(0x2E4)] public ushort OffsetPcrCurrentPrcb;
    [FieldOffset(0x2E6)] public ushort OffsetPcrContainedPrcb;
    [FieldOffset(0x2E8)] public ushort OffsetPcrInitialBStore;
    [FieldOffset(0x2EA)] public ushort OffsetPcrBStoreLimit;
    [FieldOffset(0x2EC)] public ushort OffsetPcrInitialStack;
    [FieldOffset(0x2EE)] public ushort OffsetPcrStackLimit;
    [FieldOffset(0x2F0)] public ushort OffsetPrcbPcrPage;
    [FieldOffset(0x2F2)] public ushort OffsetPrcbProcStateSpecialReg;
    [FieldOffset(0x2F4)] public ushort GdtR0Code;
    [FieldOffset(0x2F6)] public ushort GdtR0Data;
    [FieldOffset(0x2F8)] public ushort GdtR0Pcr;
    [FieldOffset(0x2FA)] public ushort GdtR3Code;
    [FieldOffset(0x2FC)] public ushort GdtR3Data;
    [FieldOffset(0x2FE)] public ushort GdtR3Teb;
    [FieldOffset(0x300)] public ushort GdtLdt;
    [FieldOffset(0x302)] public ushort GdtTss;
    [FieldOffset(0x304)] public ushort Gdt64R3CmCode;
    [FieldOffset(0x306)] public ushort Gdt64R3CmTeb;
    [FieldOffset(0x308)] public ulong IopNumTriageDumpDataBlocks;
    [FieldOffset(0x310)] public ulong IopTriageDumpDataBlocks;
    [FieldOffset(0x318)] public ulong VfCrashDataBlock;
    [FieldOffset(0x320)] public ulong MmBadPagesDetected;
    [FieldOffset(0x328)] public ulong MmZeroedPageSingleBitErrorsDetected;
    [FieldOffset(0x330)] public ulong EtwpDebuggerData;
    [FieldOffset(0x338)] public ushort OffsetPrcbContext;
}

[NtType("_DBGKD_GET_VERSION64"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct DBGKD_GET_VERSION64
{
    [FieldOffset(0x000)] public ushort MajorVersion;
    [FieldOffset(0x002)] public ushort MinorVersion;
    [FieldOffset(0x004)] public byte ProtocolVersion;
    [FieldOffset(0x005)] public byte KdSecondaryVersion;
    [FieldOffset(0x006)] public ushort Flags;
    [FieldOffset(0x008)] public ushort MachineType;
    [FieldOffset(0x00A)] public byte MaxPacketType;
    [FieldOffset(0x00B)] public byte MaxStateChange;
    [FieldOffset(0x00C)] public byte MaxManipulate;
    [FieldOffset(0x00D)] public byte Simulation;
    [FieldOffset(0x00E), NtArray(1)] public ushort Unused;
    [FieldOffset(0x010)] public ulong KernBase;
    [FieldOffset(0x018)] public ulong PsLoadedModuleList;
    [FieldOffset(0x020)] public ulong DebuggerDataList;
}
