using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_RTL_BITMAP"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct RTL_BITMAP
{
    [FieldOffset(0x000)] public uint SizeOfBitMap;
    [FieldOffset(0x008)] public Ptr<uint> Buffer;
}
