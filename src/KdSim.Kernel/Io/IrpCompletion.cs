using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>
/// Ends IRPs: up the stack of drivers, then the second half in the context of the thread that asked (<see cref="IrpFinish"/>). IRQL &lt;= DISPATCH.
/// </summary>
public sealed class IrpCompletion(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Walks up the stack locations and calls each completion routine that asked for this outcome.</summary>
    /// <remarks>A routine that returns STATUS_MORE_PROCESSING_REQUIRED takes the IRP back: it is not touched again.</remarks>
    [NtExport("IofCompleteRequest", MaxIrql = Irql.Dispatch)]
    public async KTask IofCompleteRequest(Ptr<IRP> Irp, sbyte PriorityBoost)
    {
        View<IRP> irp = Irp;
        if (irp.CurrentLocation > irp.StackCount + 1 || irp.Type != (short)IO_OBJECTS.Irp)
            throw new GuestBugCheck(BugCheckCode.MULTIPLE_IRP_COMPLETE_REQUESTS, Irp, (ulong)(byte)irp.CurrentLocation);
        if (irp.IoStatus.Status == NtStatus.Pending)
            Kernel.Report(FindingKind.Other, Irp, 0, (uint)NtStatus.Pending, "an IRP was completed with STATUS_PENDING");
        if (irp.CancelRoutine != 0)
            Kernel.Report(FindingKind.Other, Irp, 0, irp.CancelRoutine, "an IRP was completed while its cancel routine was set");
        Observer?.IrpCompleted(Cpu.Number, Irp, (uint)irp.IoStatus.Status, irp.IoStatus.Information, Kernel.Dispatcher.FrameAddress);
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        while (irp.CurrentLocation <= irp.StackCount)
        {
            View<IO_STACK_LOCATION> location = overlay.CurrentStackLocation;
            irp.PendingReturned = (location.Control & SL_CONTROL.PENDING_RETURNED) != 0;
            bool wants = Wants(location, irp);
            irp.CurrentLocation++;
            overlay.CurrentStackLocation = location.Ptr + 1;
            Clear(location);
            if (wants)
            {
                ulong device = irp.CurrentLocation <= irp.StackCount ? overlay.CurrentStackLocation.View.DeviceObject : 0UL;
                ulong routine = location.CompletionRoutine;
                Observer?.CompletionRoutineCalled(Cpu.Number, Irp, routine, Kernel.Dispatcher.FrameAddress);
                NtStatus answer = await Guest.Call(routine, device, Irp, location.Context);
                Observer?.CompletionRoutineReturned(Cpu.Number, Irp, routine, (uint)answer, Kernel.Dispatcher.FrameAddress);
                if (answer == NtStatus.MoreProcessingRequired)
                {
                    Observer?.IrpCompletionEnded(Cpu.Number, Irp, Kernel.Dispatcher.FrameAddress);
                    return;
                }
            }
            else if (irp.PendingReturned && irp.CurrentLocation <= irp.StackCount)
            {
                View<IO_STACK_LOCATION> above = overlay.CurrentStackLocation;
                above.Control |= SL_CONTROL.PENDING_RETURNED;
            }
        }
        await Finish(irp, PriorityBoost);
        Observer?.IrpCompletionEnded(Cpu.Number, Irp, Kernel.Dispatcher.FrameAddress);
    }

    /// <summary>The drivers are done with it: hands it back to whom it belongs to.</summary>
    private async KTask Finish(View<IRP> irp, sbyte boost)
    {
        irp.CurrentLocation = (sbyte)(irp.StackCount + 2); // One more completion is the driver's fault.
        if ((irp.Flags & IRP_FLAGS.ASSOCIATED_IRP) != 0)
        {
            await FinishAssociated(irp, boost);
            return;
        }
        if ((irp.Flags & (IRP_FLAGS.CLOSE_OPERATION | IRP_FLAGS.PAGING_IO)) != 0)
        {
            await FinishInternal(irp, boost);
            return;
        }
        for (Ptr<MDL> mdl = irp.MdlAddress; !mdl.IsNull; mdl = mdl.View.Next)
            Kernel.Mdls.MmUnlockPages(mdl);
        if ((irp.Flags & IRP_FLAGS.DEFER_IO_COMPLETION) != 0 && !irp.PendingReturned)
            return; // The issuing system service finishes it itself.
        await Kernel.IrpFinish.Queue(irp, boost);
    }

    private async KTask FinishAssociated(View<IRP> irp, sbyte boost)
    {
        View<IRP> master = irp.AssociatedIrp.MasterIrp;
        View<IRP_AssociatedIrp> counter = master.AssociatedIrp;
        int left = counter.IrpCount - 1;
        counter.IrpCount = left;
        FreeMdls(irp);
        Kernel.IrpAllocation.IoFreeIrp(irp);
        if (left == 0)
            await Guest.Call(Stub.IofCompleteRequest, master.Address, (byte)boost);
    }

    /// <summary>Closing a file, and paging: no APC, the one who waits frees the IRP.</summary>
    private async KTask FinishInternal(View<IRP> irp, sbyte boost)
    {
        View<IO_STATUS_BLOCK> result = irp.UserIosb;
        result.Information = irp.IoStatus.Information;
        result.Status = irp.IoStatus.Status;
        bool isOwn = (irp.Flags & IRP_FLAGS.SYNCHRONOUS_PAGING_IO) != 0;
        ulong done = irp.UserEvent;
        if (isOwn)
            Kernel.IrpAllocation.IoFreeIrp(irp);
        await Kernel.KernelObjects.SetEvent(done, boost);
    }

    internal void FreeMdls(View<IRP> irp)
    {
        for (Ptr<MDL> mdl = irp.MdlAddress; !mdl.IsNull;)
        {
            Ptr<MDL> next = mdl.View.Next;
            Kernel.Mdls.IoFreeMdl(mdl);
            mdl = next;
        }
        irp.MdlAddress = default;
    }

    private static void Clear(View<IO_STACK_LOCATION> location)
    {
        location.MinorFunction = 0;
        location.Flags = 0;
        location.Control = 0;
        location.Parameters.Clear();
        location.FileObject = default;
    }

    private static bool Wants(View<IO_STACK_LOCATION> location, View<IRP> irp)
    {
        SL_CONTROL wanted = irp.IoStatus.Status.IsSuccess ? SL_CONTROL.INVOKE_ON_SUCCESS : SL_CONTROL.INVOKE_ON_ERROR;
        if (irp.Cancel)
            wanted |= SL_CONTROL.INVOKE_ON_CANCEL;
        return location.CompletionRoutine != 0 && (location.Control & wanted) != 0;
    }
}
