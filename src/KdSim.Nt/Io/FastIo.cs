using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_FAST_IO_DISPATCH"), StructLayout(LayoutKind.Explicit, Size = 0xE0)]
public partial struct FAST_IO_DISPATCH
{
    [FieldOffset(0x000)] public uint SizeOfFastIoDispatch;
    [FieldOffset(0x008), NtFunction] public ulong FastIoCheckIfPossible;
    [FieldOffset(0x010), NtFunction] public ulong FastIoRead;
    [FieldOffset(0x018), NtFunction] public ulong FastIoWrite;
    [FieldOffset(0x020), NtFunction] public ulong FastIoQueryBasicInfo;
    [FieldOffset(0x028), NtFunction] public ulong FastIoQueryStandardInfo;
    [FieldOffset(0x030), NtFunction] public ulong FastIoLock;
    [FieldOffset(0x038), NtFunction] public ulong FastIoUnlockSingle;
    [FieldOffset(0x040), NtFunction] public ulong FastIoUnlockAll;
    [FieldOffset(0x048), NtFunction] public ulong FastIoUnlockAllByKey;
    [FieldOffset(0x050), NtFunction] public ulong FastIoDeviceControl;
    [FieldOffset(0x058), NtFunction] public ulong AcquireFileForNtCreateSection;
    [FieldOffset(0x060), NtFunction] public ulong ReleaseFileForNtCreateSection;
    [FieldOffset(0x068), NtFunction] public ulong FastIoDetachDevice;
    [FieldOffset(0x070), NtFunction] public ulong FastIoQueryNetworkOpenInfo;
    [FieldOffset(0x078), NtFunction] public ulong AcquireForModWrite;
    [FieldOffset(0x080), NtFunction] public ulong MdlRead;
    [FieldOffset(0x088), NtFunction] public ulong MdlReadComplete;
    [FieldOffset(0x090), NtFunction] public ulong PrepareMdlWrite;
    [FieldOffset(0x098), NtFunction] public ulong MdlWriteComplete;
    [FieldOffset(0x0A0), NtFunction] public ulong FastIoReadCompressed;
    [FieldOffset(0x0A8), NtFunction] public ulong FastIoWriteCompressed;
    [FieldOffset(0x0B0), NtFunction] public ulong MdlReadCompleteCompressed;
    [FieldOffset(0x0B8), NtFunction] public ulong MdlWriteCompleteCompressed;
    [FieldOffset(0x0C0), NtFunction] public ulong FastIoQueryOpen;
    [FieldOffset(0x0C8), NtFunction] public ulong ReleaseForModWrite;
    [FieldOffset(0x0D0), NtFunction] public ulong AcquireForCcFlush;
    [FieldOffset(0x0D8), NtFunction] public ulong ReleaseForCcFlush;
}

[NtType("_FS_FILTER_CALLBACKS"), StructLayout(LayoutKind.Explicit, Size = 0x68)]
public partial struct FS_FILTER_CALLBACKS
{
    [FieldOffset(0x000)] public uint SizeOfFsFilterCallbacks;
    [FieldOffset(0x004)] public uint Reserved;
    [FieldOffset(0x008), NtFunction] public ulong PreAcquireForSectionSynchronization;
    [FieldOffset(0x010), NtFunction] public ulong PostAcquireForSectionSynchronization;
    [FieldOffset(0x018), NtFunction] public ulong PreReleaseForSectionSynchronization;
    [FieldOffset(0x020), NtFunction] public ulong PostReleaseForSectionSynchronization;
    [FieldOffset(0x028), NtFunction] public ulong PreAcquireForCcFlush;
    [FieldOffset(0x030), NtFunction] public ulong PostAcquireForCcFlush;
    [FieldOffset(0x038), NtFunction] public ulong PreReleaseForCcFlush;
    [FieldOffset(0x040), NtFunction] public ulong PostReleaseForCcFlush;
    [FieldOffset(0x048), NtFunction] public ulong PreAcquireForModifiedPageWriter;
    [FieldOffset(0x050), NtFunction] public ulong PostAcquireForModifiedPageWriter;
    [FieldOffset(0x058), NtFunction] public ulong PreReleaseForModifiedPageWriter;
    [FieldOffset(0x060), NtFunction] public ulong PostReleaseForModifiedPageWriter;
}
