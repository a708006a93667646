using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>Stands before the body of every object.</summary>
[NtType("_OBJECT_HEADER"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct OBJECT_HEADER
{
    [FieldOffset(0x000)] public long PointerCount;
    [FieldOffset(0x008)] public long HandleCount;
    [FieldOffset(0x008), NtPointer] public ulong NextToFree;
    [FieldOffset(0x010)] public EX_PUSH_LOCK Lock;
    [FieldOffset(0x018)] public byte TypeIndex;
    [FieldOffset(0x019), NtVisible, NtBits("DbgRefTrace", 0, 1), NtBits("DbgTracePermanent", 1, 1)] public byte TraceFlags;
    [FieldOffset(0x01A)] public byte InfoMask;
    [FieldOffset(0x01B), NtVisible, NtBits("NewObject", 0, 1), NtBits("KernelObject", 1, 1), NtBits("KernelOnlyAccess", 2, 1)]
    [NtBits("ExclusiveObject", 3, 1), NtBits("PermanentObject", 4, 1), NtBits("DefaultSecurityQuota", 5, 1)]
    [NtBits("SingleHandleEntry", 6, 1), NtBits("DeletedInline", 7, 1)]
    public byte Flags;
    [FieldOffset(0x01C)] public uint Reserved;
    [FieldOffset(0x020), NtPointer] public ulong ObjectCreateInfo;
    [FieldOffset(0x020), NtPointer] public ulong QuotaBlockCharged;
    [FieldOffset(0x028), NtPointer] public ulong SecurityDescriptor;
    [FieldOffset(0x030)] public QUAD Body;
}

[NtType("_OBJECT_HEADER_NAME_INFO"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct OBJECT_HEADER_NAME_INFO
{
    [FieldOffset(0x000), NtPointer<OBJECT_DIRECTORY>] public ulong Directory;
    [FieldOffset(0x008)] public UNICODE_STRING Name;
    [FieldOffset(0x018)] public int ReferenceCount;
    [FieldOffset(0x01C)] public uint Reserved;
}

[NtType("_OBJECT_HEADER_CREATOR_INFO"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct OBJECT_HEADER_CREATOR_INFO
{
    [FieldOffset(0x000)] public LIST_ENTRY TypeList;
    [FieldOffset(0x010), NtPointer] public ulong CreatorUniqueProcess;
    [FieldOffset(0x018)] public ushort CreatorBackTraceIndex;
    [FieldOffset(0x01A)] public ushort Reserved1;
    [FieldOffset(0x01C)] public uint Reserved2;
}

[NtType("_OBJECT_HEADER_HANDLE_INFO"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct OBJECT_HEADER_HANDLE_INFO
{
    [FieldOffset(0x000), NtPointer] public ulong HandleCountDataBase;
    [FieldOffset(0x000)] public OBJECT_HANDLE_COUNT_ENTRY SingleEntry;
}

[NtType("_OBJECT_HANDLE_COUNT_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct OBJECT_HANDLE_COUNT_ENTRY
{
    [FieldOffset(0x000), NtPointer<EPROCESS>] public ulong Process;
    [FieldOffset(0x008), NtBits("HandleCount", 0, 24), NtBits("LockCount", 24, 8)] public uint Bits;
}

[NtType("_QUAD"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct QUAD
{
    [FieldOffset(0x000)] public long UseThisFieldToCopy;
    [FieldOffset(0x000)] public double DoNotUseThisField;
}

[NtType("_OBJECT_HEADER_QUOTA_INFO"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct OBJECT_HEADER_QUOTA_INFO
{
    [FieldOffset(0x000)] public uint PagedPoolCharge;
    [FieldOffset(0x004)] public uint NonPagedPoolCharge;
    [FieldOffset(0x008)] public uint SecurityDescriptorCharge;
    [FieldOffset(0x00C)] public uint Reserved1;
    [FieldOffset(0x010), NtPointer] public ulong SecurityDescriptorQuotaBlock;
    [FieldOffset(0x018)] public ulong Reserved2;
}

[NtType("_OBJECT_HEADER_PROCESS_INFO"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct OBJECT_HEADER_PROCESS_INFO
{
    [FieldOffset(0x000), NtPointer<EPROCESS>] public ulong ExclusiveProcess;
    [FieldOffset(0x008)] public ulong Reserved;
}
