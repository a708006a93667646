using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// KINTERRUPT: connecting service routines to vectors and IO-APIC inputs to processors. A line's vector is a function of the line, its IRQL is
/// vector / 16 (5 to 11). PASSIVE_LEVEL.
/// </summary>
public sealed class Interrupts(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x746E4950;                // "PInt"
    private const int FirstLevel = 5, Levels = 7, Lines = 24;
    private const uint FullySpecified = 1, LineBased = 2, MessageBased = 3, FullySpecifiedGroup = 4;

    /// <summary>The vector of an IO-APIC input: spread over the levels 5 to 11.</summary>
    public static byte VectorOfLine(int line) => line is >= 0 and < Lines
        ? (byte)((FirstLevel + line % Levels) << 4 | line / Levels)
        : throw new ArgumentOutOfRangeException(nameof(line), line, "the IO-APIC has inputs 0 to 23");

    public static byte IrqlOfLine(int line) => (byte)(VectorOfLine(line) >> 4);

    /// <summary>The IO-APIC input behind a vector, or -1.</summary>
    public static int LineOfVector(uint vector)
    {
        int line = (int)(vector & 0xF) * Levels + (int)(vector >> 4) - FirstLevel;
        return vector is >= FirstLevel << 4 and < (FirstLevel + Levels) << 4 && line < Lines && VectorOfLine(line) == vector ? line : -1;
    }

    [NtExport("IoConnectInterrupt", MaxIrql = Irql.Passive)]
    public NtStatus IoConnectInterrupt(Ptr<ulong> InterruptObject, ulong ServiceRoutine, ulong ServiceContext, Ptr<ulong> SpinLock, uint Vector, byte Irql,
        byte SynchronizeIrql, KINTERRUPT_MODE InterruptMode, bool ShareVector, ulong ProcessorEnableMask, bool FloatingSave) =>
        Connect(InterruptObject, new Connection(ServiceRoutine, ServiceContext, SpinLock, Vector, Irql, SynchronizeIrql, InterruptMode, ShareVector,
            ProcessorEnableMask));

    [NtExport("IoConnectInterruptEx", MaxIrql = Irql.Passive)]
    public NtStatus IoConnectInterruptEx(Ptr<IO_CONNECT_INTERRUPT_PARAMETERS> Parameters)
    {
        View<IO_CONNECT_INTERRUPT_PARAMETERS> parameters = Parameters;
        switch (parameters.Version)
        {
            case FullySpecified or FullySpecifiedGroup:
                View<IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS> full = parameters.FullySpecified;
                return Connect(full.InterruptObject.As<ulong>(), new Connection(full.ServiceRoutine, full.ServiceContext, full.SpinLock, full.Vector,
                    full.Irql, full.SynchronizeIrql, full.InterruptMode, full.ShareVector, full.ProcessorEnableMask));
            case LineBased:
                View<IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS> line = parameters.LineBased;
                if (!TryFindLine(line.PhysicalDeviceObject, out Connection found))
                    return NtStatus.NotFound;
                return Connect(line.InterruptObject.As<ulong>(), found with
                {
                    Routine = line.ServiceRoutine,
                    Context = line.ServiceContext,
                    SpinLock = line.SpinLock,
                    SynchronizeIrql = Math.Max(line.SynchronizeIrql, found.Irql),
                });
            case MessageBased:
                parameters.Version = LineBased;         // as on hardware without messages: the driver is told what it may use
                return NtStatus.NotSupported;
            default:
                return NtStatus.InvalidParameter;
        }
    }

    [NtExport("IoDisconnectInterrupt", MaxIrql = Irql.Passive)]
    public void IoDisconnectInterrupt(Ptr<KINTERRUPT> InterruptObject) => Disconnect(InterruptObject);

    [NtExport("IoDisconnectInterruptEx", MaxIrql = Irql.Passive)]
    public void IoDisconnectInterruptEx(Ptr<IO_DISCONNECT_INTERRUPT_PARAMETERS> Parameters) =>
        Disconnect((Ptr<KINTERRUPT>)Memory.ReadU64(Parameters.Address + 8));

    private NtStatus Connect(Ptr<ulong> result, in Connection wanted)
    {
        int line = LineOfVector(wanted.Vector);
        ulong mask = wanted.ProcessorMask & Kernel.Processors.ActiveMask;
        if (line < 0 || wanted.Irql != wanted.Vector >> 4 || wanted.SynchronizeIrql < wanted.Irql || wanted.Routine == 0 || mask == 0)
            return NtStatus.InvalidParameter;
        ulong first = Kernel.Processors.Block(0).InterruptObject[(int)wanted.Vector];
        if (first != 0 && !(wanted.IsShared && new View<KINTERRUPT>(first).ShareVector))
            return NtStatus.InvalidParameter;
        View<KINTERRUPT> interrupt = new(Kernel.Pool.Allocate(POOL_TYPE.NonPagedPoolNx, KINTERRUPT.SizeOf, Tag));
        Initialize(interrupt, wanted, mask);
        Link(interrupt, first);
        if (first == 0)
            Kernel.Computer.IoApic.Program(line, (int)wanted.Vector, System.Numerics.BitOperations.TrailingZeroCount(mask),
                levelTriggered: wanted.Mode == KINTERRUPT_MODE.LevelSensitive, activeLow: wanted.Mode == KINTERRUPT_MODE.LevelSensitive);
        result.Write(interrupt.Address);
        return NtStatus.Success;
    }

    private static void Initialize(View<KINTERRUPT> interrupt, in Connection wanted, ulong mask)
    {
        interrupt.Type = (short)KOBJECTS.InterruptObject;
        interrupt.Size = KINTERRUPT.SizeOf;
        interrupt.ServiceRoutine = wanted.Routine;
        interrupt.ServiceContext = wanted.Context;
        interrupt.ActualLock = wanted.SpinLock != 0 ? (Ptr<ulong>)wanted.SpinLock : (Ptr<ulong>)(interrupt.Address + (ulong)KINTERRUPT.Offsets.SpinLock);
        interrupt.Vector = wanted.Vector;
        interrupt.Irql = wanted.Irql;
        interrupt.SynchronizeIrql = wanted.SynchronizeIrql;
        interrupt.Mode = wanted.Mode;
        interrupt.ShareVector = wanted.IsShared;
        interrupt.TargetProcessors = mask;
        interrupt.Connected = true;
    }

    /// <summary>The objects of a vector are a ring; each PRCB has the first.</summary>
    private void Link(View<KINTERRUPT> interrupt, ulong first)
    {
        ulong entry = interrupt.InterruptListEntryView.Address;
        if (first != 0)
        {
            Memory.InsertTail(first + (ulong)KINTERRUPT.Offsets.InterruptListEntry, entry);
            return;
        }
        Memory.InitializeList(entry);
        SetFirst((int)interrupt.Vector, interrupt.Address);
    }

    private void Disconnect(View<KINTERRUPT> interrupt)
    {
        if (!interrupt.Connected)
            return;
        interrupt.Connected = false;
        int vector = (int)interrupt.Vector;
        ulong entry = interrupt.InterruptListEntryView.Address, next = Memory.ReadU64(entry);
        Memory.RemoveEntry(entry);
        if (Kernel.Processors.Block(0).InterruptObject[vector] == interrupt.Address)
            SetFirst(vector, next == entry ? 0 : next - (ulong)KINTERRUPT.Offsets.InterruptListEntry);
        if (next == entry)
            Kernel.Computer.IoApic.SetMasked(LineOfVector((uint)vector), true);
        Kernel.Pool.Free(interrupt.Address, Tag);
    }

    private void SetFirst(int vector, ulong interrupt)
    {
        for (int number = 0; number < Kernel.Processors.Count; number++)
            Kernel.Processors.Block(number).InterruptObject.Set(vector, interrupt);
    }

    /// <summary>The interrupt among the resources that PnP gave to the device.</summary>
    private bool TryFindLine(Ptr<DEVICE_OBJECT> device, out Connection found)
    {
        const byte InterruptResource = 2;
        const ushort Latched = 1;
        found = default;
        ulong node = device.IsNull ? 0 : device.View.DeviceObjectExtension.View.DeviceNode.Address;
        ulong list = node == 0 ? 0 : new View<DEVICE_NODE>(node).ResourceListTranslated.Address;
        if (list == 0)
            return false;
        View<CM_PARTIAL_RESOURCE_LIST> resources = new View<CM_RESOURCE_LIST>(list).List.At(0).PartialResourceList;
        for (int i = 0; i < Math.Min(resources.Count, 64); i++)
        {
            ulong descriptor = resources.PartialDescriptors.Address + (ulong)(i * CM_PARTIAL_RESOURCE_DESCRIPTOR.SizeOf);
            View<CM_PARTIAL_RESOURCE_DESCRIPTOR> one = new(descriptor);
            if (one.Type != InterruptResource)
                continue;
            View<CM_PARTIAL_RESOURCE_DESCRIPTOR_u_Interrupt> line = one.u.Interrupt;
            found = new Connection(0, 0, 0, line.Vector, (byte)line.Level, (byte)line.Level,
                (one.Flags & Latched) != 0 ? KINTERRUPT_MODE.Latched : KINTERRUPT_MODE.LevelSensitive, one.ShareDisposition == 3, line.Affinity);
            return true;
        }
        return false;
    }

    private readonly record struct Connection(ulong Routine, ulong Context, ulong SpinLock, uint Vector, byte Irql, byte SynchronizeIrql,
        KINTERRUPT_MODE Mode, bool IsShared, ulong ProcessorMask);
}
