using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_FILE_BASIC_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct FILE_BASIC_INFORMATION
{
    [FieldOffset(0x000)] public LARGE_INTEGER CreationTime;
    [FieldOffset(0x008)] public LARGE_INTEGER LastAccessTime;
    [FieldOffset(0x010)] public LARGE_INTEGER LastWriteTime;
    [FieldOffset(0x018)] public LARGE_INTEGER ChangeTime;
    [FieldOffset(0x020)] public uint FileAttributes;
}

[NtType("_FILE_STANDARD_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct FILE_STANDARD_INFORMATION
{
    [FieldOffset(0x000)] public LARGE_INTEGER AllocationSize;
    [FieldOffset(0x008)] public LARGE_INTEGER EndOfFile;
    [FieldOffset(0x010)] public uint NumberOfLinks;
    [FieldOffset(0x014)] public bool DeletePending;
    [FieldOffset(0x015)] public bool Directory;
}

[NtType("_FILE_POSITION_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct FILE_POSITION_INFORMATION
{
    [FieldOffset(0x000)] public LARGE_INTEGER CurrentByteOffset;
}

[NtType("_FILE_END_OF_FILE_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct FILE_END_OF_FILE_INFORMATION
{
    [FieldOffset(0x000)] public LARGE_INTEGER EndOfFile;
}

[NtType("_FILE_NETWORK_OPEN_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct FILE_NETWORK_OPEN_INFORMATION
{
    [FieldOffset(0x000)] public LARGE_INTEGER CreationTime;
    [FieldOffset(0x008)] public LARGE_INTEGER LastAccessTime;
    [FieldOffset(0x010)] public LARGE_INTEGER LastWriteTime;
    [FieldOffset(0x018)] public LARGE_INTEGER ChangeTime;
    [FieldOffset(0x020)] public LARGE_INTEGER AllocationSize;
    [FieldOffset(0x028)] public LARGE_INTEGER EndOfFile;
    [FieldOffset(0x030)] public uint FileAttributes;
}

[NtType("_FILE_ALIGNMENT_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct FILE_ALIGNMENT_INFORMATION
{
    [FieldOffset(0x000)] public uint AlignmentRequirement;
}

[NtType("_FILE_NAME_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct FILE_NAME_INFORMATION
{
    [FieldOffset(0x000)] public uint FileNameLength;
    [FieldOffset(0x004), NtArray(1)] public char FileName;
}

[NtType("_FILE_FULL_EA_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct FILE_FULL_EA_INFORMATION
{
    [FieldOffset(0x000)] public uint NextEntryOffset;
    [FieldOffset(0x004)] public byte Flags;
    [FieldOffset(0x005)] public byte EaNameLength;
    [FieldOffset(0x006)] public ushort EaValueLength;
    [FieldOffset(0x008), NtArray(1)] public sbyte EaName;
}

[NtType("_FILE_FS_DEVICE_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct FILE_FS_DEVICE_INFORMATION
{
    [FieldOffset(0x000)] public uint DeviceType;
    [FieldOffset(0x004)] public uint Characteristics;
}

[NtType("_FILE_DISPOSITION_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x1)]
public partial struct FILE_DISPOSITION_INFORMATION
{
    [FieldOffset(0x000)] public bool DeleteFile;
}

[NtType("_FILE_OBJECTID_INFORMATION"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct FILE_OBJECTID_INFORMATION
{
    [FieldOffset(0x000)] public long FileReference;
    [FieldOffset(0x008), NtArray(16)] public byte ObjectId;
    [FieldOffset(0x018), NtArray(16)] public byte BirthVolumeId;
    [FieldOffset(0x028), NtArray(16)] public byte BirthObjectId;
    [FieldOffset(0x038), NtArray(16)] public byte DomainId;
    [FieldOffset(0x018), NtArray(48)] public byte ExtendedInfo;
}
