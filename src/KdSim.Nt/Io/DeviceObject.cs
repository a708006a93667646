using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A device that a driver created.</summary>
[NtType("_DEVICE_OBJECT"), StructLayout(LayoutKind.Explicit, Size = 0x150)]
public partial struct DEVICE_OBJECT
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x004)] public int ReferenceCount;
    [FieldOffset(0x008), NtPointer<DRIVER_OBJECT>] public ulong DriverObject;
    [FieldOffset(0x010), NtPointer<DEVICE_OBJECT>] public ulong NextDevice;
    [FieldOffset(0x018), NtPointer<DEVICE_OBJECT>] public ulong AttachedDevice;
    [FieldOffset(0x020), NtPointer<IRP>] public ulong CurrentIrp;
    [FieldOffset(0x028), NtPointer<IO_TIMER>] public ulong Timer;
    [FieldOffset(0x030)] public DO Flags;
    [FieldOffset(0x034)] public DEVICE_CHARACTERISTICS Characteristics;
    [FieldOffset(0x038), NtPointer<VPB>] public ulong Vpb;
    [FieldOffset(0x040), NtPointer] public ulong DeviceExtension;
    [FieldOffset(0x048)] public FILE_DEVICE DeviceType;
    [FieldOffset(0x04C)] public sbyte StackSize;
    [FieldOffset(0x050)] public DEVICE_OBJECT_Queue Queue;
    [FieldOffset(0x098)] public uint AlignmentRequirement;
    [FieldOffset(0x0A0)] public KDEVICE_QUEUE DeviceQueue;
    [FieldOffset(0x0C8)] public KDPC Dpc;
    [FieldOffset(0x108)] public uint ActiveThreadCount;
    [FieldOffset(0x110), NtPointer] public ulong SecurityDescriptor;
    [FieldOffset(0x118)] public KEVENT DeviceLock;
    [FieldOffset(0x130)] public ushort SectorSize;
    [FieldOffset(0x132)] public ushort Spare1;
    [FieldOffset(0x138), NtPointer<DEVOBJ_EXTENSION>] public ulong DeviceObjectExtension;
    [FieldOffset(0x140), NtPointer] public ulong Reserved;
}

[NtType("_DEVICE_OBJECT::<unnamed-type-Queue>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct DEVICE_OBJECT_Queue
{
    [FieldOffset(0x000)] public LIST_ENTRY ListEntry;
    [FieldOffset(0x000)] public WAIT_CONTEXT_BLOCK Wcb;
}

/// <summary>The I/O manager's part of a device object: the head that the DDK shows, then the fields that debuggers know by name.</summary>
[NtType("_DEVOBJ_EXTENSION"), StructLayout(LayoutKind.Explicit, Size = 0x70)]
public partial struct DEVOBJ_EXTENSION
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x008), NtPointer<DEVICE_OBJECT>] public ulong DeviceObject;
    [FieldOffset(0x010)] public uint PowerFlags;
    [FieldOffset(0x018), NtPointer("_DEVICE_OBJECT_POWER_EXTENSION")] public ulong Dope;
    [FieldOffset(0x020)] public uint ExtensionFlags;
    [FieldOffset(0x028), NtPointer<DEVICE_NODE>] public ulong DeviceNode;
    [FieldOffset(0x030), NtPointer<DEVICE_OBJECT>] public ulong AttachedTo;
    [FieldOffset(0x038)] public int StartIoCount;
    [FieldOffset(0x03C)] public int StartIoKey;
    [FieldOffset(0x040)] public uint StartIoFlags;
    [FieldOffset(0x048), NtPointer<VPB>] public ulong Vpb;
    [FieldOffset(0x050), NtPointer] public ulong DependencyNode;
    [FieldOffset(0x058), NtPointer] public ulong InterruptContext;
    [FieldOffset(0x060)] public int InterruptCount;
    [FieldOffset(0x068), NtPointer] public ulong VerifierContext;
}

[NtType("_WAIT_CONTEXT_BLOCK"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct WAIT_CONTEXT_BLOCK
{
    [FieldOffset(0x000)] public KDEVICE_QUEUE_ENTRY WaitQueueEntry;
    [FieldOffset(0x018), NtFunction] public ulong DeviceRoutine;
    [FieldOffset(0x020), NtPointer] public ulong DeviceContext;
    [FieldOffset(0x028)] public uint NumberOfMapRegisters;
    [FieldOffset(0x030), NtPointer] public ulong DeviceObject;
    [FieldOffset(0x038), NtPointer] public ulong CurrentIrp;
    [FieldOffset(0x040), NtPointer<KDPC>] public ulong BufferChainingDpc;
}

[NtType("_IO_ALLOCATION_ACTION")]
public enum IO_ALLOCATION_ACTION
{
    KeepObject = 1,
    DeallocateObject = 2,
    DeallocateObjectKeepRegisters = 3,
}
