using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A loaded driver and its routines.</summary>
[NtType("_DRIVER_OBJECT"), StructLayout(LayoutKind.Explicit, Size = 0x150)]
public partial struct DRIVER_OBJECT
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public short Size;
    [FieldOffset(0x008), NtPointer<DEVICE_OBJECT>] public ulong DeviceObject;
    [FieldOffset(0x010)] public DRVO Flags;
    [FieldOffset(0x018), NtPointer] public ulong DriverStart;
    [FieldOffset(0x020)] public uint DriverSize;
    [FieldOffset(0x028), NtPointer] public ulong DriverSection;
    [FieldOffset(0x030), NtPointer<DRIVER_EXTENSION>] public ulong DriverExtension;
    [FieldOffset(0x038)] public UNICODE_STRING DriverName;
    [FieldOffset(0x048)] public Ptr<UNICODE_STRING> HardwareDatabase;
    [FieldOffset(0x050), NtPointer<FAST_IO_DISPATCH>] public ulong FastIoDispatch;
    [FieldOffset(0x058), NtFunction] public ulong DriverInit;
    [FieldOffset(0x060), NtFunction] public ulong DriverStartIo;
    [FieldOffset(0x068), NtFunction] public ulong DriverUnload;
    [FieldOffset(0x070), NtFunction, NtArray(28)] public ulong MajorFunction;
}

[NtType("_DRIVER_EXTENSION"), StructLayout(LayoutKind.Explicit, Size = 0x28)]
public partial struct DRIVER_EXTENSION
{
    [FieldOffset(0x000), NtPointer<DRIVER_OBJECT>] public ulong DriverObject;
    [FieldOffset(0x008), NtFunction] public ulong AddDevice;
    [FieldOffset(0x010)] public uint Count;
    [FieldOffset(0x018)] public UNICODE_STRING ServiceKeyName;
}

[NtType("_IO_CLIENT_EXTENSION"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_CLIENT_EXTENSION
{
    [FieldOffset(0x000), NtPointer<IO_CLIENT_EXTENSION>] public ulong NextExtension;
    [FieldOffset(0x008), NtPointer] public ulong ClientIdentificationAddress;
}
