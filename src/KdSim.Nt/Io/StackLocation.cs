using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>One driver's part of an IRP: function, parameters, completion routine.</summary>
[NtType("_IO_STACK_LOCATION"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct IO_STACK_LOCATION
{
    [FieldOffset(0x000)] public IRP_MJ MajorFunction;
    [FieldOffset(0x001)] public byte MinorFunction;
    [FieldOffset(0x002)] public SL Flags;
    [FieldOffset(0x003)] public SL_CONTROL Control;
    [FieldOffset(0x008)] public IO_STACK_LOCATION_Parameters Parameters;
    [FieldOffset(0x028), NtPointer<DEVICE_OBJECT>] public ulong DeviceObject;
    [FieldOffset(0x030), NtPointer<FILE_OBJECT>] public ulong FileObject;
    [FieldOffset(0x038), NtFunction] public ulong CompletionRoutine;
    [FieldOffset(0x040), NtPointer] public ulong Context;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters
{
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_Create Create;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_CreatePipe CreatePipe;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_CreateMailslot CreateMailslot;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_Read Read;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_Write Write;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryDirectory QueryDirectory;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_NotifyDirectory NotifyDirectory;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_NotifyDirectoryEx NotifyDirectoryEx;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryFile QueryFile;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_SetFile SetFile;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryEa QueryEa;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_SetEa SetEa;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryVolume QueryVolume;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_SetVolume SetVolume;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_FileSystemControl FileSystemControl;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_LockControl LockControl;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_DeviceIoControl DeviceIoControl;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QuerySecurity QuerySecurity;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_SetSecurity SetSecurity;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_MountVolume MountVolume;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_VerifyVolume VerifyVolume;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_Scsi Scsi;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryQuota QueryQuota;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_SetQuota SetQuota;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryDeviceRelations QueryDeviceRelations;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryInterface QueryInterface;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_DeviceCapabilities DeviceCapabilities;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_FilterResourceRequirements FilterResourceRequirements;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_ReadWriteConfig ReadWriteConfig;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_SetLock SetLock;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryId QueryId;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_QueryDeviceText QueryDeviceText;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_UsageNotification UsageNotification;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_WaitWake WaitWake;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_PowerSequence PowerSequence;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_Power Power;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_StartDevice StartDevice;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_WMI WMI;
    [FieldOffset(0x000)] public IO_STACK_LOCATION_Parameters_Others Others;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-Create>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_Create
{
    [FieldOffset(0x000), NtPointer<IO_SECURITY_CONTEXT>] public ulong SecurityContext;
    [FieldOffset(0x008)] public uint Options;
    [FieldOffset(0x010)] public ushort FileAttributes;
    [FieldOffset(0x012)] public ushort ShareAccess;
    [FieldOffset(0x018)] public uint EaLength;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-CreatePipe>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_CreatePipe
{
    [FieldOffset(0x000), NtPointer<IO_SECURITY_CONTEXT>] public ulong SecurityContext;
    [FieldOffset(0x008)] public uint Options;
    [FieldOffset(0x010)] public ushort Reserved;
    [FieldOffset(0x012)] public ushort ShareAccess;
    [FieldOffset(0x018), NtPointer<NAMED_PIPE_CREATE_PARAMETERS>] public ulong Parameters;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-CreateMailslot>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_CreateMailslot
{
    [FieldOffset(0x000), NtPointer<IO_SECURITY_CONTEXT>] public ulong SecurityContext;
    [FieldOffset(0x008)] public uint Options;
    [FieldOffset(0x010)] public ushort Reserved;
    [FieldOffset(0x012)] public ushort ShareAccess;
    [FieldOffset(0x018), NtPointer<MAILSLOT_CREATE_PARAMETERS>] public ulong Parameters;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-Read>"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_STACK_LOCATION_Parameters_Read
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public uint Key;
    [FieldOffset(0x00C)] public uint Flags;
    [FieldOffset(0x010)] public LARGE_INTEGER ByteOffset;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-Write>"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_STACK_LOCATION_Parameters_Write
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public uint Key;
    [FieldOffset(0x00C)] public uint Flags;
    [FieldOffset(0x010)] public LARGE_INTEGER ByteOffset;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryDirectory>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_QueryDirectory
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public Ptr<UNICODE_STRING> FileName;
    [FieldOffset(0x010)] public FILE_INFORMATION_CLASS FileInformationClass;
    [FieldOffset(0x018)] public uint FileIndex;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-NotifyDirectory>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_NotifyDirectory
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public uint CompletionFilter;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-NotifyDirectoryEx>")]
[StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_STACK_LOCATION_Parameters_NotifyDirectoryEx
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public uint CompletionFilter;
    [FieldOffset(0x010)] public int DirectoryNotifyInformationClass;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryFile>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_QueryFile
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public FILE_INFORMATION_CLASS FileInformationClass;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-SetFile>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_SetFile
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public FILE_INFORMATION_CLASS FileInformationClass;
    [FieldOffset(0x010), NtPointer<FILE_OBJECT>] public ulong FileObject;
    [FieldOffset(0x018)] public bool ReplaceIfExists;
    [FieldOffset(0x019)] public bool AdvanceOnly;
    [FieldOffset(0x018)] public uint ClusterCount;
    [FieldOffset(0x018), NtPointer] public ulong DeleteHandle;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryEa>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_QueryEa
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008), NtPointer] public ulong EaList;
    [FieldOffset(0x010)] public uint EaListLength;
    [FieldOffset(0x018)] public uint EaIndex;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-SetEa>"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct IO_STACK_LOCATION_Parameters_SetEa
{
    [FieldOffset(0x000)] public uint Length;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryVolume>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_QueryVolume
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public FSINFOCLASS FsInformationClass;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-SetVolume>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_SetVolume
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008)] public FSINFOCLASS FsInformationClass;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-FileSystemControl>")]
[StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_FileSystemControl
{
    [FieldOffset(0x000)] public uint OutputBufferLength;
    [FieldOffset(0x008)] public uint InputBufferLength;
    [FieldOffset(0x010)] public uint FsControlCode;
    [FieldOffset(0x018), NtPointer] public ulong Type3InputBuffer;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-LockControl>"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_STACK_LOCATION_Parameters_LockControl
{
    [FieldOffset(0x000)] public Ptr<LARGE_INTEGER> Length;
    [FieldOffset(0x008)] public uint Key;
    [FieldOffset(0x010)] public LARGE_INTEGER ByteOffset;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-DeviceIoControl>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_DeviceIoControl
{
    [FieldOffset(0x000)] public uint OutputBufferLength;
    [FieldOffset(0x008)] public uint InputBufferLength;
    [FieldOffset(0x010)] public uint IoControlCode;
    [FieldOffset(0x018), NtPointer] public ulong Type3InputBuffer;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QuerySecurity>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_QuerySecurity
{
    [FieldOffset(0x000)] public uint SecurityInformation;
    [FieldOffset(0x008)] public uint Length;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-SetSecurity>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_SetSecurity
{
    [FieldOffset(0x000)] public uint SecurityInformation;
    [FieldOffset(0x008), NtPointer] public ulong SecurityDescriptor;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-MountVolume>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_MountVolume
{
    [FieldOffset(0x000), NtPointer<VPB>] public ulong Vpb;
    [FieldOffset(0x008), NtPointer<DEVICE_OBJECT>] public ulong DeviceObject;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-VerifyVolume>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_VerifyVolume
{
    [FieldOffset(0x000), NtPointer<VPB>] public ulong Vpb;
    [FieldOffset(0x008), NtPointer<DEVICE_OBJECT>] public ulong DeviceObject;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-Scsi>"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IO_STACK_LOCATION_Parameters_Scsi
{
    [FieldOffset(0x000), NtPointer("_SCSI_REQUEST_BLOCK")] public ulong Srb;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryQuota>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_QueryQuota
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x008), NtPointer] public ulong StartSid;
    [FieldOffset(0x010), NtPointer("_FILE_GET_QUOTA_INFORMATION")] public ulong SidList;
    [FieldOffset(0x018)] public uint SidListLength;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-SetQuota>"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct IO_STACK_LOCATION_Parameters_SetQuota
{
    [FieldOffset(0x000)] public uint Length;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryDeviceRelations>")]
[StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct IO_STACK_LOCATION_Parameters_QueryDeviceRelations
{
    [FieldOffset(0x000)] public DEVICE_RELATION_TYPE Type;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryInterface>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_QueryInterface
{
    [FieldOffset(0x000)] public Ptr<GUID> InterfaceType;
    [FieldOffset(0x008)] public ushort Size;
    [FieldOffset(0x00A)] public ushort Version;
    [FieldOffset(0x010), NtPointer<INTERFACE>] public ulong Interface;
    [FieldOffset(0x018), NtPointer] public ulong InterfaceSpecificData;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-DeviceCapabilities>")]
[StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IO_STACK_LOCATION_Parameters_DeviceCapabilities
{
    [FieldOffset(0x000), NtPointer<DEVICE_CAPABILITIES>] public ulong Capabilities;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-FilterResourceRequirements>")]
[StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IO_STACK_LOCATION_Parameters_FilterResourceRequirements
{
    [FieldOffset(0x000), NtPointer<IO_RESOURCE_REQUIREMENTS_LIST>] public ulong IoResourceRequirementList;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-ReadWriteConfig>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_ReadWriteConfig
{
    [FieldOffset(0x000)] public uint WhichSpace;
    [FieldOffset(0x008), NtPointer] public ulong Buffer;
    [FieldOffset(0x010)] public uint Offset;
    [FieldOffset(0x018)] public uint Length;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-SetLock>"), StructLayout(LayoutKind.Explicit, Size = 0x1)]
public partial struct IO_STACK_LOCATION_Parameters_SetLock
{
    [FieldOffset(0x000)] public bool Lock;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryId>"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct IO_STACK_LOCATION_Parameters_QueryId
{
    [FieldOffset(0x000)] public BUS_QUERY_ID_TYPE IdType;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-QueryDeviceText>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_QueryDeviceText
{
    [FieldOffset(0x000)] public DEVICE_TEXT_TYPE DeviceTextType;
    [FieldOffset(0x008)] public uint LocaleId;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-UsageNotification>")]
[StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_UsageNotification
{
    [FieldOffset(0x000)] public bool InPath;
    [FieldOffset(0x001), NtArray(3)] public byte Reserved;
    [FieldOffset(0x008)] public DEVICE_USAGE_NOTIFICATION_TYPE Type;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-WaitWake>"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct IO_STACK_LOCATION_Parameters_WaitWake
{
    [FieldOffset(0x000)] public SYSTEM_POWER_STATE PowerState;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-PowerSequence>"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IO_STACK_LOCATION_Parameters_PowerSequence
{
    [FieldOffset(0x000), NtPointer<POWER_SEQUENCE>] public ulong PowerSequence;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-Power>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_Power
{
    [FieldOffset(0x000)] public uint SystemContext;
    [FieldOffset(0x000)] public SYSTEM_POWER_STATE_CONTEXT SystemPowerStateContext;
    [FieldOffset(0x008)] public POWER_STATE_TYPE Type;
    [FieldOffset(0x010)] public POWER_STATE State;
    [FieldOffset(0x018)] public POWER_ACTION ShutdownType;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-StartDevice>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STACK_LOCATION_Parameters_StartDevice
{
    [FieldOffset(0x000), NtPointer<CM_RESOURCE_LIST>] public ulong AllocatedResources;
    [FieldOffset(0x008), NtPointer<CM_RESOURCE_LIST>] public ulong AllocatedResourcesTranslated;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-WMI>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_WMI
{
    [FieldOffset(0x000)] public ulong ProviderId;
    [FieldOffset(0x008), NtPointer] public ulong DataPath;
    [FieldOffset(0x010)] public uint BufferSize;
    [FieldOffset(0x018), NtPointer] public ulong Buffer;
}

[NtType("_IO_STACK_LOCATION::<unnamed-type-Parameters>::<unnamed-type-Others>"), StructLayout(LayoutKind.Explicit, Size = 0x20)]
public partial struct IO_STACK_LOCATION_Parameters_Others
{
    [FieldOffset(0x000), NtPointer] public ulong Argument1;
    [FieldOffset(0x008), NtPointer] public ulong Argument2;
    [FieldOffset(0x010), NtPointer] public ulong Argument3;
    [FieldOffset(0x018), NtPointer] public ulong Argument4;
}

[NtType("_IO_SECURITY_CONTEXT"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct IO_SECURITY_CONTEXT
{
    [FieldOffset(0x000), NtPointer<SECURITY_QUALITY_OF_SERVICE>] public ulong SecurityQos;
    [FieldOffset(0x008), NtPointer<ACCESS_STATE>] public ulong AccessState;
    [FieldOffset(0x010)] public uint DesiredAccess;
    [FieldOffset(0x014)] public uint FullCreateOptions;
}

[NtType("_FILE_INFORMATION_CLASS")]
public enum FILE_INFORMATION_CLASS
{
    FileDirectoryInformation = 1,
    FileFullDirectoryInformation = 2,
    FileBothDirectoryInformation = 3,
    FileBasicInformation = 4,
    FileStandardInformation = 5,
    FileInternalInformation = 6,
    FileEaInformation = 7,
    FileAccessInformation = 8,
    FileNameInformation = 9,
    FileRenameInformation = 10,
    FileLinkInformation = 11,
    FileNamesInformation = 12,
    FileDispositionInformation = 13,
    FilePositionInformation = 14,
    FileFullEaInformation = 15,
    FileModeInformation = 16,
    FileAlignmentInformation = 17,
    FileAllInformation = 18,
    FileAllocationInformation = 19,
    FileEndOfFileInformation = 20,
    FileAlternateNameInformation = 21,
    FileStreamInformation = 22,
    FilePipeInformation = 23,
    FilePipeLocalInformation = 24,
    FilePipeRemoteInformation = 25,
    FileMailslotQueryInformation = 26,
    FileMailslotSetInformation = 27,
    FileCompressionInformation = 28,
    FileObjectIdInformation = 29,
    FileCompletionInformation = 30,
    FileMoveClusterInformation = 31,
    FileQuotaInformation = 32,
    FileReparsePointInformation = 33,
    FileNetworkOpenInformation = 34,
    FileAttributeTagInformation = 35,
    FileTrackingInformation = 36,
    FileIdBothDirectoryInformation = 37,
    FileIdFullDirectoryInformation = 38,
    FileValidDataLengthInformation = 39,
    FileShortNameInformation = 40,
    FileIoCompletionNotificationInformation = 41,
    FileIoStatusBlockRangeInformation = 42,
    FileIoPriorityHintInformation = 43,
    FileSfioReserveInformation = 44,
    FileSfioVolumeInformation = 45,
    FileHardLinkInformation = 46,
    FileProcessIdsUsingFileInformation = 47,
    FileNormalizedNameInformation = 48,
    FileNetworkPhysicalNameInformation = 49,
    FileIdGlobalTxDirectoryInformation = 50,
    FileIsRemoteDeviceInformation = 51,
    FileUnusedInformation = 52,
    FileNumaNodeInformation = 53,
    FileStandardLinkInformation = 54,
    FileRemoteProtocolInformation = 55,
    FileRenameInformationBypassAccessCheck = 56,
    FileLinkInformationBypassAccessCheck = 57,
    FileVolumeNameInformation = 58,
    FileIdInformation = 59,
    FileIdExtdDirectoryInformation = 60,
    FileReplaceCompletionInformation = 61,
    FileHardLinkFullIdInformation = 62,
    FileIdExtdBothDirectoryInformation = 63,
    FileDispositionInformationEx = 64,
    FileRenameInformationEx = 65,
    FileRenameInformationExBypassAccessCheck = 66,
    FileDesiredStorageClassInformation = 67,
    FileStatInformation = 68,
    FileMemoryPartitionInformation = 69,
    FileStatLxInformation = 70,
    FileCaseSensitiveInformation = 71,
    FileLinkInformationEx = 72,
    FileLinkInformationExBypassAccessCheck = 73,
    FileStorageReserveIdInformation = 74,
    FileCaseSensitiveInformationForceAccessCheck = 75,
    FileMaximumInformation = 76,
}

[NtType("_FSINFOCLASS")]
public enum FSINFOCLASS
{
    FileFsVolumeInformation = 1,
    FileFsLabelInformation = 2,
    FileFsSizeInformation = 3,
    FileFsDeviceInformation = 4,
    FileFsAttributeInformation = 5,
    FileFsControlInformation = 6,
    FileFsFullSizeInformation = 7,
    FileFsObjectIdInformation = 8,
    FileFsDriverPathInformation = 9,
    FileFsVolumeFlagsInformation = 10,
    FileFsSectorSizeInformation = 11,
    FileFsDataCopyInformation = 12,
    FileFsMetadataSizeInformation = 13,
    FileFsFullSizeInformationEx = 14,
    FileFsMaximumInformation = 15,
}
