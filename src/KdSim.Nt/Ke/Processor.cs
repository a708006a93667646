using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_KPCR"), StructLayout(LayoutKind.Explicit, Size = 0x178)]
public partial struct KPCR
{
    [FieldOffset(0x000)] public NT_TIB NtTib;
    [FieldOffset(0x000), NtPointer("_KGDTENTRY64")] public ulong GdtBase;
    [FieldOffset(0x008), NtPointer("_KTSS64")] public ulong TssBase;
    [FieldOffset(0x010)] public ulong UserRsp;
    [FieldOffset(0x018)] public Ptr<KPCR> Self;
    [FieldOffset(0x020), NtPointer("_KPRCB")] public ulong CurrentPrcb;
    [FieldOffset(0x028)] public Ptr<KSPIN_LOCK_QUEUE> LockArray;
    [FieldOffset(0x030), NtPointer] public ulong Used_Self;
    [FieldOffset(0x038), NtPointer("_KIDTENTRY64")] public ulong IdtBase;
    [FieldOffset(0x040), NtArray(2)] public ulong Unused;
    [FieldOffset(0x050)] public byte Irql;
    [FieldOffset(0x051)] public byte SecondLevelCacheAssociativity;
    [FieldOffset(0x052)] public byte ObsoleteNumber;
    [FieldOffset(0x053)] public byte Fill0;
    [FieldOffset(0x054), NtArray(3)] public uint Unused0;
    [FieldOffset(0x060)] public ushort MajorVersion;
    [FieldOffset(0x062)] public ushort MinorVersion;
    [FieldOffset(0x064)] public uint StallScaleFactor;
    [FieldOffset(0x068), NtPointer, NtArray(3)] public ulong Unused1;
    [FieldOffset(0x080), NtArray(15)] public uint KernelReserved;
    [FieldOffset(0x0BC)] public uint SecondLevelCacheSize;
    [FieldOffset(0x0C0), NtArray(16)] public uint HalReserved;
    [FieldOffset(0x100)] public uint Unused2;
    [FieldOffset(0x108), NtPointer] public ulong KdVersionBlock;
    [FieldOffset(0x110), NtPointer] public ulong Unused3;
    [FieldOffset(0x118), NtArray(24)] public uint PcrAlign1;
}
