using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_KEY_BASIC_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct KEY_BASIC_INFORMATION
{
    [FieldOffset(0x000)] public LARGE_INTEGER LastWriteTime;
    [FieldOffset(0x008)] public uint TitleIndex;
    [FieldOffset(0x00C)] public uint NameLength;
    [FieldOffset(0x010), NtArray(1)] public char Name;
}

[NtType("_KEY_NODE_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct KEY_NODE_INFORMATION
{
    [FieldOffset(0x000)] public LARGE_INTEGER LastWriteTime;
    [FieldOffset(0x008)] public uint TitleIndex;
    [FieldOffset(0x00C)] public uint ClassOffset;
    [FieldOffset(0x010)] public uint ClassLength;
    [FieldOffset(0x014)] public uint NameLength;
    [FieldOffset(0x018), NtArray(1)] public char Name;
}

[NtType("_KEY_FULL_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct KEY_FULL_INFORMATION
{
    [FieldOffset(0x000)] public LARGE_INTEGER LastWriteTime;
    [FieldOffset(0x008)] public uint TitleIndex;
    [FieldOffset(0x00C)] public uint ClassOffset;
    [FieldOffset(0x010)] public uint ClassLength;
    [FieldOffset(0x014)] public uint SubKeys;
    [FieldOffset(0x018)] public uint MaxNameLen;
    [FieldOffset(0x01C)] public uint MaxClassLen;
    [FieldOffset(0x020)] public uint Values;
    [FieldOffset(0x024)] public uint MaxValueNameLen;
    [FieldOffset(0x028)] public uint MaxValueDataLen;
    [FieldOffset(0x02C), NtArray(1)] public char Class;
}

[NtType("_KEY_NAME_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct KEY_NAME_INFORMATION
{
    [FieldOffset(0x000)] public uint NameLength;
    [FieldOffset(0x004), NtArray(1)] public char Name;
}

[NtType("_KEY_VALUE_BASIC_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct KEY_VALUE_BASIC_INFORMATION
{
    [FieldOffset(0x000)] public uint TitleIndex;
    [FieldOffset(0x004)] public uint Type;
    [FieldOffset(0x008)] public uint NameLength;
    [FieldOffset(0x00C), NtArray(1)] public char Name;
}

[NtType("_KEY_VALUE_FULL_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct KEY_VALUE_FULL_INFORMATION
{
    [FieldOffset(0x000)] public uint TitleIndex;
    [FieldOffset(0x004)] public uint Type;
    [FieldOffset(0x008)] public uint DataOffset;
    [FieldOffset(0x00C)] public uint DataLength;
    [FieldOffset(0x010)] public uint NameLength;
    [FieldOffset(0x014), NtArray(1)] public char Name;
}

[NtType("_KEY_VALUE_PARTIAL_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct KEY_VALUE_PARTIAL_INFORMATION
{
    [FieldOffset(0x000)] public uint TitleIndex;
    [FieldOffset(0x004)] public uint Type;
    [FieldOffset(0x008)] public uint DataLength;
    [FieldOffset(0x00C), NtArray(1)] public byte Data;
}

[NtType("_KEY_VALUE_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct KEY_VALUE_ENTRY
{
    [FieldOffset(0x000)] public Ptr<UNICODE_STRING> ValueName;
    [FieldOffset(0x008)] public uint DataLength;
    [FieldOffset(0x00C)] public uint DataOffset;
    [FieldOffset(0x010)] public uint Type;
}

[NtType("_KEY_INFORMATION_CLASS")]
public enum KEY_INFORMATION_CLASS
{
    KeyBasicInformation = 0,
    KeyNodeInformation = 1,
    KeyFullInformation = 2,
    KeyNameInformation = 3,
    KeyCachedInformation = 4,
    KeyFlagsInformation = 5,
    KeyVirtualizationInformation = 6,
    KeyHandleTagsInformation = 7,
    KeyTrustInformation = 8,
    KeyLayerInformation = 9,
    MaxKeyInfoClass = 10,
}

[NtType("_KEY_VALUE_INFORMATION_CLASS")]
public enum KEY_VALUE_INFORMATION_CLASS
{
    KeyValueBasicInformation = 0,
    KeyValueFullInformation = 1,
    KeyValuePartialInformation = 2,
    KeyValueFullInformationAlign64 = 3,
    KeyValuePartialInformationAlign64 = 4,
    KeyValueLayerInformation = 5,
    MaxKeyValueInfoClass = 6,
}
