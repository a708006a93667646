using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_IO_CONNECT_INTERRUPT_PARAMETERS"), StructLayout(LayoutKind.Explicit, Size = 0x50)]
public partial struct IO_CONNECT_INTERRUPT_PARAMETERS
{
    [FieldOffset(0x000)] public uint Version;
    [FieldOffset(0x008)] public IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS FullySpecified;
    [FieldOffset(0x008)] public IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS LineBased;
    [FieldOffset(0x008)] public IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS MessageBased;
}

[NtType("_IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS"), StructLayout(LayoutKind.Explicit, Size = 0x48)]
public partial struct IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS
{
    [FieldOffset(0x000), NtPointer<DEVICE_OBJECT>] public ulong PhysicalDeviceObject;
    [FieldOffset(0x008), NtPointer<Ptr<KINTERRUPT>>] public ulong InterruptObject;
    [FieldOffset(0x010), NtFunction] public ulong ServiceRoutine;
    [FieldOffset(0x018), NtPointer] public ulong ServiceContext;
    [FieldOffset(0x020)] public Ptr<ulong> SpinLock;
    [FieldOffset(0x028)] public byte SynchronizeIrql;
    [FieldOffset(0x029)] public bool FloatingSave;
    [FieldOffset(0x02A)] public bool ShareVector;
    [FieldOffset(0x02C)] public uint Vector;
    [FieldOffset(0x030)] public byte Irql;
    [FieldOffset(0x034)] public KINTERRUPT_MODE InterruptMode;
    [FieldOffset(0x038)] public ulong ProcessorEnableMask;
    [FieldOffset(0x040)] public ushort Group;
}

[NtType("_IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS
{
    [FieldOffset(0x000), NtPointer<DEVICE_OBJECT>] public ulong PhysicalDeviceObject;
    [FieldOffset(0x008), NtPointer<Ptr<KINTERRUPT>>] public ulong InterruptObject;
    [FieldOffset(0x010), NtFunction] public ulong ServiceRoutine;
    [FieldOffset(0x018), NtPointer] public ulong ServiceContext;
    [FieldOffset(0x020)] public Ptr<ulong> SpinLock;
    [FieldOffset(0x028)] public byte SynchronizeIrql;
    [FieldOffset(0x029)] public bool FloatingSave;
}

[NtType("_IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS
{
    [FieldOffset(0x000), NtPointer<DEVICE_OBJECT>] public ulong PhysicalDeviceObject;
    [FieldOffset(0x008)] public IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS_ConnectionContext ConnectionContext;
    [FieldOffset(0x010), NtFunction] public ulong MessageServiceRoutine;
    [FieldOffset(0x018), NtPointer] public ulong ServiceContext;
    [FieldOffset(0x020)] public Ptr<ulong> SpinLock;
    [FieldOffset(0x028)] public byte SynchronizeIrql;
    [FieldOffset(0x029)] public bool FloatingSave;
    [FieldOffset(0x030), NtFunction] public ulong FallBackServiceRoutine;
}

[NtType("_IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS::<unnamed-type-ConnectionContext>", Union = true)]
[StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS_ConnectionContext
{
    [FieldOffset(0x000), NtPointer("Ptr64 Void")] public ulong Generic;
    [FieldOffset(0x000), NtPointer<Ptr<IO_INTERRUPT_MESSAGE_INFO>>] public ulong InterruptMessageTable;
    [FieldOffset(0x000), NtPointer<Ptr<KINTERRUPT>>] public ulong InterruptObject;
}

[NtType("_IO_DISCONNECT_INTERRUPT_PARAMETERS"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct IO_DISCONNECT_INTERRUPT_PARAMETERS
{
    [FieldOffset(0x000)] public uint Version;
    [FieldOffset(0x008)] public IO_DISCONNECT_INTERRUPT_PARAMETERS_ConnectionContext ConnectionContext;
}

[NtType("_IO_DISCONNECT_INTERRUPT_PARAMETERS::<unnamed-type-ConnectionContext>", Union = true)]
[StructLayout(LayoutKind.Explicit, Size = 0x8)]
public partial struct IO_DISCONNECT_INTERRUPT_PARAMETERS_ConnectionContext
{
    [FieldOffset(0x000), NtPointer] public ulong Generic;
    [FieldOffset(0x000), NtPointer<KINTERRUPT>] public ulong InterruptObject;
    [FieldOffset(0x000), NtPointer<IO_INTERRUPT_MESSAGE_INFO>] public ulong InterruptMessageTable;
}

[NtType("_IO_INTERRUPT_MESSAGE_INFO"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct IO_INTERRUPT_MESSAGE_INFO
{
    [FieldOffset(0x000)] public byte UnifiedIrql;
    [FieldOffset(0x004)] public uint MessageCount;
    [FieldOffset(0x008), NtArray(1)] public IO_INTERRUPT_MESSAGE_INFO_ENTRY MessageInfo;
}

[NtType("_IO_INTERRUPT_MESSAGE_INFO_ENTRY"), StructLayout(LayoutKind.Explicit, Size = 0x30)]
public partial struct IO_INTERRUPT_MESSAGE_INFO_ENTRY
{
    [FieldOffset(0x000)] public LARGE_INTEGER MessageAddress;
    [FieldOffset(0x008)] public ulong TargetProcessorSet;
    [FieldOffset(0x010), NtPointer<KINTERRUPT>] public ulong InterruptObject;
    [FieldOffset(0x018)] public uint MessageData;
    [FieldOffset(0x01C)] public uint Vector;
    [FieldOffset(0x020)] public byte Irql;
    [FieldOffset(0x024)] public KINTERRUPT_MODE Mode;
    [FieldOffset(0x028)] public KINTERRUPT_POLARITY Polarity;
}

[NtType("_IRQ_PRIORITY")]
public enum IRQ_PRIORITY
{
    IrqPriorityUndefined = 0,
    IrqPriorityLow = 1,
    IrqPriorityNormal = 2,
    IrqPriorityHigh = 3,
}
