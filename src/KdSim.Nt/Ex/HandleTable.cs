using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>The handles of a process.</summary>
[NtType("_HANDLE_TABLE"), StructLayout(LayoutKind.Explicit, Size = 0x60)]
public partial struct HANDLE_TABLE
{
    [FieldOffset(0x000)] public uint NextHandleNeedingPool;
    [FieldOffset(0x004)] public int ExtraInfoPages;
    [FieldOffset(0x008)] public ulong TableCode;
    [FieldOffset(0x010), NtPointer<EPROCESS>] public ulong QuotaProcess;
    [FieldOffset(0x018)] public LIST_ENTRY HandleTableList;
    [FieldOffset(0x028)] public uint UniqueProcessId;
    [FieldOffset(0x02C)] public uint Flags;
    [FieldOffset(0x02C), NtBits("StrictFIFO", 0, 1), NtBits("EnableHandleExceptions", 1, 1), NtBits("Rundown", 2, 1)]
    [NtBits("Duplicated", 3, 1), NtBits("RaiseUMExceptionOnInvalidHandleClose", 4, 1)]
    public byte Bits;
    [FieldOffset(0x030)] public EX_PUSH_LOCK HandleContentionEvent;
    [FieldOffset(0x038)] public EX_PUSH_LOCK HandleTableLock;
    [FieldOffset(0x040), NtPointer<HANDLE_TABLE_ENTRY>] public ulong FirstFreeHandleEntry;
    [FieldOffset(0x048), NtPointer<HANDLE_TABLE_ENTRY>] public ulong LastFreeHandleEntry;
    [FieldOffset(0x050)] public int HandleCount;
    [FieldOffset(0x054)] public uint HandleCountHighWatermark;
    [FieldOffset(0x058)] public uint NextHandle;
    [FieldOffset(0x05C)] public uint Capacity;
}

[NtType("_HANDLE_TABLE_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct HANDLE_TABLE_ENTRY
{
    [FieldOffset(0x000), NtVisible, NtBits("Unlocked", 0, 1), NtBits("RefCnt", 1, 16), NtBits("Attributes", 17, 3)]
    [NtBits("ObjectPointerBits", 20, 44)]
    public long VolatileLowValue;
    [FieldOffset(0x000)] public long LowValue;
    [FieldOffset(0x000), NtPointer] public ulong InfoTable;
    [FieldOffset(0x008)] public long HighValue;
    [FieldOffset(0x008), NtPointer<HANDLE_TABLE_ENTRY>] public ulong NextFreeHandleEntry;
    [FieldOffset(0x008), NtBits("GrantedAccessBits", 0, 25), NtBits("NoRightsUpgrade", 25, 1), NtBits("Spare1", 26, 6)] public uint Bits8;
    [FieldOffset(0x00C)] public uint Spare2;
}
