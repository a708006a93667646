using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_KIDTENTRY64", ByValue = true, Union = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct KIDTENTRY64
{
    [FieldOffset(0x000)] public ushort OffsetLow;
    [FieldOffset(0x002)] public ushort Selector;
    [FieldOffset(0x004), NtBits("IstIndex", 0, 3), NtBits("Reserved0", 3, 5), NtBits("Type", 8, 5), NtBits("Dpl", 13, 2)]
    [NtBits("Present", 15, 1)]
    public ushort Bits;
    [FieldOffset(0x006)] public ushort OffsetMiddle;
    [FieldOffset(0x008)] public uint OffsetHigh;
    [FieldOffset(0x00C)] public uint Reserved1;
    [FieldOffset(0x000)] public ulong Alignment;
}

[NtType("_KGDTENTRY64", ByValue = true, Union = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct KGDTENTRY64
{
    [FieldOffset(0x000)] public ushort LimitLow;
    [FieldOffset(0x002)] public ushort BaseLow;
    [FieldOffset(0x004)] public KGDTENTRY64_Bytes Bytes;
    [FieldOffset(0x004)] public KGDTENTRY64_Bits Bits;
    [FieldOffset(0x008)] public uint BaseUpper;
    [FieldOffset(0x00C)] public uint MustBeZero;
    [FieldOffset(0x000)] public long DataLow;
    [FieldOffset(0x008)] public long DataHigh;
}

[NtType("_KGDTENTRY64::<unnamed-type-Bytes>"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct KGDTENTRY64_Bytes
{
    [FieldOffset(0x000)] public byte BaseMiddle;
    [FieldOffset(0x001)] public byte Flags1;
    [FieldOffset(0x002)] public byte Flags2;
    [FieldOffset(0x003)] public byte BaseHigh;
}

[NtType("_KGDTENTRY64::<unnamed-type-Bits>"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct KGDTENTRY64_Bits
{
    [FieldOffset(0x000), NtBits("BaseMiddle", 0, 8), NtBits("Type", 8, 5), NtBits("Dpl", 13, 2), NtBits("Present", 15, 1)]
    [NtBits("LimitHigh", 16, 4), NtBits("System", 20, 1), NtBits("LongMode", 21, 1), NtBits("DefaultBig", 22, 1)]
    [NtBits("Granularity", 23, 1), NtBits("BaseHigh", 24, 8)]
    public uint Bits;
}

[NtType("_KTSS64"), StructLayout(LayoutKind.Explicit, Size = 0x68)]
public partial struct KTSS64
{
    [FieldOffset(0x000)] public uint Reserved0;
    [FieldOffset(0x004)] public ulong Rsp0;
    [FieldOffset(0x00C)] public ulong Rsp1;
    [FieldOffset(0x014)] public ulong Rsp2;
    [FieldOffset(0x01C), NtArray(8)] public ulong Ist;
    [FieldOffset(0x05C)] public ulong Reserved1;
    [FieldOffset(0x064)] public ushort Reserved2;
    [FieldOffset(0x066)] public ushort IoMapBase;
}

[NtType("_KDESCRIPTOR"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct KDESCRIPTOR
{
    [FieldOffset(0x000), NtArray(3)] public ushort Pad;
    [FieldOffset(0x006)] public ushort Limit;
    [FieldOffset(0x008), NtPointer] public ulong Base;
}

[NtType("_KSPECIAL_REGISTERS"), StructLayout(LayoutKind.Explicit, Size = 0xF0)]
public partial struct KSPECIAL_REGISTERS
{
    [FieldOffset(0x000)] public ulong Cr0;
    [FieldOffset(0x008)] public ulong Cr2;
    [FieldOffset(0x010)] public ulong Cr3;
    [FieldOffset(0x018)] public ulong Cr4;
    [FieldOffset(0x020)] public ulong KernelDr0;
    [FieldOffset(0x028)] public ulong KernelDr1;
    [FieldOffset(0x030)] public ulong KernelDr2;
    [FieldOffset(0x038)] public ulong KernelDr3;
    [FieldOffset(0x040)] public ulong KernelDr6;
    [FieldOffset(0x048)] public ulong KernelDr7;
    [FieldOffset(0x050)] public KDESCRIPTOR Gdtr;
    [FieldOffset(0x060)] public KDESCRIPTOR Idtr;
    [FieldOffset(0x070)] public ushort Tr;
    [FieldOffset(0x072)] public ushort Ldtr;
    [FieldOffset(0x074)] public uint MxCsr;
    [FieldOffset(0x078)] public ulong DebugControl;
    [FieldOffset(0x080)] public ulong LastBranchToRip;
    [FieldOffset(0x088)] public ulong LastBranchFromRip;
    [FieldOffset(0x090)] public ulong LastExceptionToRip;
    [FieldOffset(0x098)] public ulong LastExceptionFromRip;
    [FieldOffset(0x0A0)] public ulong Cr8;
    [FieldOffset(0x0A8)] public ulong MsrGsBase;
    [FieldOffset(0x0B0)] public ulong MsrGsSwap;
    [FieldOffset(0x0B8)] public ulong MsrStar;
    [FieldOffset(0x0C0)] public ulong MsrLStar;
    [FieldOffset(0x0C8)] public ulong MsrCStar;
    [FieldOffset(0x0D0)] public ulong MsrSyscallMask;
    [FieldOffset(0x0D8)] public ulong Xcr0;
    [FieldOffset(0x0E0)] public ulong MsrFsBase;
    [FieldOffset(0x0E8)] public ulong SpecialPadding0;
}

[NtType("_KPROCESSOR_STATE"), StructLayout(LayoutKind.Explicit, Size = 0x5C0)]
public partial struct KPROCESSOR_STATE
{
    [FieldOffset(0x000)] public KSPECIAL_REGISTERS SpecialRegisters;
    [FieldOffset(0x0F0)] public CONTEXT ContextFrame;
}
