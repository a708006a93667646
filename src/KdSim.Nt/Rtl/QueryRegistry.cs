using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_RTL_QUERY_REGISTRY_TABLE"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct RTL_QUERY_REGISTRY_TABLE
{
    [FieldOffset(0x000), NtFunction] public ulong QueryRoutine;
    [FieldOffset(0x008)] public uint Flags;
    [FieldOffset(0x010)] public Ptr<char> Name;
    [FieldOffset(0x018), NtPointer] public ulong EntryContext;
    [FieldOffset(0x020)] public uint DefaultType;
    [FieldOffset(0x028), NtPointer] public ulong DefaultData;
    [FieldOffset(0x030)] public uint DefaultLength;
}
