using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A link of a doubly linked list, or its head.</summary>
[NtType("_LIST_ENTRY", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct LIST_ENTRY
{
    [FieldOffset(0x000)] public Ptr<LIST_ENTRY> Flink;
    [FieldOffset(0x008)] public Ptr<LIST_ENTRY> Blink;
}

[NtType("_SINGLE_LIST_ENTRY", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct SINGLE_LIST_ENTRY
{
    [FieldOffset(0x000)] public Ptr<SINGLE_LIST_ENTRY> Next;
}

[NtType("_SLIST_ENTRY", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct SLIST_ENTRY
{
    [FieldOffset(0x000)] public Ptr<SLIST_ENTRY> Next;
}

[NtType("_SLIST_HEADER", ByValue = true, Union = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct SLIST_HEADER
{
    [FieldOffset(0x000)] public ulong Alignment;
    [FieldOffset(0x008)] public ulong Region;
    [FieldOffset(0x000)] public SLIST_HEADER_Header8 Header8;
    [FieldOffset(0x000)] public SLIST_HEADER_Header16 Header16;
    [FieldOffset(0x000)] public SLIST_HEADER_HeaderX64 HeaderX64;
}

[NtType("_SLIST_HEADER::<unnamed-type-Header8>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct SLIST_HEADER_Header8
{
    [FieldOffset(0x000), NtBits("Depth", 0, 16), NtBits("Sequence", 16, 9), NtBits("NextEntry", 25, 39)] public ulong Bits0;
    [FieldOffset(0x008), NtBits("HeaderType", 0, 1), NtBits("Init", 1, 1), NtBits("Reserved", 2, 59), NtBits("Region", 61, 3)]
    public ulong Bits8;
}

[NtType("_SLIST_HEADER::<unnamed-type-Header16>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct SLIST_HEADER_Header16
{
    [FieldOffset(0x000), NtBits("Depth", 0, 16), NtBits("Sequence", 16, 48)] public ulong Bits0;
    [FieldOffset(0x008), NtBits("HeaderType", 0, 1), NtBits("Init", 1, 1), NtBits("Reserved", 2, 2), NtBits("NextEntry", 4, 60)]
    public ulong Bits8;
}

[NtType("_SLIST_HEADER::<unnamed-type-HeaderX64>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct SLIST_HEADER_HeaderX64
{
    [FieldOffset(0x000), NtBits("Depth", 0, 16), NtBits("Sequence", 16, 48)] public ulong Bits0;
    [FieldOffset(0x008), NtBits("HeaderType", 0, 1), NtBits("Reserved", 1, 3), NtBits("NextEntry", 4, 60)] public ulong Bits8;
}
