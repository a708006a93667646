using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_OSVERSIONINFOW"), StructLayout(LayoutKind.Explicit, Size = 0x114)]
public partial struct RTL_OSVERSIONINFOW
{
    [FieldOffset(0x000)] public uint dwOSVersionInfoSize;
    [FieldOffset(0x004)] public uint dwMajorVersion;
    [FieldOffset(0x008)] public uint dwMinorVersion;
    [FieldOffset(0x00C)] public uint dwBuildNumber;
    [FieldOffset(0x010)] public uint dwPlatformId;
    [FieldOffset(0x014), NtArray(128)] public char szCSDVersion;
}

[NtType("_OSVERSIONINFOEXW"), StructLayout(LayoutKind.Explicit, Size = 0x11C)]
public partial struct RTL_OSVERSIONINFOEXW
{
    [FieldOffset(0x000)] public uint dwOSVersionInfoSize;
    [FieldOffset(0x004)] public uint dwMajorVersion;
    [FieldOffset(0x008)] public uint dwMinorVersion;
    [FieldOffset(0x00C)] public uint dwBuildNumber;
    [FieldOffset(0x010)] public uint dwPlatformId;
    [FieldOffset(0x014), NtArray(128)] public char szCSDVersion;
    [FieldOffset(0x114)] public ushort wServicePackMajor;
    [FieldOffset(0x116)] public ushort wServicePackMinor;
    [FieldOffset(0x118)] public ushort wSuiteMask;
    [FieldOffset(0x11A)] public byte wProductType;
    [FieldOffset(0x11B)] public byte wReserved;
}
