using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Cancelling what threads have sent: NtCancelIoFile, NtCancelIoFileEx, and the requests of a thread that ends. PASSIVE_LEVEL.</summary>
public sealed class CancelServices(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong FiveMinutes = 3_000_000_000;
    private const long TenthOfSecond = -1_000_000;

    /// <summary>Cancels what the calling thread has sent on the file.</summary>
    [NtExport("NtCancelIoFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtCancelIoFile(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoStatusBlock) =>
        await Cancel(FileHandle, 0, ownThreadOnly: true, IoStatusBlock);

    /// <summary>Cancels what any thread of the process has sent on the file: the request with this status block, or all. NOT_FOUND if there is none.</summary>
    [NtExport("NtCancelIoFileEx", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtCancelIoFileEx(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoRequestToCancel, Ptr<IO_STATUS_BLOCK> IoStatusBlock) =>
        await Cancel(FileHandle, IoRequestToCancel, ownThreadOnly: false, IoStatusBlock);

    /// <summary>
    /// The running thread is about to end: cancels its requests and waits until they are gone. One that is still with its driver after five minutes is
    /// disowned: it belongs to no thread any more, and is dropped if it is ever completed.
    /// </summary>
    [NtRoutine("IoCancelThreadIo")]
    public async KTask IoCancelThreadIo()
    {
        while (FindIn(Kernel.KernelObjects.Thread, 0, 0) is { IsNull: false } irp)
            await Guest.Call(Stub.IoCancelIrp, irp.Address);
        ulong interval = Guest.Scratch(8);
        Memory.WriteU64(interval, unchecked((ulong)TenthOfSecond));
        ulong patience = Kernel.Clock.InterruptTime + FiveMinutes;
        while (HasRequests(Kernel.KernelObjects.Thread))
        {
            if (Kernel.Clock.InterruptTime >= patience)
            {
                Disown(Kernel.KernelObjects.Thread);
                continue;
            }
            await Guest.Call(Stub.KeDelayExecutionThread, 0, 0, interval);
        }
    }

    private void Disown(View<ETHREAD> thread)
    {
        View<IRP> irp = View<IRP>.Containing(Memory.ReadU64(thread.IrpListView.Address), IRP.Offsets.ThreadListEntry);
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        Kernel.IrpAllocation.RemoveFromThread(irp);
        overlay.Thread = default;
        ulong device = irp.CurrentLocation <= irp.StackCount ? overlay.CurrentStackLocation.View.DeviceObject : 0UL;
        Kernel.Report(FindingKind.Other, irp.Address, (uint)NtStatus.Cancelled, device,
            "a thread has ended; its cancelled request was not completed in five minutes");
    }

    private async KTask<NtStatus> Cancel(ulong handle, ulong statusBlock, bool ownThreadOnly, Ptr<IO_STATUS_BLOCK> result)
    {
        sbyte mode = Kernel.KernelObjects.PreviousMode;
        if (!Kernel.CallerMemory.IsWritable<IO_STATUS_BLOCK>(result, mode))
            return NtStatus.AccessViolation;
        ulong type = Memory.ReadU64(Kernel.Data(Datum.IoFileObjectType));
        NtStatus status = Kernel.HandleRoutines.Resolve(handle, 0, type, mode, out ulong file, out _, out _);
        if (!status.IsSuccess)
            return status;
        bool any = false;
        while (Find(file, statusBlock, ownThreadOnly) is { IsNull: false } irp)
        {
            any = true;
            await Guest.Call(Stub.IoCancelIrp, irp.Address);
        }
        await Kernel.Objects.Dereference(file);
        status = any || ownThreadOnly ? NtStatus.Success : NtStatus.NotFound;
        Kernel.CallerMemory.TryWrite(result.Address + IO_STATUS_BLOCK.Offsets.Information, 0UL, mode);
        Kernel.CallerMemory.TryWrite(result, (uint)status, mode);
        return status;
    }

    private View<IRP> Find(ulong file, ulong statusBlock, bool ownThreadOnly)
    {
        if (ownThreadOnly)
            return FindIn(Kernel.KernelObjects.Thread, file, statusBlock);
        foreach (ulong entry in Memory.Walk(Kernel.KernelObjects.Process.ThreadListHeadView.Address))
            if (FindIn(View<ETHREAD>.Containing(entry, ETHREAD.Offsets.ThreadListEntry), file, statusBlock) is { IsNull: false } irp)
                return irp;
        return default;
    }

    /// <summary>A request that was not cancelled yet.</summary>
    private View<IRP> FindIn(View<ETHREAD> thread, ulong file, ulong statusBlock)
    {
        if (!HasRequests(thread))
            return default;
        foreach (ulong entry in Memory.Walk(thread.IrpListView.Address))
        {
            View<IRP> irp = View<IRP>.Containing(entry, IRP.Offsets.ThreadListEntry);
            if (!irp.Cancel && (file == 0 || irp.Tail.Overlay.OriginalFileObject == file) && (statusBlock == 0 || irp.UserIosb == statusBlock))
                return irp;
        }
        return default;
    }

    private bool HasRequests(View<ETHREAD> thread)
    {
        ulong head = thread.IrpListView.Address;
        return Memory.ReadU64(head) != 0 && !Memory.IsListEmpty(head);
    }
}
