using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_LARGE_INTEGER", ByValue = true, Union = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct LARGE_INTEGER
{
    [FieldOffset(0x000)] public uint LowPart;
    [FieldOffset(0x004)] public int HighPart;
    [FieldOffset(0x000)] public LARGE_INTEGER_u u;
    [FieldOffset(0x000)] public long QuadPart;
}

[NtType("_LARGE_INTEGER::<unnamed-type-u>"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct LARGE_INTEGER_u
{
    [FieldOffset(0x000)] public uint LowPart;
    [FieldOffset(0x004)] public int HighPart;
}

[NtType("_ULARGE_INTEGER", ByValue = true, Union = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct ULARGE_INTEGER
{
    [FieldOffset(0x000)] public uint LowPart;
    [FieldOffset(0x004)] public uint HighPart;
    [FieldOffset(0x000)] public ULARGE_INTEGER_u u;
    [FieldOffset(0x000)] public ulong QuadPart;
}

[NtType("_ULARGE_INTEGER::<unnamed-type-u>"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct ULARGE_INTEGER_u
{
    [FieldOffset(0x000)] public uint LowPart;
    [FieldOffset(0x004)] public uint HighPart;
}

[NtType("_GUID", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct GUID
{
    [FieldOffset(0x000)] public uint Data1;
    [FieldOffset(0x004)] public ushort Data2;
    [FieldOffset(0x006)] public ushort Data3;
    [FieldOffset(0x008), NtArray(8)] public byte Data4;
}

[NtType("_M128A", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct M128A
{
    [FieldOffset(0x000)] public ulong Low;
    [FieldOffset(0x008)] public long High;
}

[NtType("_LUID", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct LUID
{
    [FieldOffset(0x000)] public uint LowPart;
    [FieldOffset(0x004)] public int HighPart;
}
