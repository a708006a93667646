using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Providers;

namespace KdSim.Tracing.Etl.Writing;

// Payloads of KdSim-Kernel that a machine writes often, and that replay reads. Names and layout are those of the provider's table, which each binding checks.

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IrqlChangePayload : IEventPayload
{
    public byte Old, New;
    public ulong Rip;

    public static EventBinding Binding { get; } = EventBinding.Of<IrqlChangePayload>(KdSimProvider.Provider[1]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct InterruptEnterPayload : IEventPayload
{
    public byte Vector, Irql;

    public static EventBinding Binding { get; } = EventBinding.Of<InterruptEnterPayload>(KdSimProvider.Provider[2]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct InterruptExitPayload : IEventPayload
{
    public byte Vector, Irql;

    public static EventBinding Binding { get; } = EventBinding.Of<InterruptExitPayload>(KdSimProvider.Provider[3]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IrpAllocatePayload : IEventPayload
{
    public ulong Irp, Thread;
    public byte StackCount;

    public static EventBinding Binding { get; } = EventBinding.Of<IrpAllocatePayload>(KdSimProvider.Provider[10]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IrpCallPayload : IEventPayload
{
    public ulong Irp, Device, Driver, FileObject;
    public byte Major, Minor;
    public ushort Function;
    public byte Location, StackCount;
    public uint ControlCode, Length;

    public static EventBinding Binding { get; } = EventBinding.Of<IrpCallPayload>(KdSimProvider.Provider[11]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IrpReturnPayload : IEventPayload
{
    public ulong Irp;
    public uint Status;

    public static EventBinding Binding { get; } = EventBinding.Of<IrpReturnPayload>(KdSimProvider.Provider[12]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IrpCompletePayload : IEventPayload
{
    public ulong Irp, Device;
    public uint Status;
    public ulong Information;

    public static EventBinding Binding { get; } = EventBinding.Of<IrpCompletePayload>(KdSimProvider.Provider[13]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IrpCompletionReturnPayload : IEventPayload
{
    public ulong Irp, Routine;
    public uint Status;

    public static EventBinding Binding { get; } = EventBinding.Of<IrpCompletionReturnPayload>(KdSimProvider.Provider[14]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IrpFreePayload : IEventPayload
{
    public ulong Irp;

    public static EventBinding Binding { get; } = EventBinding.Of<IrpFreePayload>(KdSimProvider.Provider[15]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IrpCancelPayload : IEventPayload
{
    public ulong Irp, CancelRoutine;

    public static EventBinding Binding { get; } = EventBinding.Of<IrpCancelPayload>(KdSimProvider.Provider[16]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct PowerStatePayload : IEventPayload
{
    public ulong Device;
    public byte IsSystem;
    public uint Old, New;

    public static EventBinding Binding { get; } = EventBinding.Of<PowerStatePayload>(KdSimProvider.Provider[40]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct PoolAllocatePayload : IEventPayload
{
    public ulong Address, Size;
    public uint Tag;

    public static EventBinding Binding { get; } = EventBinding.Of<PoolAllocatePayload>(KdSimProvider.Provider[70]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct PoolFreePayload : IEventPayload
{
    public ulong Address;
    public uint Tag;

    public static EventBinding Binding { get; } = EventBinding.Of<PoolFreePayload>(KdSimProvider.Provider[71]);
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ApcDeliverPayload : IEventPayload
{
    public ulong Apc, Thread, Routine;

    public static EventBinding Binding { get; } = EventBinding.Of<ApcDeliverPayload>(KdSimProvider.Provider[80]);
}
