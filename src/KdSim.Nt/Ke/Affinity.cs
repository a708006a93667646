using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_PROCESSOR_NUMBER", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct PROCESSOR_NUMBER
{
    [FieldOffset(0x000)] public ushort Group;
    [FieldOffset(0x002)] public byte Number;
    [FieldOffset(0x003)] public byte Reserved;
}

[NtType("_GROUP_AFFINITY", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct GROUP_AFFINITY
{
    [FieldOffset(0x000)] public ulong Mask;
    [FieldOffset(0x008)] public ushort Group;
    [FieldOffset(0x00A), NtArray(3)] public ushort Reserved;
}
