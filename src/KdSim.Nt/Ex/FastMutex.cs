using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_FAST_MUTEX"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct FAST_MUTEX
{
    [FieldOffset(0x000)] public int Count;
    [FieldOffset(0x008), NtPointer<KTHREAD>] public ulong Owner;
    [FieldOffset(0x010)] public uint Contention;
    [FieldOffset(0x018)] public KEVENT Event;
    [FieldOffset(0x030)] public uint OldIrql;
}

[NtType("_KGUARDED_MUTEX"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct KGUARDED_MUTEX
{
    [FieldOffset(0x000)] public int Count;
    [FieldOffset(0x008), NtPointer<KTHREAD>] public ulong Owner;
    [FieldOffset(0x010)] public uint Contention;
    [FieldOffset(0x018)] public KGATE Gate;
    [FieldOffset(0x030)] public short KernelApcDisable;
    [FieldOffset(0x032)] public short SpecialApcDisable;
    [FieldOffset(0x030)] public uint CombinedApcDisable;
}
