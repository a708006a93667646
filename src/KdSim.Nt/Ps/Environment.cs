using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>The process environment block; the rest is filler.</summary>
[NtType("_PEB"), StructLayout(LayoutKind.Explicit, Size = 0x7C8)]
public partial struct PEB
{
    [FieldOffset(0x000)] public bool InheritedAddressSpace;
    [FieldOffset(0x001)] public bool ReadImageFileExecOptions;
    [FieldOffset(0x002)] public bool BeingDebugged;
    [FieldOffset(0x003), NtVisible, NtBits("ImageUsesLargePages", 0, 1), NtBits("IsProtectedProcess", 1, 1)]
    [NtBits("IsImageDynamicallyRelocated", 2, 1), NtBits("SkipPatchingUser32Forwarders", 3, 1), NtBits("IsPackagedProcess", 4, 1)]
    [NtBits("IsAppContainer", 5, 1), NtBits("IsProtectedProcessLight", 6, 1), NtBits("IsLongPathAwareProcess", 7, 1)]
    public byte BitField;
    [FieldOffset(0x004), NtArray(4)] public byte Padding0;
    [FieldOffset(0x008), NtPointer] public ulong Mutant;
    [FieldOffset(0x010), NtPointer] public ulong ImageBaseAddress;
    [FieldOffset(0x018), NtPointer<PEB_LDR_DATA>] public ulong Ldr;
    [FieldOffset(0x020), NtPointer<RTL_USER_PROCESS_PARAMETERS>] public ulong ProcessParameters;
    [FieldOffset(0x028), NtPointer] public ulong SubSystemData;
    [FieldOffset(0x030), NtPointer] public ulong ProcessHeap;
    [FieldOffset(0x038), NtPointer] public ulong FastPebLock;
    [FieldOffset(0x040), NtArray(216)] public byte Fill1;
    [FieldOffset(0x118)] public uint OSMajorVersion;
    [FieldOffset(0x11C)] public uint OSMinorVersion;
    [FieldOffset(0x120)] public ushort OSBuildNumber;
    [FieldOffset(0x122)] public ushort OSCSDVersion;
    [FieldOffset(0x124)] public uint OSPlatformId;
    [FieldOffset(0x128), NtArray(408)] public byte Fill2;
    [FieldOffset(0x2C0)] public uint SessionId;
    [FieldOffset(0x2C4), NtArray(1284)] public byte Fill3;
}

/// <summary>The thread environment block; the rest is filler.</summary>
[NtType("_TEB"), StructLayout(LayoutKind.Explicit, Size = 0x1838)]
public partial struct TEB
{
    [FieldOffset(0x000)] public NT_TIB NtTib;
    [FieldOffset(0x038), NtPointer] public ulong EnvironmentPointer;
    [FieldOffset(0x040)] public CLIENT_ID ClientId;
    [FieldOffset(0x050), NtPointer] public ulong ActiveRpcHandle;
    [FieldOffset(0x058), NtPointer] public ulong ThreadLocalStoragePointer;
    [FieldOffset(0x060), NtPointer<PEB>] public ulong ProcessEnvironmentBlock;
    [FieldOffset(0x068)] public uint LastErrorValue;
    [FieldOffset(0x06C)] public uint CountOfOwnedCriticalSections;
    [FieldOffset(0x070), NtPointer] public ulong CsrClientThread;
    [FieldOffset(0x078), NtPointer] public ulong Win32ThreadInfo;
    [FieldOffset(0x080), NtArray(4560)] public byte Fill1;
    [FieldOffset(0x1250)] public int LastStatusValue;
    [FieldOffset(0x1254), NtArray(548)] public byte Fill2;
    [FieldOffset(0x1478), NtPointer] public ulong DeallocationStack;
    [FieldOffset(0x1480), NtPointer, NtArray(64)] public ulong TlsSlots;
    [FieldOffset(0x1680), NtArray(440)] public byte Fill3;
}

[NtType("_NT_TIB"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct NT_TIB
{
    [FieldOffset(0x000), NtPointer("_EXCEPTION_REGISTRATION_RECORD")] public ulong ExceptionList;
    [FieldOffset(0x008), NtPointer] public ulong StackBase;
    [FieldOffset(0x010), NtPointer] public ulong StackLimit;
    [FieldOffset(0x018), NtPointer] public ulong SubSystemTib;
    [FieldOffset(0x020), NtPointer] public ulong FiberData;
    [FieldOffset(0x020)] public uint Version;
    [FieldOffset(0x028), NtPointer] public ulong ArbitraryUserPointer;
    [FieldOffset(0x030), NtPointer<NT_TIB>] public ulong Self;
}

[NtType("_PEB_LDR_DATA"), StructLayout(LayoutKind.Explicit, Size = 0x58)]
public partial struct PEB_LDR_DATA
{
    [FieldOffset(0x000)] public uint Length;
    [FieldOffset(0x004)] public bool Initialized;
    [FieldOffset(0x008), NtPointer] public ulong SsHandle;
    [FieldOffset(0x010)] public LIST_ENTRY InLoadOrderModuleList;
    [FieldOffset(0x020)] public LIST_ENTRY InMemoryOrderModuleList;
    [FieldOffset(0x030)] public LIST_ENTRY InInitializationOrderModuleList;
    [FieldOffset(0x040), NtPointer] public ulong EntryInProgress;
    [FieldOffset(0x048)] public bool ShutdownInProgress;
    [FieldOffset(0x050), NtPointer] public ulong ShutdownThreadId;
}

/// <summary>An image of user mode in the lists of PEB_LDR_DATA.</summary>
[NtType("_LDR_DATA_TABLE_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x120)]
public partial struct LDR_DATA_TABLE_ENTRY
{
    [FieldOffset(0x000)] public LIST_ENTRY InLoadOrderLinks;
    [FieldOffset(0x010)] public LIST_ENTRY InMemoryOrderLinks;
    [FieldOffset(0x020)] public LIST_ENTRY InInitializationOrderLinks;
    [FieldOffset(0x030), NtPointer] public ulong DllBase;
    [FieldOffset(0x038), NtPointer] public ulong EntryPoint;
    [FieldOffset(0x040)] public uint SizeOfImage;
    [FieldOffset(0x048)] public UNICODE_STRING FullDllName;
    [FieldOffset(0x058)] public UNICODE_STRING BaseDllName;
    [FieldOffset(0x068)] public uint Flags;
    [FieldOffset(0x06C)] public ushort ObsoleteLoadCount;
    [FieldOffset(0x06E)] public ushort TlsIndex;
    [FieldOffset(0x070)] public LIST_ENTRY HashLinks;
    [FieldOffset(0x080)] public uint TimeDateStamp;
    [FieldOffset(0x084), NtArray(156)] public byte Fill1;
}

[NtType("_RTL_USER_PROCESS_PARAMETERS"), StructLayout(LayoutKind.Explicit, Size = 0x88)]
public partial struct RTL_USER_PROCESS_PARAMETERS
{
    [FieldOffset(0x000)] public uint MaximumLength;
    [FieldOffset(0x004)] public uint Length;
    [FieldOffset(0x008)] public uint Flags;
    [FieldOffset(0x00C)] public uint DebugFlags;
    [FieldOffset(0x010), NtPointer] public ulong ConsoleHandle;
    [FieldOffset(0x018)] public uint ConsoleFlags;
    [FieldOffset(0x020), NtPointer] public ulong StandardInput;
    [FieldOffset(0x028), NtPointer] public ulong StandardOutput;
    [FieldOffset(0x030), NtPointer] public ulong StandardError;
    [FieldOffset(0x038)] public CURDIR CurrentDirectory;
    [FieldOffset(0x050)] public UNICODE_STRING DllPath;
    [FieldOffset(0x060)] public UNICODE_STRING ImagePathName;
    [FieldOffset(0x070)] public UNICODE_STRING CommandLine;
    [FieldOffset(0x080), NtPointer] public ulong Environment;
}

[NtType("_CURDIR"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct CURDIR
{
    [FieldOffset(0x000)] public UNICODE_STRING DosPath;
    [FieldOffset(0x010), NtPointer] public ulong Handle;
}
