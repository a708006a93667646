using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_ADAPTER_OBJECT"), StructLayout(LayoutKind.Explicit, Size = 0xC8)]
public partial struct ADAPTER_OBJECT
{
    [FieldOffset(0x000)] public DMA_ADAPTER DmaHeader;
    [FieldOffset(0x010), NtPointer<ADAPTER_OBJECT>] public ulong MasterAdapter;
    [FieldOffset(0x018)] public uint MapRegistersPerChannel;
    [FieldOffset(0x020), NtPointer] public ulong AdapterBaseVa;
    [FieldOffset(0x028), NtPointer] public ulong MapRegisterBase;
    [FieldOffset(0x030)] public uint NumberOfMapRegisters;
    [FieldOffset(0x034)] public uint CommittedMapRegisters;
    [FieldOffset(0x038), NtPointer<WAIT_CONTEXT_BLOCK>] public ulong CurrentWcb;
    [FieldOffset(0x040)] public KDEVICE_QUEUE ChannelWaitQueue;
    [FieldOffset(0x068), NtPointer<RTL_BITMAP>] public ulong MapRegisters;
    [FieldOffset(0x070)] public LIST_ENTRY AdapterQueue;
    [FieldOffset(0x080)] public ulong SpinLock;
    [FieldOffset(0x088)] public byte ChannelNumber;
    [FieldOffset(0x089)] public byte AdapterNumber;
    [FieldOffset(0x08A)] public byte AdapterMode;
    [FieldOffset(0x08B)] public byte Width32Bits;
    [FieldOffset(0x08C)] public byte Dma64BitAddresses;
    [FieldOffset(0x08D)] public byte ScatterGather;
    [FieldOffset(0x08E)] public byte IgnoreCount;
    [FieldOffset(0x08F)] public byte NeedsMapRegisters;
    [FieldOffset(0x090)] public LARGE_INTEGER MaximumPhysicalAddress;
    [FieldOffset(0x098)] public uint DeviceMaximumLength;
    [FieldOffset(0x09C)] public uint Flags;
    [FieldOffset(0x0A0), NtPointer<DEVICE_OBJECT>] public ulong PhysicalDeviceObject;
    [FieldOffset(0x0A8), NtArray(4)] public ulong AdapterSpare;
}
