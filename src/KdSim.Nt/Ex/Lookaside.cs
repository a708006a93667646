using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_GENERAL_LOOKASIDE"), StructLayout(LayoutKind.Explicit, Size = 0x80)]
public partial struct GENERAL_LOOKASIDE
{
    [FieldOffset(0x000)] public SLIST_HEADER ListHead;
    [FieldOffset(0x000)] public SINGLE_LIST_ENTRY SingleListHead;
    [FieldOffset(0x010)] public ushort Depth;
    [FieldOffset(0x012)] public ushort MaximumDepth;
    [FieldOffset(0x014)] public uint TotalAllocates;
    [FieldOffset(0x018)] public uint AllocateMisses;
    [FieldOffset(0x018)] public uint AllocateHits;
    [FieldOffset(0x01C)] public uint TotalFrees;
    [FieldOffset(0x020)] public uint FreeMisses;
    [FieldOffset(0x020)] public uint FreeHits;
    [FieldOffset(0x024)] public POOL_TYPE Type;
    [FieldOffset(0x028)] public uint Tag;
    [FieldOffset(0x02C)] public uint Size;
    [FieldOffset(0x030), NtFunction] public ulong AllocateEx;
    [FieldOffset(0x030), NtFunction] public ulong Allocate;
    [FieldOffset(0x038), NtFunction] public ulong FreeEx;
    [FieldOffset(0x038), NtFunction] public ulong Free;
    [FieldOffset(0x040)] public LIST_ENTRY ListEntry;
    [FieldOffset(0x050)] public uint LastTotalAllocates;
    [FieldOffset(0x054)] public uint LastAllocateMisses;
    [FieldOffset(0x054)] public uint LastAllocateHits;
    [FieldOffset(0x058), NtArray(2)] public uint Future;
}

[NtType("_PAGED_LOOKASIDE_LIST"), StructLayout(LayoutKind.Explicit, Size = 0x80)]
public partial struct PAGED_LOOKASIDE_LIST
{
    [FieldOffset(0x000)] public GENERAL_LOOKASIDE L;
}

[NtType("_NPAGED_LOOKASIDE_LIST"), StructLayout(LayoutKind.Explicit, Size = 0x80)]
public partial struct NPAGED_LOOKASIDE_LIST
{
    [FieldOffset(0x000)] public GENERAL_LOOKASIDE L;
}

[NtType("_LOOKASIDE_LIST_EX"), StructLayout(LayoutKind.Explicit, Size = 0x60)]
public partial struct LOOKASIDE_LIST_EX
{
    [FieldOffset(0x000)] public GENERAL_LOOKASIDE_POOL L;
}

[NtType("_GENERAL_LOOKASIDE_POOL"), StructLayout(LayoutKind.Explicit, Size = 0x60)]
public partial struct GENERAL_LOOKASIDE_POOL
{
    [FieldOffset(0x000)] public SLIST_HEADER ListHead;
    [FieldOffset(0x000)] public SINGLE_LIST_ENTRY SingleListHead;
    [FieldOffset(0x010)] public ushort Depth;
    [FieldOffset(0x012)] public ushort MaximumDepth;
    [FieldOffset(0x014)] public uint TotalAllocates;
    [FieldOffset(0x018)] public uint AllocateMisses;
    [FieldOffset(0x018)] public uint AllocateHits;
    [FieldOffset(0x01C)] public uint TotalFrees;
    [FieldOffset(0x020)] public uint FreeMisses;
    [FieldOffset(0x020)] public uint FreeHits;
    [FieldOffset(0x024)] public POOL_TYPE Type;
    [FieldOffset(0x028)] public uint Tag;
    [FieldOffset(0x02C)] public uint Size;
    [FieldOffset(0x030), NtFunction] public ulong AllocateEx;
    [FieldOffset(0x030), NtFunction] public ulong Allocate;
    [FieldOffset(0x038), NtFunction] public ulong FreeEx;
    [FieldOffset(0x038), NtFunction] public ulong Free;
    [FieldOffset(0x040)] public LIST_ENTRY ListEntry;
    [FieldOffset(0x050)] public uint LastTotalAllocates;
    [FieldOffset(0x054)] public uint LastAllocateMisses;
    [FieldOffset(0x054)] public uint LastAllocateHits;
    [FieldOffset(0x058), NtArray(2)] public uint Future;
}
