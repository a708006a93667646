using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>
/// IoCsq*: queues whose IRPs may be cancelled at any time. The driver gives the list and its lock. While an IRP is queued, DriverContext[3] points to the
/// queue or to the caller's IO_CSQ_IRP_CONTEXT, told apart by their first field. Up to DISPATCH_LEVEL.
/// </summary>
public sealed class CancelSafeQueues(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Plain = 1, IrpContext = 2, Extended = 3;

    [NtExport("IoCsqInitialize", MaxIrql = Irql.Dispatch)]
    public NtStatus IoCsqInitialize(Ptr<IO_CSQ> Csq, ulong CsqInsertIrp, ulong CsqRemoveIrp, ulong CsqPeekNextIrp, ulong CsqAcquireLock,
        ulong CsqReleaseLock, ulong CsqCompleteCanceledIrp)
    {
        View<IO_CSQ> queue = Csq;
        queue.Type = Plain;
        queue.CsqInsertIrp = CsqInsertIrp;
        queue.CsqRemoveIrp = CsqRemoveIrp;
        queue.CsqPeekNextIrp = CsqPeekNextIrp;
        queue.CsqAcquireLock = CsqAcquireLock;
        queue.CsqReleaseLock = CsqReleaseLock;
        queue.CsqCompleteCanceledIrp = CsqCompleteCanceledIrp;
        queue.ReservePointer = 0;
        return NtStatus.Success;
    }

    [NtExport("IoCsqInitializeEx", MaxIrql = Irql.Dispatch)]
    public NtStatus IoCsqInitializeEx(Ptr<IO_CSQ> Csq, ulong CsqInsertIrp, ulong CsqRemoveIrp, ulong CsqPeekNextIrp, ulong CsqAcquireLock,
        ulong CsqReleaseLock, ulong CsqCompleteCanceledIrp)
    {
        IoCsqInitialize(Csq, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
        View<IO_CSQ> queue = Csq;
        queue.Type = Extended;
        return NtStatus.Success;
    }

    [NtExport("IoCsqInsertIrp", MaxIrql = Irql.Dispatch)]
    public async KTask IoCsqInsertIrp(Ptr<IO_CSQ> Csq, Ptr<IRP> Irp, Ptr<IO_CSQ_IRP_CONTEXT> Context) => await Insert(Csq, Irp, Context, 0);

    [NtExport("IoCsqInsertIrpEx", MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> IoCsqInsertIrpEx(Ptr<IO_CSQ> Csq, Ptr<IRP> Irp, Ptr<IO_CSQ_IRP_CONTEXT> Context, ulong InsertContext) =>
        await Insert(Csq, Irp, Context, InsertContext);

    /// <summary>Takes the first IRP that the driver's peek routine finds and whose cancel routine has not run; null if there is none.</summary>
    [NtExport("IoCsqRemoveNextIrp", MaxIrql = Irql.Dispatch)]
    public async KTask<Ptr<IRP>> IoCsqRemoveNextIrp(Ptr<IO_CSQ> Csq, ulong PeekContext)
    {
        ulong level = Guest.Scratch(8);
        await Guest.CallChangingIrql(Csq.View.CsqAcquireLock, Csq, level);
        Ptr<IRP> found = (Ptr<IRP>)(await Guest.Call(Csq.View.CsqPeekNextIrp, Csq, 0, PeekContext)).Value;
        while (!found.IsNull && !TryTakeCancelRoutine(found))
            found = (Ptr<IRP>)(await Guest.Call(Csq.View.CsqPeekNextIrp, Csq, found, PeekContext)).Value;
        if (!found.IsNull)
        {
            await Guest.Call(Csq.View.CsqRemoveIrp, Csq, found);
            Detach(found);
        }
        await Guest.CallChangingIrql(Csq.View.CsqReleaseLock, Csq, Memory.ReadU8(level));
        return found;
    }

    /// <summary>Takes the IRP of a context; null if it was cancelled meanwhile.</summary>
    [NtExport("IoCsqRemoveIrp", MaxIrql = Irql.Dispatch)]
    public async KTask<Ptr<IRP>> IoCsqRemoveIrp(Ptr<IO_CSQ> Csq, Ptr<IO_CSQ_IRP_CONTEXT> Context)
    {
        ulong level = Guest.Scratch(8);
        await Guest.CallChangingIrql(Csq.View.CsqAcquireLock, Csq, level);
        Ptr<IRP> irp = Context.View.Irp;
        if (!irp.IsNull && !TryTakeCancelRoutine(irp))
            irp = default;
        if (!irp.IsNull)
        {
            await Guest.Call(Csq.View.CsqRemoveIrp, Csq, irp);
            Detach(irp);
        }
        await Guest.CallChangingIrql(Csq.View.CsqReleaseLock, Csq, Memory.ReadU8(level));
        return irp;
    }

    /// <summary>The cancel routine of queued IRPs.</summary>
    [NtRoutine("IopCsqCancelRoutine", MaxIrql = Irql.Dispatch)]
    public async KTask IopCsqCancelRoutine(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp)
    {
        await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.IoReleaseCancelSpinLock), Irp.View.CancelIrql);
        ulong link = Irp.View.Tail.Overlay.DriverContext[3];
        Ptr<IO_CSQ> csq = new(Memory.ReadU32(link) == IrpContext ? new View<IO_CSQ_IRP_CONTEXT>(link).Csq : link);
        ulong level = Guest.Scratch(8);
        await Guest.CallChangingIrql(csq.View.CsqAcquireLock, csq, level);
        await Guest.Call(csq.View.CsqRemoveIrp, csq, Irp);
        Detach(Irp);
        await Guest.CallChangingIrql(csq.View.CsqReleaseLock, csq, Memory.ReadU8(level));
        await Guest.Call(csq.View.CsqCompleteCanceledIrp, csq, Irp);
    }

    private async KTask<NtStatus> Insert(Ptr<IO_CSQ> csq, Ptr<IRP> irpAddress, Ptr<IO_CSQ_IRP_CONTEXT> context, ulong insertContext)
    {
        Link(csq, irpAddress, context);
        ulong level = Guest.Scratch(8);
        await Guest.CallChangingIrql(csq.View.CsqAcquireLock, csq, level);
        View<IRP> irp = irpAddress;
        View<IO_STACK_LOCATION> location = irp.Tail.Overlay.CurrentStackLocation;
        location.Control |= SL_CONTROL.PENDING_RETURNED;
        NtStatus status = NtStatus.Success;
        if (csq.View.Type == Extended)
            status = await Guest.Call(csq.View.CsqInsertIrp, csq, irpAddress, insertContext);
        else
            await Guest.Call(csq.View.CsqInsertIrp, csq, irpAddress);
        if (!status.IsSuccess)
        {
            await Guest.CallChangingIrql(csq.View.CsqReleaseLock, csq, Memory.ReadU8(level));
            return status;
        }
        irp.CancelRoutine = Kernel.Stubs.AddressOf(Stub.IopCsqCancelRoutine);
        if (irp.Cancel && TryTakeCancelRoutine(irpAddress))
        {
            await Guest.Call(csq.View.CsqRemoveIrp, csq, irpAddress);
            Detach(irpAddress);
            await Guest.CallChangingIrql(csq.View.CsqReleaseLock, csq, Memory.ReadU8(level));
            await Guest.Call(csq.View.CsqCompleteCanceledIrp, csq, irpAddress);
            return NtStatus.Success;
        }
        await Guest.CallChangingIrql(csq.View.CsqReleaseLock, csq, Memory.ReadU8(level));
        return status;
    }

    private static void Link(Ptr<IO_CSQ> csq, Ptr<IRP> irp, Ptr<IO_CSQ_IRP_CONTEXT> context)
    {
        View<IO_CSQ> queue = csq;
        queue.ReservePointer = 0;
        View<IRP_Tail_Overlay> overlay = irp.View.Tail.Overlay;
        if (context.IsNull)
        {
            overlay.DriverContext.Set(3, csq.Address);
            return;
        }
        View<IO_CSQ_IRP_CONTEXT> view = context;
        view.Type = IrpContext;
        view.Irp = irp;
        view.Csq = csq;
        overlay.DriverContext.Set(3, context.Address);
    }

    /// <summary>IoSetCancelRoutine(Irp, NULL) was not null: whoever gets true owns the IRP.</summary>
    private static bool TryTakeCancelRoutine(View<IRP> irp)
    {
        ulong old = irp.CancelRoutine;
        irp.CancelRoutine = 0;
        return old != 0;
    }

    private void Detach(View<IRP> irp)
    {
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        ulong link = overlay.DriverContext[3];
        if (link != 0 && Memory.ReadU32(link) == IrpContext)
        {
            View<IO_CSQ_IRP_CONTEXT> context = new(link);
            context.Irp = default;
        }
        overlay.DriverContext.Set(3, 0);
    }
}
