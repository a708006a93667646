using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_KDPC"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct KDPC
{
    [FieldOffset(0x000)] public byte Type;
    [FieldOffset(0x001)] public byte Importance;
    [FieldOffset(0x002)] public ushort Number;
    [FieldOffset(0x008)] public LIST_ENTRY DpcListEntry;
    [FieldOffset(0x018), NtFunction] public ulong DeferredRoutine;
    [FieldOffset(0x020), NtPointer] public ulong DeferredContext;
    [FieldOffset(0x028), NtPointer] public ulong SystemArgument1;
    [FieldOffset(0x030), NtPointer] public ulong SystemArgument2;
    [FieldOffset(0x038), NtPointer] public ulong DpcData;
}

[NtType("_KDPC_IMPORTANCE")]
public enum KDPC_IMPORTANCE
{
    LowImportance = 0,
    MediumImportance = 1,
    HighImportance = 2,
    MediumHighImportance = 3,
}
