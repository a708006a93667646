using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Ends IRPs.</summary>
public sealed class IrpCompletion(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Ends an IRP: walks up the stack locations and calls each completion routine that asked for this outcome.</summary>
    /// <remarks>A routine that returns STATUS_MORE_PROCESSING_REQUIRED takes the IRP back: it is not touched again.</remarks>
    [NtExport("IofCompleteRequest", MaxIrql = Irql.Dispatch)]
    public async KTask IofCompleteRequest(Ptr<IRP> Irp, sbyte PriorityBoost)
    {
        View<IRP> irp = Irp;
        if (irp.CurrentLocation > irp.StackCount + 1)
            throw new GuestBugCheck(BugCheckCode.MULTIPLE_IRP_COMPLETE_REQUESTS, Irp);
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        while (irp.CurrentLocation <= irp.StackCount)
        {
            View<IO_STACK_LOCATION> location = overlay.CurrentStackLocation;
            irp.PendingReturned = (location.Control & SL_CONTROL.PENDING_RETURNED) != 0;
            irp.CurrentLocation++;
            overlay.CurrentStackLocation = location.Ptr + 1;
            if (!Wants(location, irp))
                continue;
            ulong device = irp.CurrentLocation <= irp.StackCount ? overlay.CurrentStackLocation.View.DeviceObject : 0UL;
            NtStatus answer = await Guest.Call(location.CompletionRoutine, device, Irp, location.Context);
            if (answer == NtStatus.MoreProcessingRequired)
                return;
        }
        Observer?.IrpCompleted(Cpu.Number, Irp, (uint)irp.IoStatus.Status, irp.IoStatus.Information);
    }

    private static bool Wants(View<IO_STACK_LOCATION> location, View<IRP> irp)
    {
        SL_CONTROL wanted = irp.IoStatus.Status.IsSuccess ? SL_CONTROL.INVOKE_ON_SUCCESS : SL_CONTROL.INVOKE_ON_ERROR;
        if (irp.Cancel)
            wanted |= SL_CONTROL.INVOKE_ON_CANCEL;
        return location.CompletionRoutine != 0 && (location.Control & wanted) != 0;
    }
}
