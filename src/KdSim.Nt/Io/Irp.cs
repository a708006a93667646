using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>An I/O request packet.</summary>
[NtType("_IRP"), StructLayout(LayoutKind.Explicit, Size = 0xD0)]
public partial struct IRP
{
    [FieldOffset(0x000)] public short Type;
    [FieldOffset(0x002)] public ushort Size;
    [FieldOffset(0x008), NtPointer<MDL>] public ulong MdlAddress;
    [FieldOffset(0x010)] public IRP_FLAGS Flags;
    [FieldOffset(0x018)] public IRP_AssociatedIrp AssociatedIrp;
    [FieldOffset(0x020)] public LIST_ENTRY ThreadListEntry;
    [FieldOffset(0x030)] public IO_STATUS_BLOCK IoStatus;
    [FieldOffset(0x040)] public sbyte RequestorMode;
    [FieldOffset(0x041)] public bool PendingReturned;
    [FieldOffset(0x042)] public sbyte StackCount;
    [FieldOffset(0x043)] public sbyte CurrentLocation;
    [FieldOffset(0x044)] public bool Cancel;
    [FieldOffset(0x045)] public byte CancelIrql;
    [FieldOffset(0x046)] public sbyte ApcEnvironment;
    [FieldOffset(0x047)] public byte AllocationFlags;
    [FieldOffset(0x048), NtPointer<IO_STATUS_BLOCK>] public ulong UserIosb;
    [FieldOffset(0x050), NtPointer<KEVENT>] public ulong UserEvent;
    [FieldOffset(0x058)] public IRP_Overlay Overlay;
    [FieldOffset(0x068), NtFunction] public ulong CancelRoutine;
    [FieldOffset(0x070), NtPointer] public ulong UserBuffer;
    [FieldOffset(0x078)] public IRP_Tail Tail;
}

[NtType("_IRP::<unnamed-type-AssociatedIrp>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IRP_AssociatedIrp
{
    [FieldOffset(0x000), NtPointer<IRP>] public ulong MasterIrp;
    [FieldOffset(0x000)] public int IrpCount;
    [FieldOffset(0x000), NtPointer] public ulong SystemBuffer;
}

[NtType("_IRP::<unnamed-type-Overlay>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IRP_Overlay
{
    [FieldOffset(0x000)] public IRP_Overlay_AsynchronousParameters AsynchronousParameters;
    [FieldOffset(0x000)] public LARGE_INTEGER AllocationSize;
}

[NtType("_IRP::<unnamed-type-Overlay>::<unnamed-type-AsynchronousParameters>"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IRP_Overlay_AsynchronousParameters
{
    [FieldOffset(0x000), NtFunction] public ulong UserApcRoutine;
    [FieldOffset(0x000), NtPointer] public ulong IssuingProcess;
    [FieldOffset(0x008), NtPointer] public ulong UserApcContext;
}

[NtType("_IRP::<unnamed-type-Tail>", Union = true), StructLayout(LayoutKind.Explicit, Size = 0x58)]
public partial struct IRP_Tail
{
    [FieldOffset(0x000)] public IRP_Tail_Overlay Overlay;
    [FieldOffset(0x000)] public KAPC Apc;
    [FieldOffset(0x000), NtPointer] public ulong CompletionKey;
}

[NtType("_IRP::<unnamed-type-Tail>::<unnamed-type-Overlay>"), StructLayout(LayoutKind.Explicit, Size = 0x50)]
public partial struct IRP_Tail_Overlay
{
    [FieldOffset(0x000)] public KDEVICE_QUEUE_ENTRY DeviceQueueEntry;
    [FieldOffset(0x000), NtPointer, NtArray(4)] public ulong DriverContext;
    [FieldOffset(0x020), NtPointer<ETHREAD>] public ulong Thread;
    [FieldOffset(0x028)] public Ptr<byte> AuxiliaryBuffer;
    [FieldOffset(0x030)] public LIST_ENTRY ListEntry;
    [FieldOffset(0x040), NtPointer<IO_STACK_LOCATION>] public ulong CurrentStackLocation;
    [FieldOffset(0x040)] public uint PacketType;
    [FieldOffset(0x048), NtPointer<FILE_OBJECT>] public ulong OriginalFileObject;
}

[NtType("_IO_STATUS_BLOCK"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_STATUS_BLOCK
{
    [FieldOffset(0x000)] public NtStatus Status;
    [FieldOffset(0x000), NtPointer] public ulong Pointer;
    [FieldOffset(0x008)] public ulong Information;
}

[NtType("_IO_PRIORITY_HINT")]
public enum IO_PRIORITY_HINT
{
    IoPriorityVeryLow = 0,
    IoPriorityLow = 1,
    IoPriorityNormal = 2,
    IoPriorityHigh = 3,
    IoPriorityCritical = 4,
    MaxIoPriorityTypes = 5,
}
