using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp.Buses;

/// <summary>
/// What the in-box bus drivers do with PnP, power and WMI requests, by the rules of the WDK: a bus passes down what it does not own and answers
/// BusRelations; a child completes everything, and leaves the status of what it does not know.
/// </summary>
public sealed class BusDispatch(NtKernel kernel) : KernelComponent(kernel)
{
    internal async KTask<NtStatus> Dispatch(Ptr<DEVICE_OBJECT> device, Ptr<IRP> irp)
    {
        View<BUS_EXTENSION> extension = new(device.View.DeviceExtension);
        View<IO_STACK_LOCATION> location = irp.View.Tail.Overlay.CurrentStackLocation;
        if (location.MajorFunction == IRP_MJ.POWER)
            return extension.Role == BUS_ROLE.Bus ? await PassPower(extension, irp) : await ChildPower(extension, irp, location);
        if (location.MajorFunction == IRP_MJ.SYSTEM_CONTROL)
            return extension.Role == BUS_ROLE.Bus ? await PassDown(extension, irp) : await Complete(irp, irp.View.IoStatus.Status);
        return extension.Role == BUS_ROLE.Bus ? await BusPnp(extension, irp, location) : await ChildPnp(extension, irp, location);
    }

    private async KTask<NtStatus> BusPnp(View<BUS_EXTENSION> bus, Ptr<IRP> irp, View<IO_STACK_LOCATION> location)
    {
        View<IO_STATUS_BLOCK> answer = irp.View.IoStatus;
        switch (location.MinorFunction)
        {
            case IRP_MN.START_DEVICE when !bus.AttachedDevice.IsNull:
                CopyToNext(irp, location);
                if (!(await Guest.Call(Kernel.NtExports["IoForwardIrpSynchronously"], bus.AttachedDevice, irp)).Boolean)
                    return await Complete(irp, NtStatus.Unsuccessful);
                bus.Started = answer.Status.IsSuccess;
                return await Complete(irp, answer.Status);
            case IRP_MN.QUERY_DEVICE_RELATIONS when location.Parameters.QueryDeviceRelations.Type == DEVICE_RELATION_TYPE.BusRelations:
                NtStatus status = await Kernel.BusScan.Scan(bus, irp);
                if (!status.IsSuccess)
                    return await Complete(irp, status);
                answer.Status = NtStatus.Success;
                return await PassDown(bus, irp);
            case IRP_MN.REMOVE_DEVICE when !bus.AttachedDevice.IsNull:
                while (!bus.FirstChild.IsNull)
                    await Kernel.BusDevices.DeleteChild(bus.FirstChild);
                answer.Status = NtStatus.Success;
                Ptr<DEVICE_OBJECT> lower = bus.AttachedDevice, self = bus.Self;
                status = await PassDown(bus, irp);
                await Guest.Call(Kernel.NtExports["IoDetachDevice"], lower);
                await Guest.Call(Kernel.NtExports["IoDeleteDevice"], self);
                return status;
            case IRP_MN.START_DEVICE or IRP_MN.QUERY_STOP_DEVICE or IRP_MN.CANCEL_STOP_DEVICE or IRP_MN.STOP_DEVICE or IRP_MN.QUERY_REMOVE_DEVICE
                or IRP_MN.CANCEL_REMOVE_DEVICE or IRP_MN.SURPRISE_REMOVAL or IRP_MN.REMOVE_DEVICE:
                answer.Status = NtStatus.Success;
                return await PassDown(bus, irp);
            default:
                return await PassDown(bus, irp);
        }
    }

    private async KTask<NtStatus> ChildPnp(View<BUS_EXTENSION> child, Ptr<IRP> irp, View<IO_STACK_LOCATION> location)
    {
        switch (location.MinorFunction)
        {
            case IRP_MN.QUERY_DEVICE_RELATIONS when location.Parameters.QueryDeviceRelations.Type == DEVICE_RELATION_TYPE.TargetDeviceRelation:
                await Guest.Call(Kernel.NtExports["ObfReferenceObject"], child.Self);
                return await Complete(irp, NtStatus.Success, Kernel.BusScan.NewRelations([child.Self]));
            case IRP_MN.REMOVE_DEVICE:
                Kernel.PciFunctions.Stop(child);
                NtStatus done = await Complete(irp, NtStatus.Success);
                if (!child.Present)
                    await Kernel.BusDevices.DeleteChild(child);
                return done;
            default:
                NtStatus status = Kernel.BusChildren.Answer(child, irp.View, location, out ulong information);
                return await Complete(irp, status, information);
        }
    }

    /// <summary>A child's own power: the bus changes it, then the IRP is done.</summary>
    private async KTask<NtStatus> ChildPower(View<BUS_EXTENSION> child, Ptr<IRP> irp, View<IO_STACK_LOCATION> location)
    {
        NtStatus status = irp.View.IoStatus.Status;
        if (location.MinorFunction is IRP_MN.SET_POWER or IRP_MN.QUERY_POWER)
        {
            status = NtStatus.Success;
            if (location.MinorFunction == IRP_MN.SET_POWER && location.Parameters.Power.Type == POWER_STATE_TYPE.DevicePowerState)
                Kernel.PciFunctions.SetPower(child, (DEVICE_POWER_STATE)Memory.ReadU32(location.Address + 0x18));
        }
        await Guest.Call(Kernel.NtExports["PoStartNextPowerIrp"], irp);
        return await Complete(irp, status, irp.View.IoStatus.Information);
    }

    private async KTask<NtStatus> PassPower(View<BUS_EXTENSION> bus, Ptr<IRP> irp)
    {
        await Guest.Call(Kernel.NtExports["PoStartNextPowerIrp"], irp);
        if (bus.AttachedDevice.IsNull)
            return await Complete(irp, NtStatus.Success);
        Skip(irp);
        return await Guest.Call(Kernel.NtExports["PoCallDriver"], bus.AttachedDevice, irp);
    }

    /// <summary>Hands the IRP to the device below, as if this one were not there. At the bottom (the root) it ends.</summary>
    private async KTask<NtStatus> PassDown(View<BUS_EXTENSION> bus, Ptr<IRP> irp)
    {
        if (bus.AttachedDevice.IsNull)
            return await Complete(irp, irp.View.IoStatus.Status, irp.View.IoStatus.Information);
        Skip(irp);
        return await Guest.Call(Stub.IofCallDriver, bus.AttachedDevice, irp);
    }

    private async KTask<NtStatus> Complete(Ptr<IRP> irp, NtStatus status, ulong information = 0)
    {
        View<IO_STATUS_BLOCK> answer = irp.View.IoStatus;
        answer.Status = status;
        answer.Information = information;
        await Guest.Call(Stub.IofCompleteRequest, irp, 0);
        return status;
    }

    /// <summary>IoSkipCurrentIrpStackLocation.</summary>
    private static void Skip(View<IRP> irp)
    {
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        irp.CurrentLocation++;
        overlay.CurrentStackLocation += 1;
    }

    /// <summary>IoCopyCurrentIrpStackLocationToNext.</summary>
    private void CopyToNext(View<IRP> irp, View<IO_STACK_LOCATION> current)
    {
        Span<byte> bytes = stackalloc byte[IO_STACK_LOCATION.Offsets.CompletionRoutine];
        Memory.Read(current.Address, bytes);
        View<IO_STACK_LOCATION> next = irp.Tail.Overlay.CurrentStackLocation - 1;
        Memory.Write(next.Address, bytes);
        next.Control = 0;
    }
}
