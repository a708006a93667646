using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_EX_RUNDOWN_REF", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct EX_RUNDOWN_REF
{
    [FieldOffset(0x000)] public ulong Count;
    [FieldOffset(0x000), NtPointer] public ulong Ptr;
}

[NtType("_EX_PUSH_LOCK", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct EX_PUSH_LOCK
{
    [FieldOffset(0x000), NtVisible, NtBits("Locked", 0, 1), NtBits("Waiting", 1, 1), NtBits("Waking", 2, 1)]
    [NtBits("MultipleShared", 3, 1), NtBits("Shared", 4, 60)]
    public ulong Value;
    [FieldOffset(0x000), NtPointer] public ulong Ptr;
}

[NtType("_EX_FAST_REF", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct EX_FAST_REF
{
    [FieldOffset(0x000), NtPointer] public ulong Object;
    [FieldOffset(0x000), NtVisible, NtBits("RefCnt", 0, 4)] public ulong Value;
}
