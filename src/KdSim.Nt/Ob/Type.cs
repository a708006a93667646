using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A type of objects.</summary>
[NtType("_OBJECT_TYPE"), StructLayout(LayoutKind.Explicit, Size = 0xD8)]
public partial struct OBJECT_TYPE
{
    [FieldOffset(0x000)] public LIST_ENTRY TypeList;
    [FieldOffset(0x010)] public UNICODE_STRING Name;
    [FieldOffset(0x020), NtPointer] public ulong DefaultObject;
    [FieldOffset(0x028)] public byte Index;
    [FieldOffset(0x02C)] public uint TotalNumberOfObjects;
    [FieldOffset(0x030)] public uint TotalNumberOfHandles;
    [FieldOffset(0x034)] public uint HighWaterNumberOfObjects;
    [FieldOffset(0x038)] public uint HighWaterNumberOfHandles;
    [FieldOffset(0x040)] public OBJECT_TYPE_INITIALIZER TypeInfo;
    [FieldOffset(0x0B8)] public EX_PUSH_LOCK TypeLock;
    [FieldOffset(0x0C0)] public uint Key;
    [FieldOffset(0x0C8)] public LIST_ENTRY CallbackList;
}

[NtType("_OBJECT_TYPE_INITIALIZER"), StructLayout(LayoutKind.Explicit, Size = 0x78)]
public partial struct OBJECT_TYPE_INITIALIZER
{
    [FieldOffset(0x000)] public ushort Length;
    [FieldOffset(0x002)] public ushort ObjectTypeFlags;
    [FieldOffset(0x002), NtBits("CaseInsensitive", 0, 1), NtBits("UnnamedObjectsOnly", 1, 1), NtBits("UseDefaultObject", 2, 1)]
    [NtBits("SecurityRequired", 3, 1), NtBits("MaintainHandleCount", 4, 1), NtBits("MaintainTypeList", 5, 1)]
    [NtBits("SupportsObjectCallbacks", 6, 1), NtBits("CacheAligned", 7, 1)]
    public byte Bits;
    [FieldOffset(0x004)] public uint ObjectTypeCode;
    [FieldOffset(0x008)] public uint InvalidAttributes;
    [FieldOffset(0x00C)] public GENERIC_MAPPING GenericMapping;
    [FieldOffset(0x01C)] public uint ValidAccessMask;
    [FieldOffset(0x020)] public uint RetainAccess;
    [FieldOffset(0x024)] public POOL_TYPE PoolType;
    [FieldOffset(0x028)] public uint DefaultPagedPoolCharge;
    [FieldOffset(0x02C)] public uint DefaultNonPagedPoolCharge;
    [FieldOffset(0x030), NtFunction] public ulong DumpProcedure;
    [FieldOffset(0x038), NtFunction] public ulong OpenProcedure;
    [FieldOffset(0x040), NtFunction] public ulong CloseProcedure;
    [FieldOffset(0x048), NtFunction] public ulong DeleteProcedure;
    [FieldOffset(0x050), NtFunction] public ulong ParseProcedure;
    [FieldOffset(0x058), NtFunction] public ulong SecurityProcedure;
    [FieldOffset(0x060), NtFunction] public ulong QueryNameProcedure;
    [FieldOffset(0x068), NtFunction] public ulong OkayToCloseProcedure;
    [FieldOffset(0x070)] public uint WaitObjectFlagMask;
    [FieldOffset(0x074)] public ushort WaitObjectFlagOffset;
    [FieldOffset(0x076)] public ushort WaitObjectPointerOffset;
}

[NtType("_GENERIC_MAPPING", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct GENERIC_MAPPING
{
    [FieldOffset(0x000)] public uint GenericRead;
    [FieldOffset(0x004)] public uint GenericWrite;
    [FieldOffset(0x008)] public uint GenericExecute;
    [FieldOffset(0x00C)] public uint GenericAll;
}
