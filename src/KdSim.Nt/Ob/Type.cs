using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_GENERIC_MAPPING", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct GENERIC_MAPPING
{
    [FieldOffset(0x000)] public uint GenericRead;
    [FieldOffset(0x004)] public uint GenericWrite;
    [FieldOffset(0x008)] public uint GenericExecute;
    [FieldOffset(0x00C)] public uint GenericAll;
}
