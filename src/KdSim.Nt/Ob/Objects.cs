using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_OBJECT_ATTRIBUTES"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct OBJECT_ATTRIBUTES
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008), NtPointer] public ulong RootDirectory;
    [FieldOffset(0x010)] public Ptr<UNICODE_STRING> ObjectName;
    [FieldOffset(0x018)] public uint Attributes;
    [FieldOffset(0x020), NtPointer] public ulong SecurityDescriptor;
    [FieldOffset(0x028), NtPointer] public ulong SecurityQualityOfService;
}

[NtType("_OBJECT_HANDLE_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct OBJECT_HANDLE_INFORMATION
{
    [FieldOffset(0x000)] public uint HandleAttributes;
    [FieldOffset(0x004)] public uint GrantedAccess;
}

[NtType("_OBJECT_NAME_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct OBJECT_NAME_INFORMATION
{
    [FieldOffset(0x000)] public UNICODE_STRING Name;
}

[NtType("_OB_OPERATION_REGISTRATION"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct OB_OPERATION_REGISTRATION
{
    [FieldOffset(0x000), NtPointer<Ptr<OBJECT_TYPE>>] public ulong ObjectType;
    [FieldOffset(0x008)] public uint Operations;
    [FieldOffset(0x010), NtFunction] public ulong PreOperation;
    [FieldOffset(0x018), NtFunction] public ulong PostOperation;
}

[NtType("_OB_CALLBACK_REGISTRATION"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct OB_CALLBACK_REGISTRATION
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort OperationRegistrationCount;
    [FieldOffset(0x008)] public UNICODE_STRING Altitude;
    [FieldOffset(0x018), NtPointer] public ulong RegistrationContext;
    [FieldOffset(0x020), NtPointer<OB_OPERATION_REGISTRATION>] public ulong OperationRegistration;
}
