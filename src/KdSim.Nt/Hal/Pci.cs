using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_PCI_SLOT_NUMBER", ByValue = true), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct PCI_SLOT_NUMBER
{
    [FieldOffset(0x000)] public PCI_SLOT_NUMBER_u u;
}

[NtType("_PCI_SLOT_NUMBER::<unnamed-type-u>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct PCI_SLOT_NUMBER_u
{
    [FieldOffset(0x000)] public PCI_SLOT_NUMBER_u_bits bits;
    [FieldOffset(0x000)] public uint AsULONG;
}

[NtType("_PCI_SLOT_NUMBER::<unnamed-type-u>::<unnamed-type-bits>"), StructLayout(LayoutKind.Explicit, Size = 0x4)]
public partial struct PCI_SLOT_NUMBER_u_bits
{
    [FieldOffset(0x000), NtBits("DeviceNumber", 0, 5), NtBits("FunctionNumber", 5, 3), NtBits("Reserved", 8, 24)] public uint Bits;
}

[NtType("_PCI_COMMON_HEADER"), StructLayout(LayoutKind.Explicit, Size = 0x40)]
public partial struct PCI_COMMON_HEADER
{
    [FieldOffset(0x000)] public ushort VendorID;
    [FieldOffset(0x002)] public ushort DeviceID;
    [FieldOffset(0x004)] public ushort Command;
    [FieldOffset(0x006)] public ushort Status;
    [FieldOffset(0x008)] public byte RevisionID;
    [FieldOffset(0x009)] public byte ProgIf;
    [FieldOffset(0x00A)] public byte SubClass;
    [FieldOffset(0x00B)] public byte BaseClass;
    [FieldOffset(0x00C)] public byte CacheLineSize;
    [FieldOffset(0x00D)] public byte LatencyTimer;
    [FieldOffset(0x00E)] public byte HeaderType;
    [FieldOffset(0x00F)] public byte BIST;
    [FieldOffset(0x010)] public PCI_COMMON_HEADER_u u;
}

[NtType("_PCI_COMMON_HEADER::<unnamed-type-u>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct PCI_COMMON_HEADER_u
{
    [FieldOffset(0x000)] public PCI_COMMON_HEADER_u_type0 type0;
    [FieldOffset(0x000)] public PCI_COMMON_HEADER_u_type1 type1;
    [FieldOffset(0x000)] public PCI_COMMON_HEADER_u_type2 type2;
}

[NtType("_PCI_COMMON_HEADER::<unnamed-type-u>::<unnamed-type-type0>"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct PCI_COMMON_HEADER_u_type0
{
    [FieldOffset(0x000), NtArray(6)] public uint BaseAddresses;
    [FieldOffset(0x018)] public uint CIS;
    [FieldOffset(0x01C)] public ushort SubVendorID;
    [FieldOffset(0x01E)] public ushort SubSystemID;
    [FieldOffset(0x020)] public uint ROMBaseAddress;
    [FieldOffset(0x024)] public byte CapabilitiesPtr;
    [FieldOffset(0x025), NtArray(3)] public byte Reserved1;
    [FieldOffset(0x028)] public uint Reserved2;
    [FieldOffset(0x02C)] public byte InterruptLine;
    [FieldOffset(0x02D)] public byte InterruptPin;
    [FieldOffset(0x02E)] public byte MinimumGrant;
    [FieldOffset(0x02F)] public byte MaximumLatency;
}

[NtType("_PCI_COMMON_HEADER::<unnamed-type-u>::<unnamed-type-type1>"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct PCI_COMMON_HEADER_u_type1
{
    [FieldOffset(0x000), NtArray(2)] public uint BaseAddresses;
    [FieldOffset(0x008)] public byte PrimaryBus;
    [FieldOffset(0x009)] public byte SecondaryBus;
    [FieldOffset(0x00A)] public byte SubordinateBus;
    [FieldOffset(0x00B)] public byte SecondaryLatency;
    [FieldOffset(0x00C)] public byte IOBase;
    [FieldOffset(0x00D)] public byte IOLimit;
    [FieldOffset(0x00E)] public ushort SecondaryStatus;
    [FieldOffset(0x010)] public ushort MemoryBase;
    [FieldOffset(0x012)] public ushort MemoryLimit;
    [FieldOffset(0x014)] public ushort PrefetchBase;
    [FieldOffset(0x016)] public ushort PrefetchLimit;
    [FieldOffset(0x018)] public uint PrefetchBaseUpper32;
    [FieldOffset(0x01C)] public uint PrefetchLimitUpper32;
    [FieldOffset(0x020)] public ushort IOBaseUpper16;
    [FieldOffset(0x022)] public ushort IOLimitUpper16;
    [FieldOffset(0x024)] public byte CapabilitiesPtr;
    [FieldOffset(0x025), NtArray(3)] public byte Reserved1;
    [FieldOffset(0x028)] public uint ROMBaseAddress;
    [FieldOffset(0x02C)] public byte InterruptLine;
    [FieldOffset(0x02D)] public byte InterruptPin;
    [FieldOffset(0x02E)] public ushort BridgeControl;
}

[NtType("_PCI_COMMON_HEADER::<unnamed-type-u>::<unnamed-type-type2>"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct PCI_COMMON_HEADER_u_type2
{
    [FieldOffset(0x000)] public uint SocketRegistersBaseAddress;
    [FieldOffset(0x004)] public byte CapabilitiesPtr;
    [FieldOffset(0x005)] public byte Reserved;
    [FieldOffset(0x006)] public ushort SecondaryStatus;
    [FieldOffset(0x008)] public byte PrimaryBus;
    [FieldOffset(0x009)] public byte SecondaryBus;
    [FieldOffset(0x00A)] public byte SubordinateBus;
    [FieldOffset(0x00B)] public byte SecondaryLatency;
    [FieldOffset(0x00C), NtArray(4)] public PCI_COMMON_HEADER_u_type2_Range Range;
    [FieldOffset(0x02C)] public byte InterruptLine;
    [FieldOffset(0x02D)] public byte InterruptPin;
    [FieldOffset(0x02E)] public ushort BridgeControl;
}

[NtType("_PCI_COMMON_HEADER::<unnamed-type-u>::<unnamed-type-type2>::<unnamed-type-Range>")]
[StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct PCI_COMMON_HEADER_u_type2_Range
{
    [FieldOffset(0x000)] public uint Base;
    [FieldOffset(0x004)] public uint Limit;
}

[NtType("_PCI_COMMON_CONFIG"), StructLayout(LayoutKind.Explicit, Size = 0x100)]
public partial struct PCI_COMMON_CONFIG
{
    [FieldOffset(0x000)] public ushort VendorID;
    [FieldOffset(0x002)] public ushort DeviceID;
    [FieldOffset(0x004)] public ushort Command;
    [FieldOffset(0x006)] public ushort Status;
    [FieldOffset(0x008)] public byte RevisionID;
    [FieldOffset(0x009)] public byte ProgIf;
    [FieldOffset(0x00A)] public byte SubClass;
    [FieldOffset(0x00B)] public byte BaseClass;
    [FieldOffset(0x00C)] public byte CacheLineSize;
    [FieldOffset(0x00D)] public byte LatencyTimer;
    [FieldOffset(0x00E)] public byte HeaderType;
    [FieldOffset(0x00F)] public byte BIST;
    [FieldOffset(0x010)] public PCI_COMMON_CONFIG_u u;
    [FieldOffset(0x040), NtArray(192)] public byte DeviceSpecific;
}

[NtType("_PCI_COMMON_CONFIG::<unnamed-type-u>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct PCI_COMMON_CONFIG_u
{
    [FieldOffset(0x000)] public PCI_COMMON_CONFIG_u_type0 type0;
    [FieldOffset(0x000)] public PCI_COMMON_CONFIG_u_type1 type1;
    [FieldOffset(0x000)] public PCI_COMMON_CONFIG_u_type2 type2;
}

[NtType("_PCI_COMMON_CONFIG::<unnamed-type-u>::<unnamed-type-type0>"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct PCI_COMMON_CONFIG_u_type0
{
    [FieldOffset(0x000), NtArray(6)] public uint BaseAddresses;
    [FieldOffset(0x018)] public uint CIS;
    [FieldOffset(0x01C)] public ushort SubVendorID;
    [FieldOffset(0x01E)] public ushort SubSystemID;
    [FieldOffset(0x020)] public uint ROMBaseAddress;
    [FieldOffset(0x024)] public byte CapabilitiesPtr;
    [FieldOffset(0x025), NtArray(3)] public byte Reserved1;
    [FieldOffset(0x028)] public uint Reserved2;
    [FieldOffset(0x02C)] public byte InterruptLine;
    [FieldOffset(0x02D)] public byte InterruptPin;
    [FieldOffset(0x02E)] public byte MinimumGrant;
    [FieldOffset(0x02F)] public byte MaximumLatency;
}

[NtType("_PCI_COMMON_CONFIG::<unnamed-type-u>::<unnamed-type-type1>"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct PCI_COMMON_CONFIG_u_type1
{
    [FieldOffset(0x000), NtArray(2)] public uint BaseAddresses;
    [FieldOffset(0x008)] public byte PrimaryBus;
    [FieldOffset(0x009)] public byte SecondaryBus;
    [FieldOffset(0x00A)] public byte SubordinateBus;
    [FieldOffset(0x00B)] public byte SecondaryLatency;
    [FieldOffset(0x00C)] public byte IOBase;
    [FieldOffset(0x00D)] public byte IOLimit;
    [FieldOffset(0x00E)] public ushort SecondaryStatus;
    [FieldOffset(0x010)] public ushort MemoryBase;
    [FieldOffset(0x012)] public ushort MemoryLimit;
    [FieldOffset(0x014)] public ushort PrefetchBase;
    [FieldOffset(0x016)] public ushort PrefetchLimit;
    [FieldOffset(0x018)] public uint PrefetchBaseUpper32;
    [FieldOffset(0x01C)] public uint PrefetchLimitUpper32;
    [FieldOffset(0x020)] public ushort IOBaseUpper16;
    [FieldOffset(0x022)] public ushort IOLimitUpper16;
    [FieldOffset(0x024)] public byte CapabilitiesPtr;
    [FieldOffset(0x025), NtArray(3)] public byte Reserved1;
    [FieldOffset(0x028)] public uint ROMBaseAddress;
    [FieldOffset(0x02C)] public byte InterruptLine;
    [FieldOffset(0x02D)] public byte InterruptPin;
    [FieldOffset(0x02E)] public ushort BridgeControl;
}

[NtType("_PCI_COMMON_CONFIG::<unnamed-type-u>::<unnamed-type-type2>"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct PCI_COMMON_CONFIG_u_type2
{
    [FieldOffset(0x000)] public uint SocketRegistersBaseAddress;
    [FieldOffset(0x004)] public byte CapabilitiesPtr;
    [FieldOffset(0x005)] public byte Reserved;
    [FieldOffset(0x006)] public ushort SecondaryStatus;
    [FieldOffset(0x008)] public byte PrimaryBus;
    [FieldOffset(0x009)] public byte SecondaryBus;
    [FieldOffset(0x00A)] public byte SubordinateBus;
    [FieldOffset(0x00B)] public byte SecondaryLatency;
    [FieldOffset(0x00C), NtArray(4)] public PCI_COMMON_CONFIG_u_type2_Range Range;
    [FieldOffset(0x02C)] public byte InterruptLine;
    [FieldOffset(0x02D)] public byte InterruptPin;
    [FieldOffset(0x02E)] public ushort BridgeControl;
}

[NtType("_PCI_COMMON_CONFIG::<unnamed-type-u>::<unnamed-type-type2>::<unnamed-type-Range>")]
[StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct PCI_COMMON_CONFIG_u_type2_Range
{
    [FieldOffset(0x000)] public uint Base;
    [FieldOffset(0x004)] public uint Limit;
}

[NtType("_PCI_CAPABILITIES_HEADER"), StructLayout(LayoutKind.Explicit, Size = 0x2)]
public partial struct PCI_CAPABILITIES_HEADER
{
    [FieldOffset(0x000)] public byte CapabilityID;
    [FieldOffset(0x001)] public byte Next;
}
