using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_POOL_TYPE")]
public enum POOL_TYPE
{
    NonPagedPool = 0,
    NonPagedPoolExecute = 0,
    PagedPool = 1,
    NonPagedPoolMustSucceed = 2,
    DontUseThisType = 3,
    NonPagedPoolCacheAligned = 4,
    PagedPoolCacheAligned = 5,
    NonPagedPoolCacheAlignedMustS = 6,
    MaxPoolType = 7,
    NonPagedPoolBase = 0,
    NonPagedPoolBaseMustSucceed = 2,
    NonPagedPoolBaseCacheAligned = 4,
    NonPagedPoolBaseCacheAlignedMustS = 6,
    NonPagedPoolSession = 32,
    PagedPoolSession = 33,
    NonPagedPoolMustSucceedSession = 34,
    DontUseThisTypeSession = 35,
    NonPagedPoolCacheAlignedSession = 36,
    PagedPoolCacheAlignedSession = 37,
    NonPagedPoolCacheAlignedMustSSession = 38,
    NonPagedPoolNx = 512,
    NonPagedPoolNxCacheAligned = 516,
    NonPagedPoolSessionNx = 544,
}

/// <summary>The classic header before each block of pool.</summary>
[NtType("_POOL_HEADER"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct POOL_HEADER
{
    [FieldOffset(0x000), NtBits("PreviousSize", 0, 8), NtBits("PoolIndex", 8, 8)] public ushort Bits0;
    [FieldOffset(0x002), NtBits("BlockSize", 0, 8), NtBits("PoolType", 8, 8)] public ushort Bits2;
    [FieldOffset(0x000)] public uint Ulong1;
    [FieldOffset(0x004)] public uint PoolTag;
    [FieldOffset(0x008), NtPointer<EPROCESS>] public ulong ProcessBilled;
    [FieldOffset(0x008)] public ushort AllocatorBackTraceIndex;
    [FieldOffset(0x00A)] public ushort PoolTagHash;
}

[NtType("_POOL_TRACKER_TABLE"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct POOL_TRACKER_TABLE
{
    [FieldOffset(0x000)] public int Key;
    [FieldOffset(0x004)] public uint NonPagedAllocs;
    [FieldOffset(0x008)] public uint NonPagedFrees;
    [FieldOffset(0x010)] public ulong NonPagedBytes;
    [FieldOffset(0x018)] public uint PagedAllocs;
    [FieldOffset(0x01C)] public uint PagedFrees;
    [FieldOffset(0x020)] public ulong PagedBytes;
}

[NtType("_POOL_TRACKER_BIG_PAGES"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct POOL_TRACKER_BIG_PAGES
{
    [FieldOffset(0x000)] public ulong Va;
    [FieldOffset(0x008)] public uint Key;
    [FieldOffset(0x00C)] public uint PoolType;
    [FieldOffset(0x010)] public ulong NumberOfBytes;
}

[NtType("_POOL_DESCRIPTOR"), StructLayout(LayoutKind.Explicit, Size = 0x1030)]
public partial struct POOL_DESCRIPTOR
{
    [FieldOffset(0x000)] public POOL_TYPE PoolType;
    [FieldOffset(0x004)] public uint PoolIndex;
    [FieldOffset(0x008)] public ulong Lock;
    [FieldOffset(0x010)] public uint RunningAllocs;
    [FieldOffset(0x014)] public uint RunningDeAllocs;
    [FieldOffset(0x018)] public uint TotalBigPages;
    [FieldOffset(0x01C)] public uint Threshold;
    [FieldOffset(0x020)] public ulong TotalPages;
    [FieldOffset(0x028)] public ulong BytesAllocated;
    [FieldOffset(0x030), NtArray(256)] public LIST_ENTRY ListHeads;
}
