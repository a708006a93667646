using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_PS_CREATE_NOTIFY_INFO"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct PS_CREATE_NOTIFY_INFO
{
    [FieldOffset(0x000)] public ulong Size;
    [FieldOffset(0x008), NtVisible, NtBits("FileOpenNameAvailable", 0, 1), NtBits("Reserved", 1, 31)] public uint Flags;
    [FieldOffset(0x010), NtPointer] public ulong ParentProcessId;
    [FieldOffset(0x018)] public CLIENT_ID CreatingThreadId;
    [FieldOffset(0x028), NtPointer<FILE_OBJECT>] public ulong FileObject;
    [FieldOffset(0x030)] public Ptr<UNICODE_STRING> ImageFileName;
    [FieldOffset(0x038)] public Ptr<UNICODE_STRING> CommandLine;
    [FieldOffset(0x040)] public NtStatus CreationStatus;
}

[NtType("_IMAGE_INFO"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct IMAGE_INFO
{
    [FieldOffset(0x000), NtVisible, NtBits("ImageAddressingMode", 0, 8), NtBits("SystemModeImage", 8, 1)]
    [NtBits("ImageMappedToAllPids", 9, 1), NtBits("ExtendedInfoPresent", 10, 1), NtBits("Reserved", 11, 21)]
    public uint Properties;
    [FieldOffset(0x008), NtPointer] public ulong ImageBase;
    [FieldOffset(0x010)] public uint ImageSelector;
    [FieldOffset(0x018)] public ulong ImageSize;
    [FieldOffset(0x020)] public uint ImageSectionNumber;
}
