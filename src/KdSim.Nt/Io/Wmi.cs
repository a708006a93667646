using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_WMILIB_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct WMILIB_CONTEXT
{
    [FieldOffset(0x000)] public uint GuidCount;
    [FieldOffset(0x008)] public Ptr<WMIGUIDREGINFO> GuidList;
    [FieldOffset(0x010), NtFunction] public ulong QueryWmiRegInfo;
    [FieldOffset(0x018), NtFunction] public ulong QueryWmiDataBlock;
    [FieldOffset(0x020), NtFunction] public ulong SetWmiDataBlock;
    [FieldOffset(0x028), NtFunction] public ulong SetWmiDataItem;
    [FieldOffset(0x030), NtFunction] public ulong ExecuteWmiMethod;
    [FieldOffset(0x038), NtFunction] public ulong WmiFunctionControl;
}

[NtType("_WMIGUIDREGINFO"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct WMIGUIDREGINFO
{
    [FieldOffset(0x000)] public Ptr<GUID> Guid;
    [FieldOffset(0x008)] public uint InstanceCount;
    [FieldOffset(0x00C)] public uint Flags;
}
