using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_SECURITY_DESCRIPTOR"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct SECURITY_DESCRIPTOR
{
    [FieldOffset(0x000)] public byte Revision;
    [FieldOffset(0x001)] public byte Sbz1;
    [FieldOffset(0x002)] public ushort Control;
    [FieldOffset(0x008), NtPointer] public ulong Owner;
    [FieldOffset(0x010), NtPointer] public ulong Group;
    [FieldOffset(0x018), NtPointer<ACL>] public ulong Sacl;
    [FieldOffset(0x020), NtPointer<ACL>] public ulong Dacl;
}

[NtType("_ACL"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct ACL
{
    [FieldOffset(0x000)] public byte AclRevision;
    [FieldOffset(0x001)] public byte Sbz1;
    [FieldOffset(0x002)] public ushort AclSize;
    [FieldOffset(0x004)] public ushort AceCount;
    [FieldOffset(0x006)] public ushort Sbz2;
}

[NtType("_SID"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct SID
{
    [FieldOffset(0x000)] public byte Revision;
    [FieldOffset(0x001)] public byte SubAuthorityCount;
    [FieldOffset(0x002)] public SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    [FieldOffset(0x008), NtArray(1)] public uint SubAuthority;
}

[NtType("_SID_IDENTIFIER_AUTHORITY"), StructLayout(LayoutKind.Explicit, Size = 0x6)]
public partial struct SID_IDENTIFIER_AUTHORITY
{
    [FieldOffset(0x000), NtArray(6)] public byte Value;
}

[NtType("_ACE_HEADER"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct ACE_HEADER
{
    [FieldOffset(0x000)] public byte AceType;
    [FieldOffset(0x001)] public byte AceFlags;
    [FieldOffset(0x002)] public ushort AceSize;
}

[NtType("_ACCESS_STATE"), StructLayout(LayoutKind.Explicit, Size = 0xA0)]
public partial struct ACCESS_STATE
{
    [FieldOffset(0x000)] public LUID OperationID;
    [FieldOffset(0x008)] public bool SecurityEvaluated;
    [FieldOffset(0x009)] public bool GenerateAudit;
    [FieldOffset(0x00A)] public bool GenerateOnClose;
    [FieldOffset(0x00B)] public bool PrivilegesAllocated;
    [FieldOffset(0x00C)] public uint Flags;
    [FieldOffset(0x010)] public uint RemainingDesiredAccess;
    [FieldOffset(0x014)] public uint PreviouslyGrantedAccess;
    [FieldOffset(0x018)] public uint OriginalDesiredAccess;
    [FieldOffset(0x020)] public SECURITY_SUBJECT_CONTEXT SubjectSecurityContext;
    [FieldOffset(0x040), NtPointer] public ulong SecurityDescriptor;
    [FieldOffset(0x048), NtPointer] public ulong AuxData;
    [FieldOffset(0x050)] public ACCESS_STATE_Privileges Privileges;
    [FieldOffset(0x07C)] public bool AuditPrivileges;
    [FieldOffset(0x080)] public UNICODE_STRING ObjectName;
    [FieldOffset(0x090)] public UNICODE_STRING ObjectTypeName;
}

[NtType("_ACCESS_STATE::<unnamed-type-Privileges>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x2C)]
public partial struct ACCESS_STATE_Privileges
{
    [FieldOffset(0x000)] public INITIAL_PRIVILEGE_SET InitialPrivilegeSet;
    [FieldOffset(0x000)] public PRIVILEGE_SET PrivilegeSet;
}

[NtType("_SECURITY_SUBJECT_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct SECURITY_SUBJECT_CONTEXT
{
    [FieldOffset(0x000), NtPointer] public ulong ClientToken;
    [FieldOffset(0x008)] public SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    [FieldOffset(0x010), NtPointer] public ulong PrimaryToken;
    [FieldOffset(0x018), NtPointer] public ulong ProcessAuditId;
}

[NtType("_SECURITY_QUALITY_OF_SERVICE"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct SECURITY_QUALITY_OF_SERVICE
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x004)] public SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    [FieldOffset(0x008)] public bool ContextTrackingMode;
    [FieldOffset(0x009)] public bool EffectiveOnly;
}

[NtType("_SECURITY_IMPERSONATION_LEVEL")]
public enum SECURITY_IMPERSONATION_LEVEL
{
    SecurityAnonymous = 0,
    SecurityIdentification = 1,
    SecurityImpersonation = 2,
    SecurityDelegation = 3,
}

[NtType("_PRIVILEGE_SET"), StructLayout(LayoutKind.Explicit, Size = 0x14)]
public partial struct PRIVILEGE_SET
{
    [FieldOffset(0x000)] public uint PrivilegeCount;
    [FieldOffset(0x004)] public uint Control;
    [FieldOffset(0x008), NtArray(1)] public LUID_AND_ATTRIBUTES Privilege;
}

[NtType("_INITIAL_PRIVILEGE_SET"), StructLayout(LayoutKind.Explicit, Size = 0x2C)]
public partial struct INITIAL_PRIVILEGE_SET
{
    [FieldOffset(0x000)] public uint PrivilegeCount;
    [FieldOffset(0x004)] public uint Control;
    [FieldOffset(0x008), NtArray(3)] public LUID_AND_ATTRIBUTES Privilege;
}

[NtType("_LUID_AND_ATTRIBUTES"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct LUID_AND_ATTRIBUTES
{
    [FieldOffset(0x000)] public LUID Luid;
    [FieldOffset(0x008)] public uint Attributes;
}

[NtType("_SECURITY_OPERATION_CODE")]
public enum SECURITY_OPERATION_CODE
{
    SetSecurityDescriptor = 0,
    QuerySecurityDescriptor = 1,
    DeleteSecurityDescriptor = 2,
    AssignSecurityDescriptor = 3,
}

[NtType("_TOKEN_TYPE")]
public enum TOKEN_TYPE
{
    TokenPrimary = 1,
    TokenImpersonation = 2,
}
