using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A loaded kernel image.</summary>
[NtType("_KLDR_DATA_TABLE_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0xA0)]
public partial struct KLDR_DATA_TABLE_ENTRY
{
    [FieldOffset(0x000)] public LIST_ENTRY InLoadOrderLinks;
    [FieldOffset(0x010), NtPointer] public ulong ExceptionTable;
    [FieldOffset(0x018)] public uint ExceptionTableSize;
    [FieldOffset(0x020), NtPointer] public ulong GpValue;
    [FieldOffset(0x028), NtPointer] public ulong NonPagedDebugInfo;
    [FieldOffset(0x030), NtPointer] public ulong DllBase;
    [FieldOffset(0x038), NtPointer] public ulong EntryPoint;
    [FieldOffset(0x040)] public uint SizeOfImage;
    [FieldOffset(0x048)] public UNICODE_STRING FullDllName;
    [FieldOffset(0x058)] public UNICODE_STRING BaseDllName;
    [FieldOffset(0x068)] public uint Flags;
    [FieldOffset(0x06C)] public ushort LoadCount;
    [FieldOffset(0x06E)] public KLDR_DATA_TABLE_ENTRY_u1 u1;
    [FieldOffset(0x070), NtPointer] public ulong SectionPointer;
    [FieldOffset(0x078)] public uint CheckSum;
    [FieldOffset(0x07C)] public uint CoverageSectionSize;
    [FieldOffset(0x080), NtPointer] public ulong CoverageSection;
    [FieldOffset(0x088), NtPointer] public ulong LoadedImports;
    [FieldOffset(0x090), NtPointer] public ulong Spare;
    [FieldOffset(0x090), NtPointer<KLDR_DATA_TABLE_ENTRY>] public ulong NtDataTableEntry;
    [FieldOffset(0x098)] public uint SizeOfImageNotRounded;
    [FieldOffset(0x09C)] public uint TimeDateStamp;
}

[NtType("_KLDR_DATA_TABLE_ENTRY::<unnamed-type-u1>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x2)]
public partial struct KLDR_DATA_TABLE_ENTRY_u1
{
    [FieldOffset(0x000), NtVisible, NtBits("SignatureLevel", 0, 4), NtBits("SignatureType", 4, 3), NtBits("Unused", 7, 9)]
    public ushort EntireField;
}

/// <summary>A row of nt!MmUnloadedDrivers.</summary>
[NtType("_UNLOADED_DRIVERS"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct UNLOADED_DRIVERS
{
    [FieldOffset(0x000)] public UNICODE_STRING Name;
    [FieldOffset(0x010), NtPointer] public ulong StartAddress;
    [FieldOffset(0x018), NtPointer] public ulong EndAddress;
    [FieldOffset(0x020)] public long CurrentTime;
}
