using KdSim.Kernel.Ps;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>
/// The second half of completion, by a special kernel APC in the thread that asked: copies buffered data back, frees buffers, writes the status block, sets
/// the event, queues the user APC. APC_LEVEL, in the process of the buffers.
/// </summary>
public sealed class IrpFinish(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Sends the IRP to its thread; one that its thread has disowned is dropped.</summary>
    public async KTask Queue(View<IRP> irp, sbyte boost)
    {
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        ulong thread = overlay.Thread, file = overlay.OriginalFileObject;
        if (thread == 0 && irp.Cancel)
        {
            FreeBuffers(irp);
            await Release(irp, file);
            return;
        }
        if (thread == 0) // The sender of an IRP without a thread takes it back in a completion routine. NT dies on the null thread, too.
            throw new GuestBugCheck(BugCheckCode.IRQL_NOT_LESS_OR_EQUAL, KTHREAD.Offsets.ThreadLock, Irql.Dispatch, 0, Cpu.TrapRip);
        // The APC takes the place of the overlay.
        if (irp.Tail.Overlay.AuxiliaryBuffer is { IsNull: false } auxiliary)
        {
            Kernel.Pool.Free(auxiliary);
            overlay.AuxiliaryBuffer = default;
        }
        View<KAPC> apc = irp.Tail.Apc;
        Kernel.Apcs.KeInitializeApc(apc, (Ptr<KTHREAD>)thread, KAPC_ENVIRONMENT.OriginalApcEnvironment, Kernel.Stubs.AddressOf(Stub.IopCompleteRequest),
            Kernel.Stubs.AddressOf(Stub.IopAbortRequest), 0, 0, 0);
        Kernel.Apcs.KeInsertQueueApc(apc, file, 0, boost);
    }

    /// <summary>The APC's kernel routine.</summary>
    [NtRoutine("IopCompleteRequest", MaxIrql = Irql.Apc)]
    public async KTask IopCompleteRequest(Ptr<KAPC> Apc, Ptr<ulong> NormalRoutine, Ptr<ulong> NormalContext, Ptr<ulong> SystemArgument1,
        Ptr<ulong> SystemArgument2) =>
        await Complete(View<IRP>.Containing(Apc, IRP.Offsets.Tail), SystemArgument1.Read());

    /// <summary>The APC's rundown routine: the thread ended before the APC ran. Buffers of user memory are not touched.</summary>
    [NtRoutine("IopAbortRequest", MaxIrql = Irql.Apc)]
    public async KTask IopAbortRequest(Ptr<KAPC> Apc)
    {
        View<IRP> irp = View<IRP>.Containing(Apc, IRP.Offsets.Tail);
        ulong file = Apc.View.SystemArgument1;
        FreeBuffers(irp);
        await Release(irp, file);
    }

    /// <summary>Finishes an IRP whose drivers are done, in the context of its thread.</summary>
    public async KTask Complete(View<IRP> irp, ulong file)
    {
        CopyBack(irp);
        FreeBuffers(irp);
        NtStatus status = irp.IoStatus.Status;
        bool isError = (uint)status >> 30 == 3;
        bool isSynchronous = (irp.Flags & IRP_FLAGS.SYNCHRONOUS_API) != 0 || (file != 0 && (new View<FILE_OBJECT>(file).Flags & FO.SYNCHRONOUS_IO) != 0);
        if (!isError || (irp.PendingReturned && !isSynchronous))
            await Answer(irp, file, status);
        else if (irp.PendingReturned && file != 0)
            await AnswerSynchronousError(irp, file, status);
        else
            await Release(irp, file);
    }

    private async KTask Answer(View<IRP> irp, ulong file, NtStatus status)
    {
        WriteStatus(irp);
        ulong done = irp.UserEvent;
        if (done != 0)
            await Kernel.KernelObjects.SetEvent(done, 0);
        if (file != 0)
        {
            View<FILE_OBJECT> view = new(file);
            if (done == 0 || ((view.Flags & FO.SYNCHRONOUS_IO) != 0 && (irp.Flags & IRP_FLAGS.OB_QUERY_NAME) == 0))
            {
                view.FinalStatus = status;
                await Kernel.KernelObjects.SetEvent(view.Event.Address, 0);
            }
        }
        ulong routine = irp.Overlay.AsynchronousParameters.UserApcRoutine;
        bool createOperation = (irp.Flags & IRP_FLAGS.CREATE_OPERATION) != 0;
        if (routine == 0 || createOperation)
        {
            await Release(irp, file);
            return;
        }
        ulong context = irp.Overlay.AsynchronousParameters.UserApcContext, block = irp.UserIosb;
        Ptr<ETHREAD> thread = Kernel.KernelObjects.Thread.Ptr; // The APC that brought us here has taken the place of the overlay.
        sbyte mode = irp.RequestorMode;
        Kernel.IrpAllocation.RemoveFromThread(irp);
        await ReleaseReferences(irp, file);
        View<KAPC> apc = irp.Tail.Apc;
        Kernel.Apcs.KeInitializeApc(apc, thread.As<KTHREAD>(), KAPC_ENVIRONMENT.OriginalApcEnvironment, Kernel.Stubs.AddressOf(Stub.IopUserCompletion),
            Kernel.Stubs.AddressOf(Stub.IopUserRundown), routine, mode, context);
        Kernel.Apcs.KeInsertQueueApc(apc, block, 0, 2);
    }

    /// <summary>The user APC's kernel routine: frees the IRP that carried it.</summary>
    [NtRoutine("IopUserCompletion", MaxIrql = Irql.Apc)]
    public void IopUserCompletion(Ptr<KAPC> Apc, Ptr<ulong> NormalRoutine, Ptr<ulong> NormalContext, Ptr<ulong> SystemArgument1, Ptr<ulong> SystemArgument2) =>
        Kernel.IrpAllocation.IoFreeIrp(View<IRP>.Containing(Apc, IRP.Offsets.Tail));

    [NtRoutine("IopUserRundown", MaxIrql = Irql.Apc)]
    public void IopUserRundown(Ptr<KAPC> Apc) => Kernel.IrpAllocation.IoFreeIrp(View<IRP>.Containing(Apc, IRP.Offsets.Tail));

    private async KTask AnswerSynchronousError(View<IRP> irp, ulong file, NtStatus status)
    {
        View<FILE_OBJECT> view = new(file);
        bool isOwnEvent = (irp.Flags & IRP_FLAGS.SYNCHRONOUS_API) != 0;
        WriteStatus(irp);
        view.FinalStatus = status;
        ulong done = isOwnEvent && irp.UserEvent.Address != 0 ? irp.UserEvent.Address : view.Event.Address;
        await Kernel.KernelObjects.SetEvent(done, 0);
        await Release(irp, file);
    }

    private async KTask Release(View<IRP> irp, ulong file)
    {
        Kernel.IrpAllocation.RemoveFromThread(irp);
        await ReleaseReferences(irp, file);
        Kernel.IrpAllocation.IoFreeIrp(irp);
    }

    /// <summary>The references that the system service took: its event and its file.</summary>
    private async KTask ReleaseReferences(View<IRP> irp, ulong file)
    {
        ulong done = irp.UserEvent;
        if (file == 0 || (irp.Flags & IRP_FLAGS.CREATE_OPERATION) != 0)
            return;
        if (done != 0 && (irp.Flags & IRP_FLAGS.SYNCHRONOUS_API) == 0)
            await Kernel.Objects.Dereference(done);
        await Kernel.Objects.Dereference(file);
    }

    private void WriteStatus(View<IRP> irp)
    {
        Ptr<IO_STATUS_BLOCK> block = irp.UserIosb;
        if (block.IsNull)
            return;
        CallerMemory caller = Kernel.CallerMemory;
        caller.TryWrite(block.Address + IO_STATUS_BLOCK.Offsets.Information, irp.IoStatus.Information, irp.RequestorMode);
        caller.TryWrite(block.Address, (uint)irp.IoStatus.Status, irp.RequestorMode);
    }

    /// <summary>Buffered input operations: what the driver put into the system buffer goes to the user's; a bad address becomes the status.</summary>
    private void CopyBack(View<IRP> irp)
    {
        IRP_FLAGS flags = irp.Flags;
        View<IO_STATUS_BLOCK> result = irp.IoStatus;
        ulong length = result.Information, from = irp.AssociatedIrp.SystemBuffer, to = irp.UserBuffer;
        if ((flags & IRP_FLAGS.BUFFERED_IO) == 0 || (flags & IRP_FLAGS.INPUT_OPERATION) == 0 || (uint)result.Status >> 30 == 3 ||
            result.Status == NtStatus.VerifyRequired || length == 0 || to == 0)
            return;
        Span<byte> piece = stackalloc byte[(int)Math.Min(length, 1024)];
        for (ulong done = 0; done < length; done += (ulong)piece.Length)
        {
            Span<byte> part = piece[..(int)Math.Min(length - done, (ulong)piece.Length)];
            Memory.Read(from + done, part);
            if (Kernel.CallerMemory.TryWrite(to + done, part, irp.RequestorMode))
                continue;
            result.Status = NtStatus.AccessViolation;
            return;
        }
        Cpu.State.Clock += Kernel.Computer.Costs.Copy(length);
    }

    private void FreeBuffers(View<IRP> irp)
    {
        if ((irp.Flags & IRP_FLAGS.DEALLOCATE_BUFFER) != 0 && irp.AssociatedIrp.SystemBuffer is var buffer and not 0)
            Kernel.Pool.Free(buffer);
        irp.Flags &= ~(IRP_FLAGS.DEALLOCATE_BUFFER | IRP_FLAGS.BUFFERED_IO);
        Kernel.IrpCompletion.FreeMdls(irp);
    }
}
