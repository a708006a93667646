using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Po;

/// <summary>
/// Power IRPs. Since Vista, PoCallDriver is IoCallDriver and PoStartNextPowerIrp does nothing: the manager lets one device IRP at a time into a stack, and one
/// device of those that draw an inrush of current to D0. Requests stand on a list in their order until they are complete; the requester's callback hears of it.
/// A stack whose drivers are pageable gets its IRPs at PASSIVE_LEVEL, from a worker if need be.
/// </summary>
[NtData("PopIrpSerialList", 16, Type = "_LIST_ENTRY")]
public sealed class PowerIrps(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x49775250; // "PRwI"

    // A request: LIST_ENTRY, then these.
    private const ulong Callback = 0x10, Context = 0x18, Device = 0x20, Minor = 0x28, State = 0x2C, Top = 0x30, Bottom = 0x38, Irp = 0x40, Active = 0x48,
        Work = 0x50;
    private const ulong RequestSize = Work + WORK_QUEUE_ITEM.SizeOf;

    [NtExport("PoCallDriver", MaxIrql = Nt.Irql.Dispatch, CallsResult = true)]
    public ulong PoCallDriver(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) => Kernel.IrpDispatch.IofCallDriver(DeviceObject, Irp);

    [NtExport("PoStartNextPowerIrp", MaxIrql = Nt.Irql.Dispatch)]
    public void PoStartNextPowerIrp(Ptr<IRP> Irp)
    {
    }

    /// <summary>Remembers the state of a device (or of the system) as its driver reports it; returns the one before.</summary>
    [NtExport("PoSetPowerState", MaxIrql = Nt.Irql.Dispatch)]
    public uint PoSetPowerState(Ptr<DEVICE_OBJECT> DeviceObject, POWER_STATE_TYPE Type, uint State)
    {
        View<DEVOBJ_EXTENSION> extension = DeviceObject.View.DeviceObjectExtension;
        int shift = Type == POWER_STATE_TYPE.SystemPowerState ? 0 : 4; // PowerFlags: system state in bits 0 to 3, device state in 4 to 7.
        uint old = extension.PowerFlags >> shift & 15;
        extension.PowerFlags = extension.PowerFlags & ~(15u << shift) | (State & 15) << shift;
        Observer?.PowerStateChanged(Cpu.Number, DeviceObject, Type == POWER_STATE_TYPE.SystemPowerState, old, State);
        return old;
    }

    /// <summary>Sends a device power IRP (or WAIT_WAKE) to the top of a stack, when those before it are complete.</summary>
    [NtExport("PoRequestPowerIrp", MaxIrql = Nt.Irql.Dispatch)]
    public async KTask<NtStatus> PoRequestPowerIrp(
        Ptr<DEVICE_OBJECT> DeviceObject, byte MinorFunction, uint PowerState, ulong CompletionFunction, ulong Context, Ptr<Ptr<IRP>> Irp)
    {
        if (MinorFunction is not (IRP_MN.WAIT_WAKE or IRP_MN.SET_POWER or IRP_MN.QUERY_POWER))
            return NtStatus.InvalidParameter2;
        ulong top = await Guest.Call(Kernel.NtExports["IoGetAttachedDeviceReference"], DeviceObject);
        ulong irp = await Guest.Call(Kernel.NtExports["IoAllocateIrp"], (ulong)(byte)(new View<DEVICE_OBJECT>(top).StackSize + 1), 0);
        if (irp == 0)
        {
            await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], top);
            return NtStatus.InsufficientResources;
        }
        ulong request = NewRequest(DeviceObject, MinorFunction, PowerState, CompletionFunction, Context, top, irp);
        Prepare(new View<IRP>(irp), MinorFunction, POWER_STATE_TYPE.DevicePowerState, PowerState, POWER_ACTION.PowerActionNone, 0,
            Stub.PopRequestCompletion, request);
        if (!Irp.IsNull)
            Irp.Write(new Ptr<IRP>(irp));
        Observer?.PowerIrpStarted(Cpu.Number, irp, DeviceObject, MinorFunction, isSystem: false, PowerState);
        if (MayStart(request))
            await Start(request);
        return NtStatus.Pending;
    }

    [NtRoutine("PopRequestCompletion", MaxIrql = Nt.Irql.Dispatch)]
    public async KTask<NtStatus> PopRequestCompletion(ulong DeviceObject, Ptr<IRP> Irp, ulong Context)
    {
        Observer?.PowerIrpCompleted(Cpu.Number, Irp, (uint)Irp.View.IoStatus.Status);
        if (Memory.ReadU64(Context + Callback) is var callback and not 0)
            await Guest.Call(callback, Memory.ReadU64(Context + Device), Memory.ReadU32(Context + Minor), Memory.ReadU32(Context + State),
                Memory.ReadU64(Context + PowerIrps.Context), Irp.View.IoStatus.Address);
        await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], Memory.ReadU64(Context + Top));
        Memory.RemoveEntry(Context);
        Kernel.Pool.Free(Context, Tag);
        await Guest.Call(Kernel.NtExports["IoFreeIrp"], Irp);
        while (NextToStart() is var next and not 0)
            await Start(next);
        return NtStatus.MoreProcessingRequired;
    }

    /// <summary>The worker that sends a request's IRP at PASSIVE_LEVEL.</summary>
    [NtRoutine("PopIrpWorker", MaxIrql = Nt.Irql.Passive)]
    public async KTask PopIrpWorker(ulong Request) => await Guest.Call(Stub.IofCallDriver, Memory.ReadU64(Request + Top), Memory.ReadU64(Request + Irp));

    /// <summary>Fills in the next stack location of a fresh IRP as the power manager does.</summary>
    internal void Prepare(View<IRP> irp, byte minor, POWER_STATE_TYPE type, uint state, POWER_ACTION action, uint systemContext, Stub completion, ulong context)
    {
        View<IO_STATUS_BLOCK> status = irp.IoStatus;
        status.Status = NtStatus.NotSupported;
        View<IO_STACK_LOCATION> next = irp.Tail.Overlay.CurrentStackLocation - 1;
        next.MajorFunction = IRP_MJ.POWER;
        next.MinorFunction = minor;
        if (minor == IRP_MN.WAIT_WAKE)
        {
            Memory.WriteU32(next.Address + 0x08, state); // The least powered state from which to wake.
        }
        else
        {
            Memory.WriteU32(next.Address + 0x08, systemContext);
            Memory.WriteU32(next.Address + 0x10, (uint)type);
            Memory.WriteU32(next.Address + 0x18, state);
            Memory.WriteU32(next.Address + 0x20, (uint)action);
        }
        next.CompletionRoutine = Kernel.Stubs.AddressOf(completion);
        next.Context = context;
        next.Control = SL_CONTROL.INVOKE_ON_SUCCESS | SL_CONTROL.INVOKE_ON_ERROR | SL_CONTROL.INVOKE_ON_CANCEL;
    }

    private ulong Head()
    {
        ulong head = Kernel.Data(Datum.PopIrpSerialList);
        if (Memory.ReadU64(head) == 0)
            Memory.InitializeList(head);
        return head;
    }

    private ulong NewRequest(Ptr<DEVICE_OBJECT> device, byte minor, uint state, ulong callback, ulong context, ulong top, ulong irp)
    {
        ulong request = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, RequestSize, Tag);
        Memory.WriteU64(request + Callback, callback);
        Memory.WriteU64(request + Context, context);
        Memory.WriteU64(request + Device, device);
        Memory.WriteU32(request + Minor, minor);
        Memory.WriteU32(request + State, state);
        Memory.WriteU64(request + Top, top);
        Memory.WriteU64(request + Bottom, Kernel.DeviceNodes.BottomOf(device));
        Memory.WriteU64(request + Irp, irp);
        View<WORK_QUEUE_ITEM> work = new(request + Work);
        work.WorkerRoutine = Kernel.Stubs.AddressOf(Stub.PopIrpWorker);
        work.Parameter = request;
        Memory.InsertTail(Head(), request);
        return request;
    }

    private async KTask Start(ulong request)
    {
        Memory.WriteU32(request + Active, 1);
        bool isPageable = (new View<DEVICE_OBJECT>(Memory.ReadU64(request + Top)).Flags & DO.POWER_PAGABLE) != 0;
        if (isPageable && CurrentIrql > Nt.Irql.Passive)
            await Kernel.KernelObjects.QueueWorkItem(request + Work, WORK_QUEUE_TYPE.CriticalWorkQueue);
        else
            await Guest.Call(Stub.IofCallDriver, Memory.ReadU64(request + Top), Memory.ReadU64(request + Irp));
    }

    private ulong NextToStart()
    {
        foreach (ulong request in Memory.Walk(Head()))
            if (Memory.ReadU32(request + Active) == 0 && MayStart(request))
                return request;
        return 0;
    }

    /// <summary>True if no request before this one has to be complete first. A wait for a wake signal stands in nobody's way.</summary>
    private bool MayStart(ulong request)
    {
        if (Memory.ReadU32(request + Minor) == IRP_MN.WAIT_WAKE)
            return true;
        foreach (ulong before in Memory.Walk(Head()))
        {
            if (before == request)
                break;
            if (Memory.ReadU32(before + Minor) == IRP_MN.WAIT_WAKE)
                continue;
            if (Memory.ReadU64(before + Bottom) == Memory.ReadU64(request + Bottom) || (IsInrush(before) && IsInrush(request)))
                return false;
        }
        return true;
    }

    private bool IsInrush(ulong request) => Memory.ReadU32(request + State) == (uint)DEVICE_POWER_STATE.PowerDeviceD0
        && Memory.ReadU32(request + Minor) == IRP_MN.SET_POWER
        && (new View<DEVICE_OBJECT>(Memory.ReadU64(request + Top)).Flags & DO.POWER_INRUSH) != 0;
}
