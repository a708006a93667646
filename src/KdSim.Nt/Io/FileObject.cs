using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>An open instance of a file or device.</summary>
[NtType("_FILE_OBJECT"), StructLayout(LayoutKind.Explicit, Size = 0xD8)]
public partial struct FILE_OBJECT
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public short Size;
    [FieldOffset(0x008), NtPointer<DEVICE_OBJECT>] public ulong DeviceObject;
    [FieldOffset(0x010), NtPointer<VPB>] public ulong Vpb;
    [FieldOffset(0x018), NtPointer] public ulong FsContext;
    [FieldOffset(0x020), NtPointer] public ulong FsContext2;
    [FieldOffset(0x028), NtPointer<SECTION_OBJECT_POINTERS>] public ulong SectionObjectPointer;
    [FieldOffset(0x030), NtPointer] public ulong PrivateCacheMap;
    [FieldOffset(0x038)] public NtStatus FinalStatus;
    [FieldOffset(0x040), NtPointer<FILE_OBJECT>] public ulong RelatedFileObject;
    [FieldOffset(0x048)] public bool LockOperation;
    [FieldOffset(0x049)] public bool DeletePending;
    [FieldOffset(0x04A)] public bool ReadAccess;
    [FieldOffset(0x04B)] public bool WriteAccess;
    [FieldOffset(0x04C)] public bool DeleteAccess;
    [FieldOffset(0x04D)] public bool SharedRead;
    [FieldOffset(0x04E)] public bool SharedWrite;
    [FieldOffset(0x04F)] public bool SharedDelete;
    [FieldOffset(0x050)] public FO Flags;
    [FieldOffset(0x058)] public UNICODE_STRING FileName;
    [FieldOffset(0x068)] public LARGE_INTEGER CurrentByteOffset;
    [FieldOffset(0x070)] public uint Waiters;
    [FieldOffset(0x074)] public uint Busy;
    [FieldOffset(0x078), NtPointer] public ulong LastLock;
    [FieldOffset(0x080)] public KEVENT Lock;
    [FieldOffset(0x098)] public KEVENT Event;
    [FieldOffset(0x0B0), NtPointer<IO_COMPLETION_CONTEXT>] public ulong CompletionContext;
    [FieldOffset(0x0B8)] public ulong IrpListLock;
    [FieldOffset(0x0C0)] public LIST_ENTRY IrpList;
    [FieldOffset(0x0D0), NtPointer] public ulong FileObjectExtension;
}

/// <summary>A volume parameter block: ties a file system to a volume.</summary>
[NtType("_VPB"), StructLayout(LayoutKind.Explicit, Size = 0x60)]
public partial struct VPB
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public short Size;
    [FieldOffset(0x004)] public VPB_FLAGS Flags;
    [FieldOffset(0x006)] public ushort VolumeLabelLength;
    [FieldOffset(0x008), NtPointer<DEVICE_OBJECT>] public ulong DeviceObject;
    [FieldOffset(0x010), NtPointer<DEVICE_OBJECT>] public ulong RealDevice;
    [FieldOffset(0x018)] public uint SerialNumber;
    [FieldOffset(0x01C)] public uint ReferenceCount;
    [FieldOffset(0x020), NtArray(32)] public char VolumeLabel;
}

[NtType("_SECTION_OBJECT_POINTERS"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct SECTION_OBJECT_POINTERS
{
    [FieldOffset(0x000), NtPointer] public ulong DataSectionObject;
    [FieldOffset(0x008), NtPointer] public ulong SharedCacheMap;
    [FieldOffset(0x010), NtPointer] public ulong ImageSectionObject;
}

[NtType("_IO_COMPLETION_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_COMPLETION_CONTEXT
{
    [FieldOffset(0x000), NtPointer] public ulong Port;
    [FieldOffset(0x008), NtPointer] public ulong Key;
}
