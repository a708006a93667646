using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A page table entry.</summary>
[NtType("_MMPTE", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct MMPTE
{
    [FieldOffset(0x000)] public MMPTE_u u;
}

[NtType("_MMPTE::<unnamed-type-u>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct MMPTE_u
{
    [FieldOffset(0x000)] public ulong Long;
    [FieldOffset(0x000)] public ulong VolatileLong;
    [FieldOffset(0x000)] public MMPTE_HARDWARE Hard;
}

[NtType("_MMPTE_HARDWARE"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct MMPTE_HARDWARE
{
    [FieldOffset(0x000), NtBits("Valid", 0, 1), NtBits("Dirty1", 1, 1), NtBits("Owner", 2, 1), NtBits("WriteThrough", 3, 1)]
    [NtBits("CacheDisable", 4, 1), NtBits("Accessed", 5, 1), NtBits("Dirty", 6, 1), NtBits("LargePage", 7, 1)]
    [NtBits("Global", 8, 1), NtBits("CopyOnWrite", 9, 1), NtBits("Unused", 10, 1), NtBits("Write", 11, 1)]
    [NtBits("PageFrameNumber", 12, 36), NtBits("ReservedForHardware", 48, 4), NtBits("ReservedForSoftware", 52, 4)]
    [NtBits("WsleAge", 56, 4), NtBits("WsleProtection", 60, 3), NtBits("NoExecute", 63, 1)]
    public ulong Bits;
}
