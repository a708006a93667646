using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>The page that user mode and drivers read time from, at FFFFF780`00000000.</summary>
[NtType("_KUSER_SHARED_DATA"), StructLayout(LayoutKind.Explicit, Size = 0x5F0)]
public partial struct KUSER_SHARED_DATA
{
    [FieldOffset(0x000)] public uint TickCountLowDeprecated;
    [FieldOffset(0x004)] public uint TickCountMultiplier;
    [FieldOffset(0x008)] public KSYSTEM_TIME InterruptTime;
    [FieldOffset(0x014)] public KSYSTEM_TIME SystemTime;
    [FieldOffset(0x020)] public KSYSTEM_TIME TimeZoneBias;
    [FieldOffset(0x02C)] public ushort ImageNumberLow;
    [FieldOffset(0x02E)] public ushort ImageNumberHigh;
    [FieldOffset(0x030), NtArray(260)] public char NtSystemRoot;
    [FieldOffset(0x238)] public uint MaxStackTraceDepth;
    [FieldOffset(0x23C)] public uint CryptoExponent;
    [FieldOffset(0x240)] public uint TimeZoneId;
    [FieldOffset(0x244)] public uint LargePageMinimum;
    [FieldOffset(0x248), NtArray(7)] public uint Reserved2;
    [FieldOffset(0x264)] public NT_PRODUCT_TYPE NtProductType;
    [FieldOffset(0x268)] public bool ProductTypeIsValid;
    [FieldOffset(0x26C)] public uint NtMajorVersion;
    [FieldOffset(0x270)] public uint NtMinorVersion;
    [FieldOffset(0x274), NtArray(64)] public byte ProcessorFeatures;
    [FieldOffset(0x2B4)] public uint Reserved1;
    [FieldOffset(0x2B8)] public uint Reserved3;
    [FieldOffset(0x2BC)] public uint TimeSlip;
    [FieldOffset(0x2C0)] public ALTERNATIVE_ARCHITECTURE_TYPE AlternativeArchitecture;
    [FieldOffset(0x2C4), NtArray(1)] public uint AltArchitecturePad;
    [FieldOffset(0x2C8)] public LARGE_INTEGER SystemExpirationDate;
    [FieldOffset(0x2D0)] public uint SuiteMask;
    [FieldOffset(0x2D4)] public bool KdDebuggerEnabled;
    [FieldOffset(0x2D5)] public byte NXSupportPolicy;
    [FieldOffset(0x2D8)] public uint ActiveConsoleId;
    [FieldOffset(0x2DC)] public uint DismountCount;
    [FieldOffset(0x2E0)] public uint ComPlusPackage;
    [FieldOffset(0x2E4)] public uint LastSystemRITEventTickCount;
    [FieldOffset(0x2E8)] public uint NumberOfPhysicalPages;
    [FieldOffset(0x2EC)] public bool SafeBootMode;
    [FieldOffset(0x2ED), NtVisible, NtBits("TscQpcEnabled", 0, 1), NtBits("TscQpcSpareFlag", 1, 1), NtBits("TscQpcShift", 2, 6)]
    public byte TscQpcData;
    [FieldOffset(0x2EE), NtArray(2)] public byte TscQpcPad;
    [FieldOffset(0x2F0), NtVisible, NtBits("DbgErrorPortPresent", 0, 1), NtBits("DbgElevationEnabled", 1, 1)]
    [NtBits("DbgVirtEnabled", 2, 1), NtBits("DbgInstallerDetectEnabled", 3, 1), NtBits("DbgSystemDllRelocated", 4, 1)]
    [NtBits("DbgDynProcessorEnabled", 5, 1), NtBits("DbgSEHValidationEnabled", 6, 1), NtBits("SpareBits", 7, 25)]
    public uint SharedDataFlags;
    [FieldOffset(0x2F4), NtArray(1)] public uint DataFlagsPad;
    [FieldOffset(0x2F8)] public ulong TestRetInstruction;
    [FieldOffset(0x300)] public uint SystemCall;
    [FieldOffset(0x304)] public uint SystemCallReturn;
    [FieldOffset(0x308), NtArray(3)] public ulong SystemCallPad;
    [FieldOffset(0x320)] public KSYSTEM_TIME TickCount;
    [FieldOffset(0x320)] public ulong TickCountQuad;
    [FieldOffset(0x320), NtArray(3)] public uint ReservedTickCountOverlay;
    [FieldOffset(0x32C), NtArray(1)] public uint TickCountPad;
    [FieldOffset(0x330)] public uint Cookie;
    [FieldOffset(0x334), NtArray(1)] public uint CookiePad;
    [FieldOffset(0x338)] public long ConsoleSessionForegroundProcessId;
    [FieldOffset(0x340), NtArray(16)] public uint Wow64SharedInformation;
    [FieldOffset(0x380), NtArray(16)] public ushort UserModeGlobalLogger;
    [FieldOffset(0x3A0)] public uint ImageFileExecutionOptions;
    [FieldOffset(0x3A4)] public uint LangGenerationCount;
    [FieldOffset(0x3A8)] public ulong Reserved5;
    [FieldOffset(0x3B0)] public ulong InterruptTimeBias;
    [FieldOffset(0x3B8)] public ulong TscQpcBias;
    [FieldOffset(0x3C0)] public uint ActiveProcessorCount;
    [FieldOffset(0x3C4)] public ushort ActiveGroupCount;
    [FieldOffset(0x3C6)] public ushort Reserved4;
    [FieldOffset(0x3C8)] public uint AitSamplingValue;
    [FieldOffset(0x3CC)] public uint AppCompatFlag;
    [FieldOffset(0x3D0)] public ulong SystemDllNativeRelocation;
    [FieldOffset(0x3D8)] public uint SystemDllWowRelocation;
    [FieldOffset(0x3DC), NtArray(1)] public uint XStatePad;
    [FieldOffset(0x3E0)] public XSTATE_CONFIGURATION XState;
}

[NtType("_KSYSTEM_TIME"), StructLayout(LayoutKind.Explicit, Size = 0xC)]
public partial struct KSYSTEM_TIME
{
    [FieldOffset(0x000)] public uint LowPart;
    [FieldOffset(0x004)] public int High1Time;
    [FieldOffset(0x008)] public int High2Time;
}

[NtType("_NT_PRODUCT_TYPE")]
public enum NT_PRODUCT_TYPE
{
    NtProductWinNt = 1,
    NtProductLanManNt = 2,
    NtProductServer = 3,
}

[NtType("_ALTERNATIVE_ARCHITECTURE_TYPE")]
public enum ALTERNATIVE_ARCHITECTURE_TYPE
{
    StandardDesign = 0,
    NEC98x86 = 1,
    EndAlternatives = 2,
}

[NtType("_XSTATE_CONFIGURATION"), StructLayout(LayoutKind.Explicit, Size = 0x210)]
public partial struct XSTATE_CONFIGURATION
{
    [FieldOffset(0x000)] public ulong EnabledFeatures;
    [FieldOffset(0x008)] public uint Size;
    [FieldOffset(0x00C), NtBits("OptimizedSave", 0, 1)] public uint Bits;
    [FieldOffset(0x010), NtArray(64)] public XSTATE_FEATURE Features;
}

[NtType("_XSTATE_FEATURE"), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct XSTATE_FEATURE
{
    [FieldOffset(0x000)] public uint Offset;
    [FieldOffset(0x004)] public uint Size;
}
