using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>The kernel part of a process. Our own layout, public field names.</summary>
[NtType("_KPROCESS"), StructLayout(LayoutKind.Explicit, Size = 0xD8)]
public partial struct KPROCESS
{
    [FieldOffset(0x000)] public DISPATCHER_HEADER Header;
    [FieldOffset(0x018)] public LIST_ENTRY ProfileListHead;
    [FieldOffset(0x028)] public ulong DirectoryTableBase;
    [FieldOffset(0x030)] public LIST_ENTRY ThreadListHead;
    [FieldOffset(0x040)] public ulong ProcessLock;
    [FieldOffset(0x048)] public ulong Affinity;
    [FieldOffset(0x050)] public LIST_ENTRY ReadyListHead;
    [FieldOffset(0x060)] public SINGLE_LIST_ENTRY SwapListEntry;
    [FieldOffset(0x068)] public ulong ActiveProcessors;
    [FieldOffset(0x070), NtVisible, NtBits("AutoAlignment", 0, 1), NtBits("DisableBoost", 1, 1), NtBits("DisableQuantum", 2, 1)]
    [NtBits("DeepFreeze", 3, 1), NtBits("ReservedFlags", 4, 28)]
    public int ProcessFlags;
    [FieldOffset(0x074)] public sbyte BasePriority;
    [FieldOffset(0x075)] public sbyte QuantumReset;
    [FieldOffset(0x076)] public sbyte Visited;
    [FieldOffset(0x077)] public byte State;
    [FieldOffset(0x078)] public ulong StackCount;
    [FieldOffset(0x080)] public LIST_ENTRY ProcessListEntry;
    [FieldOffset(0x090)] public ulong CycleTime;
    [FieldOffset(0x098)] public ulong ContextSwitches;
    [FieldOffset(0x0A0)] public uint KernelTime;
    [FieldOffset(0x0A4)] public uint UserTime;
    [FieldOffset(0x0A8), NtPointer] public ulong InstrumentationCallback;
    [FieldOffset(0x0B0)] public ulong UserDirectoryTableBase;
    [FieldOffset(0x0B8), NtArray(4)] public ulong Spare;
}
