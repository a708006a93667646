using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>The physical pages of a buffer; page numbers follow the structure.</summary>
[NtType("_MDL"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct MDL
{
    [FieldOffset(0x000), NtPointer<MDL>] public ulong Next;
    [FieldOffset(0x008)] public short Size;
    [FieldOffset(0x00A)] public MDL_FLAGS MdlFlags;
    [FieldOffset(0x010), NtPointer<EPROCESS>] public ulong Process;
    [FieldOffset(0x018), NtPointer] public ulong MappedSystemVa;
    [FieldOffset(0x020), NtPointer] public ulong StartVa;
    [FieldOffset(0x028)] public uint ByteCount;
    [FieldOffset(0x02C)] public uint ByteOffset;
}

[NtType("_LOCK_OPERATION")]
public enum LOCK_OPERATION
{
    IoReadAccess = 0,
    IoWriteAccess = 1,
    IoModifyAccess = 2,
}

[NtType("_MEMORY_CACHING_TYPE")]
public enum MEMORY_CACHING_TYPE
{
    MmNonCached = 0,
    MmCached = 1,
    MmWriteCombined = 2,
    MmHardwareCoherentCached = 3,
    MmNonCachedUnordered = 4,
    MmUSWCCached = 5,
    MmMaximumCacheType = 6,
    MmNotMapped = -1,
}

[NtType("_MM_PAGE_PRIORITY")]
public enum MM_PAGE_PRIORITY
{
    LowPagePriority = 0,
    NormalPagePriority = 16,
    HighPagePriority = 32,
}

[NtType("_MM_SYSTEM_SIZE")]
public enum MM_SYSTEM_SIZE
{
    MmSmallSystem = 0,
    MmMediumSystem = 1,
    MmLargeSystem = 2,
}

[NtType("_MEMORY_CACHING_TYPE_ORIG")]
public enum MEMORY_CACHING_TYPE_ORIG
{
    MmFrameBufferCached = 2,
}

[NtType("_PHYSICAL_MEMORY_RANGE"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct PHYSICAL_MEMORY_RANGE
{
    [FieldOffset(0x000)] public LARGE_INTEGER BaseAddress;
    [FieldOffset(0x008)] public LARGE_INTEGER NumberOfBytes;
}
