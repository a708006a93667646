using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("tagWNODE_ALL_DATA"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct WNODE_ALL_DATA
{
    [FieldOffset(0x000)] public WNODE_HEADER WnodeHeader;
    [FieldOffset(0x030)] public uint DataBlockOffset;
    [FieldOffset(0x034)] public uint InstanceCount;
    [FieldOffset(0x038)] public uint OffsetInstanceNameOffsets;
    [FieldOffset(0x03C)] public uint FixedInstanceSize;
    [FieldOffset(0x03C), NtArray(1)] public OFFSETINSTANCEDATAANDLENGTH OffsetInstanceDataAndLength;
}

[NtType("tagWNODE_SINGLE_INSTANCE"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct WNODE_SINGLE_INSTANCE
{
    [FieldOffset(0x000)] public WNODE_HEADER WnodeHeader;
    [FieldOffset(0x030)] public uint OffsetInstanceName;
    [FieldOffset(0x034)] public uint InstanceIndex;
    [FieldOffset(0x038)] public uint DataBlockOffset;
    [FieldOffset(0x03C)] public uint SizeDataBlock;
}

[NtType("tagWNODE_SINGLE_ITEM"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct WNODE_SINGLE_ITEM
{
    [FieldOffset(0x000)] public WNODE_HEADER WnodeHeader;
    [FieldOffset(0x030)] public uint OffsetInstanceName;
    [FieldOffset(0x034)] public uint InstanceIndex;
    [FieldOffset(0x038)] public uint ItemId;
    [FieldOffset(0x03C)] public uint DataBlockOffset;
    [FieldOffset(0x040)] public uint SizeDataItem;
    [FieldOffset(0x044), NtArray(0)] public byte VariableData;
}

[NtType("tagWNODE_METHOD_ITEM"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct WNODE_METHOD_ITEM
{
    [FieldOffset(0x000)] public WNODE_HEADER WnodeHeader;
    [FieldOffset(0x030)] public uint OffsetInstanceName;
    [FieldOffset(0x034)] public uint InstanceIndex;
    [FieldOffset(0x038)] public uint MethodId;
    [FieldOffset(0x03C)] public uint DataBlockOffset;
    [FieldOffset(0x040)] public uint SizeDataBlock;
    [FieldOffset(0x044), NtArray(0)] public byte VariableData;
}

[NtType("tagWNODE_EVENT_ITEM"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct WNODE_EVENT_ITEM
{
    [FieldOffset(0x000)] public WNODE_HEADER WnodeHeader;
}

[NtType("OFFSETINSTANCEDATAANDLENGTH"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct OFFSETINSTANCEDATAANDLENGTH
{
    [FieldOffset(0x000)] public uint OffsetInstanceData;
    [FieldOffset(0x004)] public uint LengthInstanceData;
}

[NtType("WMIREGGUIDW"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct WMIREGGUID
{
    [FieldOffset(0x000)] public GUID Guid;
    [FieldOffset(0x010)] public uint Flags;
    [FieldOffset(0x014)] public uint InstanceCount;
    [FieldOffset(0x018)] public uint InstanceNameList;
    [FieldOffset(0x018)] public uint BaseNameOffset;
    [FieldOffset(0x018)] public ulong Pdo;
    [FieldOffset(0x018)] public ulong InstanceInfo;
}

[NtType("WMIREGINFOW"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct WMIREGINFO
{
    [FieldOffset(0x000)] public uint BufferSize;
    [FieldOffset(0x004)] public uint NextWmiRegInfo;
    [FieldOffset(0x008)] public uint RegistryPath;
    [FieldOffset(0x00C)] public uint MofResourceName;
    [FieldOffset(0x010)] public uint GuidCount;
}

[NtType("_WMILIB_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct WMILIB_CONTEXT
{
    [FieldOffset(0x000)] public uint GuidCount;
    [FieldOffset(0x008), NtPointer<WMIGUIDREGINFO>] public ulong GuidList;
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

[NtType("_WNODE_HEADER"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct WNODE_HEADER
{
    [FieldOffset(0x000)] public uint BufferSize;
    [FieldOffset(0x004)] public uint ProviderId;
    [FieldOffset(0x008)] public ulong HistoricalContext;
    [FieldOffset(0x008)] public uint Version;
    [FieldOffset(0x00C)] public uint Linkage;
    [FieldOffset(0x010)] public uint CountLost;
    [FieldOffset(0x010), NtPointer] public ulong KernelHandle;
    [FieldOffset(0x010)] public LARGE_INTEGER TimeStamp;
    [FieldOffset(0x018)] public GUID Guid;
    [FieldOffset(0x028)] public uint ClientContext;
    [FieldOffset(0x02C)] public uint Flags;
}
