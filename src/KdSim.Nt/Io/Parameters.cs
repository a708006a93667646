using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_SHARE_ACCESS"), StructLayout(LayoutKind.Explicit, Size = 0x1C)]
public partial struct SHARE_ACCESS
{
    [FieldOffset(0x000)] public uint OpenCount;
    [FieldOffset(0x004)] public uint Readers;
    [FieldOffset(0x008)] public uint Writers;
    [FieldOffset(0x00C)] public uint Deleters;
    [FieldOffset(0x010)] public uint SharedRead;
    [FieldOffset(0x014)] public uint SharedWrite;
    [FieldOffset(0x018)] public uint SharedDelete;
}

[NtType("_PNP_LOCATION_INTERFACE"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct PNP_LOCATION_INTERFACE
{
    [FieldOffset(0x000)] public ushort Size;
    [FieldOffset(0x002)] public ushort Version;
    [FieldOffset(0x008), NtPointer] public ulong Context;
    [FieldOffset(0x010), NtFunction] public ulong InterfaceReference;
    [FieldOffset(0x018), NtFunction] public ulong InterfaceDereference;
    [FieldOffset(0x020), NtFunction] public ulong GetLocationString;
}

[NtType("_TARGET_DEVICE_CUSTOM_NOTIFICATION"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct TARGET_DEVICE_CUSTOM_NOTIFICATION
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x004)] public GUID Event;
    [FieldOffset(0x018), NtPointer<FILE_OBJECT>] public ulong FileObject;
    [FieldOffset(0x020)] public int NameBufferOffset;
    [FieldOffset(0x024), NtArray(1)] public byte CustomDataBuffer;
}

[NtType("_DEVICE_INTERFACE_CHANGE_NOTIFICATION"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct DEVICE_INTERFACE_CHANGE_NOTIFICATION
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x004)] public GUID Event;
    [FieldOffset(0x014)] public GUID InterfaceClassGuid;
    [FieldOffset(0x028)] public Ptr<UNICODE_STRING> SymbolicLinkName;
}

[NtType("_HWPROFILE_CHANGE_NOTIFICATION"), StructLayout(LayoutKind.Explicit, Size = 0x14)]
public partial struct HWPROFILE_CHANGE_NOTIFICATION
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x004)] public GUID Event;
}

[NtType("_TARGET_DEVICE_REMOVAL_NOTIFICATION"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct TARGET_DEVICE_REMOVAL_NOTIFICATION
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x004)] public GUID Event;
    [FieldOffset(0x018), NtPointer<FILE_OBJECT>] public ulong FileObject;
}

[NtType("_PLUGPLAY_NOTIFICATION_HEADER"), StructLayout(LayoutKind.Explicit, Size = 0x14)]
public partial struct PLUGPLAY_NOTIFICATION_HEADER
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x004)] public GUID Event;
}

[NtType("_NAMED_PIPE_CREATE_PARAMETERS"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct NAMED_PIPE_CREATE_PARAMETERS
{
    [FieldOffset(0x000)] public uint NamedPipeType;
    [FieldOffset(0x004)] public uint ReadMode;
    [FieldOffset(0x008)] public uint CompletionMode;
    [FieldOffset(0x00C)] public uint MaximumInstances;
    [FieldOffset(0x010)] public uint InboundQuota;
    [FieldOffset(0x014)] public uint OutboundQuota;
    [FieldOffset(0x018)] public LARGE_INTEGER DefaultTimeout;
    [FieldOffset(0x020)] public bool TimeoutSpecified;
}

[NtType("_MAILSLOT_CREATE_PARAMETERS"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct MAILSLOT_CREATE_PARAMETERS
{
    [FieldOffset(0x000)] public uint MailslotQuota;
    [FieldOffset(0x004)] public uint MaximumMessageSize;
    [FieldOffset(0x008)] public LARGE_INTEGER ReadTimeout;
    [FieldOffset(0x010)] public bool TimeoutSpecified;
}

[NtType("_OPLOCK_KEY_ECP_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x14)]
public partial struct OPLOCK_KEY_ECP_CONTEXT
{
    [FieldOffset(0x000)] public GUID OplockKey;
    [FieldOffset(0x010)] public uint Reserved;
}
