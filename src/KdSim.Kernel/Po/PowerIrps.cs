using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Po;

/// <summary>
/// Power IRPs. Since Vista, PoCallDriver is IoCallDriver and PoStartNextPowerIrp does nothing: the manager lets one system and one device IRP at a time
/// into a stack. Requests are made here, and completed in the requester's callback.
/// </summary>
[NtData("PopIrpSerialList", 16, Type = "_LIST_ENTRY")]
public sealed class PowerIrps(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x49775250; // "PRwI"
    private const int ContextSize = 0x30;
    private const int CallbackOffset = 0, ContextOffset = 8, DeviceOffset = 0x10, MinorOffset = 0x18, StateOffset = 0x1C, TopOffset = 0x20;

    [NtExport("PoCallDriver", MaxIrql = Irql.Dispatch, CallsResult = true)]
    public ulong PoCallDriver(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) => Kernel.IrpDispatch.IofCallDriver(DeviceObject, Irp);

    [NtExport("PoStartNextPowerIrp", MaxIrql = Irql.Dispatch)]
    public void PoStartNextPowerIrp(Ptr<IRP> Irp)
    {
    }

    /// <summary>Remembers the state of a device (or of the system) as its driver reports it; returns the one before.</summary>
    [NtExport("PoSetPowerState", MaxIrql = Irql.Dispatch)]
    public uint PoSetPowerState(Ptr<DEVICE_OBJECT> DeviceObject, POWER_STATE_TYPE Type, uint State)
    {
        View<DEVOBJ_EXTENSION> extension = DeviceObject.View.DeviceObjectExtension;
        int shift = Type == POWER_STATE_TYPE.SystemPowerState ? 0 : 4; // PowerFlags: system state in bits 0 to 3, device state in 4 to 7.
        uint old = extension.PowerFlags >> shift & 15;
        extension.PowerFlags = extension.PowerFlags & ~(15u << shift) | (State & 15) << shift;
        Observer?.PowerStateChanged(Cpu.Number, DeviceObject, Type == POWER_STATE_TYPE.SystemPowerState, old, State);
        return old;
    }

    /// <summary>Sends a device power IRP (or WAIT_WAKE) to the top of a stack; the callback hears when it is complete. Up to DISPATCH_LEVEL.</summary>
    [NtExport("PoRequestPowerIrp", MaxIrql = Irql.Dispatch)]
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
        ulong request = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, ContextSize, Tag);
        Memory.WriteU64(request + CallbackOffset, CompletionFunction);
        Memory.WriteU64(request + ContextOffset, Context);
        Memory.WriteU64(request + DeviceOffset, DeviceObject);
        Memory.WriteU32(request + MinorOffset, MinorFunction);
        Memory.WriteU32(request + StateOffset, PowerState);
        Memory.WriteU64(request + TopOffset, top);
        Prepare(new View<IRP>(irp), MinorFunction, POWER_STATE_TYPE.DevicePowerState, PowerState, Stub.PopRequestCompletion, request);
        if (!Irp.IsNull)
            Irp.Write(new Ptr<IRP>(irp));
        Observer?.PowerIrpStarted(Cpu.Number, irp, DeviceObject, MinorFunction, isSystem: false, PowerState);
        await Guest.Call(Stub.IofCallDriver, top, irp);
        return NtStatus.Pending;
    }

    [NtRoutine("PopRequestCompletion", MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> PopRequestCompletion(ulong DeviceObject, Ptr<IRP> Irp, ulong Context)
    {
        Observer?.PowerIrpCompleted(Cpu.Number, Irp, (uint)Irp.View.IoStatus.Status);
        if (Memory.ReadU64(Context + CallbackOffset) is var callback and not 0)
            await Guest.Call(callback, Memory.ReadU64(Context + DeviceOffset), Memory.ReadU32(Context + MinorOffset), Memory.ReadU32(Context + StateOffset),
                Memory.ReadU64(Context + ContextOffset), Irp.View.IoStatus.Address);
        await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], Memory.ReadU64(Context + TopOffset));
        Kernel.Pool.Free(Context);
        await Guest.Call(Kernel.NtExports["IoFreeIrp"], Irp);
        return NtStatus.MoreProcessingRequired;
    }

    /// <summary>Fills in the next stack location of a fresh IRP as the power manager does.</summary>
    internal void Prepare(View<IRP> irp, byte minor, POWER_STATE_TYPE type, uint state, Stub completion, ulong context)
    {
        View<IO_STATUS_BLOCK> status = irp.IoStatus;
        status.Status = NtStatus.NotSupported;
        View<IO_STACK_LOCATION> next = irp.Tail.Overlay.CurrentStackLocation - 1;
        next.MajorFunction = IRP_MJ.POWER;
        next.MinorFunction = minor;
        Memory.WriteU32(next.Address + 0x08, 0);
        Memory.WriteU32(next.Address + 0x10, (uint)type);
        Memory.WriteU32(next.Address + 0x18, state);
        Memory.WriteU32(next.Address + 0x20, (uint)POWER_ACTION.PowerActionNone);
        next.CompletionRoutine = Kernel.Stubs.AddressOf(completion);
        next.Context = context;
        next.Control = SL_CONTROL.INVOKE_ON_SUCCESS | SL_CONTROL.INVOKE_ON_ERROR | SL_CONTROL.INVOKE_ON_CANCEL;
    }
}
