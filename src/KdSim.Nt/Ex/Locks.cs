using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_EX_RUNDOWN_REF", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct EX_RUNDOWN_REF
{
    [FieldOffset(0x000)] public ulong Count;
    [FieldOffset(0x000), NtPointer] public ulong Ptr;
}
