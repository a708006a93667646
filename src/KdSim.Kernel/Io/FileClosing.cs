using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Closing files: IRP_MJ_CLEANUP with the last handle, IRP_MJ_CLOSE with the last reference. PASSIVE_LEVEL.</summary>
public sealed class FileClosing(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>The type's CloseProcedure, called for each handle.</summary>
    [NtRoutine("IopCloseFile", MaxIrql = Irql.Passive)]
    public async KTask IopCloseFile(Ptr<EPROCESS> Process, Ptr<FILE_OBJECT> Object, ulong ProcessHandleCount, ulong SystemHandleCount)
    {
        if (SystemHandleCount != 1 || Object.View.DeviceObject.IsNull)
            return;
        await Send(Object, IRP_MJ.CLEANUP);
        View<FILE_OBJECT> file = Object;
        file.Flags |= FO.CLEANUP_COMPLETE;
    }

    /// <summary>The type's DeleteProcedure.</summary>
    [NtRoutine("IopDeleteFile", MaxIrql = Irql.Passive)]
    public async KTask IopDeleteFile(Ptr<FILE_OBJECT> Object)
    {
        View<FILE_OBJECT> file = Object;
        Ptr<DEVICE_OBJECT> device = file.DeviceObject;
        if (!device.IsNull)
            await Send(Object, IRP_MJ.CLOSE);
        Kernel.Objects.FreeString(file.FileName);
        if (!device.IsNull)
            await Kernel.DeviceObjects.ReleaseUse(device);
    }

    private async KTask Send(Ptr<FILE_OBJECT> file, IRP_MJ major)
    {
        View<DEVICE_OBJECT> top = Kernel.DeviceStacks.TopOf(file.View.DeviceObject);
        Ptr<IRP> made = Kernel.IrpAllocation.IoAllocateIrp(top.StackSize, ChargeQuota: false);
        if (made.IsNull)
            throw new GuestBugCheck(BugCheckCode.NO_MORE_IRP_STACK_LOCATIONS, 0); // NT cannot fail here, either.
        View<KEVENT> done = Guest.Scratch<KEVENT>();
        Kernel.KernelObjects.InitializeEvent(done.Address, notification: false, signaled: false);
        View<IRP> irp = made;
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        overlay.Thread = Kernel.KernelObjects.Thread.Ptr;
        overlay.OriginalFileObject = file;
        irp.RequestorMode = 0;
        irp.Flags = IRP_FLAGS.CLOSE_OPERATION | IRP_FLAGS.SYNCHRONOUS_API;
        irp.UserIosb = irp.IoStatus.Ptr;
        irp.UserEvent = done.Ptr;
        View<IO_STACK_LOCATION> next = new((overlay.CurrentStackLocation - 1).Address);
        next.MajorFunction = major;
        next.FileObject = file;
        NtStatus status = await Guest.Call(Stub.IofCallDriver, top.Address, irp.Address);
        if (status == NtStatus.Pending)
            await Kernel.KernelObjects.Wait(done.Address, KWAIT_REASON.Executive, 0, alertable: false);
        Kernel.IrpAllocation.IoFreeIrp(irp);
    }
}
