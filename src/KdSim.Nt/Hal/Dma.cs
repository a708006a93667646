using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A DMA adapter as drivers see it.</summary>
[NtType("_DMA_ADAPTER"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct DMA_ADAPTER
{
    [FieldOffset(0x000)] public ushort Version;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x008), NtPointer<DMA_OPERATIONS>] public ulong DmaOperations;
}

[NtType("_DMA_OPERATIONS"), StructLayout(LayoutKind.Explicit, Size = 0x80)]
public partial struct DMA_OPERATIONS
{
    [FieldOffset(0x000)] public uint Size;
    [FieldOffset(0x008), NtFunction] public ulong PutDmaAdapter;
    [FieldOffset(0x010), NtFunction] public ulong AllocateCommonBuffer;
    [FieldOffset(0x018), NtFunction] public ulong FreeCommonBuffer;
    [FieldOffset(0x020), NtFunction] public ulong AllocateAdapterChannel;
    [FieldOffset(0x028), NtFunction] public ulong FlushAdapterBuffers;
    [FieldOffset(0x030), NtFunction] public ulong FreeAdapterChannel;
    [FieldOffset(0x038), NtFunction] public ulong FreeMapRegisters;
    [FieldOffset(0x040), NtFunction] public ulong MapTransfer;
    [FieldOffset(0x048), NtFunction] public ulong GetDmaAlignment;
    [FieldOffset(0x050), NtFunction] public ulong ReadDmaCounter;
    [FieldOffset(0x058), NtFunction] public ulong GetScatterGatherList;
    [FieldOffset(0x060), NtFunction] public ulong PutScatterGatherList;
    [FieldOffset(0x068), NtFunction] public ulong CalculateScatterGatherList;
    [FieldOffset(0x070), NtFunction] public ulong BuildScatterGatherList;
    [FieldOffset(0x078), NtFunction] public ulong BuildMdlFromScatterGatherList;
}

[NtType("_DEVICE_DESCRIPTION"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct DEVICE_DESCRIPTION
{
    [FieldOffset(0x000)] public uint Version;
    [FieldOffset(0x004)] public bool Master;
    [FieldOffset(0x005)] public bool ScatterGather;
    [FieldOffset(0x006)] public bool DemandMode;
    [FieldOffset(0x007)] public bool AutoInitialize;
    [FieldOffset(0x008)] public bool Dma32BitAddresses;
    [FieldOffset(0x009)] public bool IgnoreCount;
    [FieldOffset(0x00A)] public bool Reserved1;
    [FieldOffset(0x00B)] public bool Dma64BitAddresses;
    [FieldOffset(0x00C)] public uint BusNumber;
    [FieldOffset(0x010)] public uint DmaChannel;
    [FieldOffset(0x014)] public INTERFACE_TYPE InterfaceType;
    [FieldOffset(0x018)] public DMA_WIDTH DmaWidth;
    [FieldOffset(0x01C)] public DMA_SPEED DmaSpeed;
    [FieldOffset(0x020)] public uint MaximumLength;
    [FieldOffset(0x024)] public uint DmaPort;
}

[NtType("_SCATTER_GATHER_LIST"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct SCATTER_GATHER_LIST
{
    [FieldOffset(0x000)] public uint NumberOfElements;
    [FieldOffset(0x008)] public ulong Reserved;
    [FieldOffset(0x010), NtArray(1)] public SCATTER_GATHER_ELEMENT Elements;
}

[NtType("_SCATTER_GATHER_ELEMENT"), StructLayout(LayoutKind.Explicit, Size = 0x18)]
public partial struct SCATTER_GATHER_ELEMENT
{
    [FieldOffset(0x000)] public LARGE_INTEGER Address;
    [FieldOffset(0x008)] public uint Length;
    [FieldOffset(0x010)] public ulong Reserved;
}

[NtType("_DMA_WIDTH")]
public enum DMA_WIDTH
{
    Width8Bits = 0,
    Width16Bits = 1,
    Width32Bits = 2,
    Width64Bits = 3,
    WidthNoWrap = 4,
    MaximumDmaWidth = 5,
}

[NtType("_DMA_SPEED")]
public enum DMA_SPEED
{
    Compatible = 0,
    TypeA = 1,
    TypeB = 2,
    TypeC = 3,
    TypeF = 4,
    MaximumDmaSpeed = 5,
}

/// <summary>A page of memory that a device can reach, through which its transfers go where it cannot reach the buffer itself.</summary>
[NtType("_MAP_REGISTER_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct MAP_REGISTER_ENTRY
{
    [FieldOffset(0x000), NtPointer] public ulong MapRegister;
    [FieldOffset(0x008)] public bool WriteToDevice;

    /// <summary>Of the first register of a transfer: how many have been used since the last flush.</summary>
    [FieldOffset(0x00C)] public uint Counter;
}
