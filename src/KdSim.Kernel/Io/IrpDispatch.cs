using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Sends IRPs to drivers.</summary>
public sealed class IrpDispatch(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Moves the IRP to its next stack location; the stub then calls the driver's dispatch routine with the registers as they are.</summary>
    [NtExport("IofCallDriver", MaxIrql = Irql.Dispatch, CallsResult = true)]
    public ulong IofCallDriver(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp)
    {
        View<IRP> irp = Irp;
        sbyte current = (sbyte)(irp.CurrentLocation - 1);
        irp.CurrentLocation = current;
        if (current <= 0)
            throw new GuestBugCheck(BugCheckCode.NO_MORE_IRP_STACK_LOCATIONS, Irp);
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        View<IO_STACK_LOCATION> location = overlay.CurrentStackLocation.AddBytes(-IO_STACK_LOCATION.SizeOf);
        overlay.CurrentStackLocation = location;
        location.DeviceObject = DeviceObject;
        IRP_MJ major = location.MajorFunction;
        if ((byte)major > (byte)IRP_MJ.PNP)
            throw new GuestBugCheck(BugCheckCode.UNEXPECTED_KERNEL_MODE_TRAP, (byte)major, Irp);
        ulong routine = DeviceObject.View.DriverObject.View.MajorFunction[(byte)major];
        Observer?.IrpCalled(Cpu.Number, Irp, DeviceObject, (byte)major, location.MinorFunction, routine, Kernel.Dispatcher.FrameAddress);
        return routine;
    }

    /// <summary>The dispatch routine has returned to the stub; the IRP's address is in the stub's home slot, the IRP itself may be gone.</summary>
    internal void Returned()
    {
        const int IrpSlot = 16;
        ulong frame = Kernel.Dispatcher.FrameAddress;
        Observer?.IrpReturned(Cpu.Number, Memory.ReadU64(frame + IrpSlot), (uint)Cpu.State.Rax, frame);
    }

    /// <summary>What every MajorFunction entry holds before the driver fills it in.</summary>
    [NtRoutine("IopInvalidDeviceRequest", MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> IopInvalidDeviceRequest(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp)
    {
        View<IO_STATUS_BLOCK> status = Irp.View.IoStatus;
        status.Status = NtStatus.InvalidDeviceRequest;
        status.Information = 0;
        await Guest.Call(Stub.IofCompleteRequest, Irp, 0);
        return NtStatus.InvalidDeviceRequest;
    }
}
