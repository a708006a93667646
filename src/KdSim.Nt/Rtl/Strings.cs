using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A counted UTF-16 string; lengths are bytes.</summary>
[NtType("_UNICODE_STRING", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct UNICODE_STRING
{
    [FieldOffset(0x000)] public ushort Length;
    [FieldOffset(0x002)] public ushort MaximumLength;
    [FieldOffset(0x008)] public Ptr<char> Buffer;
}

[NtType("_STRING", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct ANSI_STRING
{
    [FieldOffset(0x000)] public ushort Length;
    [FieldOffset(0x002)] public ushort MaximumLength;
    [FieldOffset(0x008)] public Ptr<byte> Buffer;
}
