using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A directory of named objects.</summary>
[NtType("_OBJECT_DIRECTORY"), StructLayout(LayoutKind.Explicit, Size = 0x158)]
public partial struct OBJECT_DIRECTORY
{
    [FieldOffset(0x000), NtPointer<OBJECT_DIRECTORY_ENTRY>, NtArray(37)] public ulong HashBuckets;
    [FieldOffset(0x128)] public EX_PUSH_LOCK Lock;
    [FieldOffset(0x130), NtPointer] public ulong DeviceMap;
    [FieldOffset(0x138), NtPointer<OBJECT_DIRECTORY>] public ulong ShadowDirectory;
    [FieldOffset(0x140), NtPointer] public ulong NamespaceEntry;
    [FieldOffset(0x148), NtPointer] public ulong SessionObject;
    [FieldOffset(0x150)] public uint Flags;
    [FieldOffset(0x154)] public uint SessionId;
}

[NtType("_OBJECT_DIRECTORY_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct OBJECT_DIRECTORY_ENTRY
{
    [FieldOffset(0x000), NtPointer<OBJECT_DIRECTORY_ENTRY>] public ulong ChainLink;
    [FieldOffset(0x008), NtPointer] public ulong Object;
    [FieldOffset(0x010)] public uint HashValue;
}

/// <summary>A symbolic link between names of objects.</summary>
[NtType("_OBJECT_SYMBOLIC_LINK"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct OBJECT_SYMBOLIC_LINK
{
    [FieldOffset(0x000)] public LARGE_INTEGER CreationTime;
    [FieldOffset(0x008)] public UNICODE_STRING LinkTarget;
    [FieldOffset(0x008), NtFunction] public ulong Callback;
    [FieldOffset(0x010), NtPointer] public ulong CallbackContext;
    [FieldOffset(0x018)] public uint DosDeviceDriveIndex;
    [FieldOffset(0x01C)] public uint Flags;
    [FieldOffset(0x020)] public uint AccessMask;
}
