using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>What a system service for a file has found out about its caller and the file, before it makes an IRP.</summary>
public struct FileCall
{
    public sbyte Mode;
    public Ptr<FILE_OBJECT> File;
    public uint Granted;
    public ulong Event, ApcRoutine, ApcContext;
    public Ptr<IO_STATUS_BLOCK> Result;

    public readonly bool IsSynchronous => (File.View.Flags & FO.SYNCHRONOUS_IO) != 0;
}

/// <summary>
/// What the services for files share: capturing, the IRP with its buffers, sending it, waiting where the file is synchronous. PASSIVE_LEVEL.
/// </summary>
public sealed class FileRequests(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint BufferTag = 0x20206F49; // "Io  "

    /// <summary>Checks the caller's status block, takes references to the file and the event. On failure nothing is referenced.</summary>
    public NtStatus Begin(ulong handle, uint access, ulong eventHandle, ulong apcRoutine, ulong apcContext, Ptr<IO_STATUS_BLOCK> result, ref FileCall call)
    {
        call.Mode = Kernel.KernelObjects.PreviousMode;
        call.ApcRoutine = apcRoutine;
        call.ApcContext = apcContext;
        call.Result = result;
        if (!Kernel.CallerMemory.IsWritable<IO_STATUS_BLOCK>(result, call.Mode))
            return NtStatus.AccessViolation;
        ulong type = Memory.ReadU64(Kernel.Data(Datum.IoFileObjectType));
        NtStatus status = Kernel.HandleRoutines.Resolve(handle, access, type, call.Mode, out ulong file, out call.Granted, out _);
        if (!status.IsSuccess)
            return status;
        call.File = (Ptr<FILE_OBJECT>)file;
        if (eventHandle == 0)
            return NtStatus.Success;
        status = Kernel.HandleRoutines.Resolve(eventHandle, 2, Memory.ReadU64(Kernel.Data(Datum.ExEventObjectType)), call.Mode, out call.Event, out _, out _);
        if (!status.IsSuccess)
            Unreference(file);
        else
            Clear(call.Event);
        return status;
    }

    /// <summary>The caller's mistake was found behind <see cref="Begin"/>.</summary>
    public NtStatus Fail(in FileCall call, NtStatus status)
    {
        if (call.Event != 0)
            Unreference(call.Event);
        Unreference(call.File);
        return status;
    }

    /// <summary>An IRP for the top of the file's stack, on its way with everything but buffers; null if there is no memory.</summary>
    public View<IRP> CreateIrp(in FileCall call, IRP_MJ major)
    {
        View<DEVICE_OBJECT> top = Kernel.DeviceStacks.TopOf(call.File.View.DeviceObject);
        Ptr<IRP> made = Kernel.IrpAllocation.IoAllocateIrp(top.StackSize, ChargeQuota: true);
        if (made.IsNull)
            return default;
        View<IRP> irp = made;
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        overlay.Thread = Kernel.KernelObjects.Thread.Ptr;
        overlay.OriginalFileObject = call.File;
        irp.RequestorMode = call.Mode;
        irp.UserEvent = (Ptr<KEVENT>)call.Event;
        irp.UserIosb = call.Result;
        View<IRP_Overlay_AsynchronousParameters> parameters = irp.Overlay.AsynchronousParameters;
        parameters.UserApcRoutine = call.ApcRoutine;
        parameters.UserApcContext = call.ApcContext;
        View<IO_STACK_LOCATION> next = NextOf(irp);
        next.MajorFunction = major;
        next.FileObject = call.File;
        return irp;
    }

    public static View<IO_STACK_LOCATION> NextOf(View<IRP> irp) => new((irp.Tail.Overlay.CurrentStackLocation - 1).Address);

    /// <summary>A system buffer, filled from the caller's memory if <paramref name="from"/> is not 0.</summary>
    public NtStatus GiveSystemBuffer(View<IRP> irp, ulong from, uint fromLength, uint length)
    {
        if (length == 0)
            return NtStatus.Success;
        ulong buffer = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, length, BufferTag);
        if (buffer == 0)
            return NtStatus.InsufficientResources;
        View<IRP_AssociatedIrp> associated = irp.AssociatedIrp;
        associated.SystemBuffer = buffer;
        irp.Flags |= IRP_FLAGS.BUFFERED_IO | IRP_FLAGS.DEALLOCATE_BUFFER;
        Span<byte> piece = stackalloc byte[1024];
        for (uint done = 0; from != 0 && done < fromLength; done += (uint)piece.Length)
        {
            Span<byte> part = piece[..(int)Math.Min(fromLength - done, (uint)piece.Length)];
            if (!Kernel.CallerMemory.TryRead(from + done, part, irp.RequestorMode))
                return NtStatus.AccessViolation;
            Memory.Write(buffer + done, part);
        }
        Cpu.State.Clock += Kernel.Computer.Costs.Copy(fromLength);
        return NtStatus.Success;
    }

    /// <summary>Locks the caller's buffer; a bad one is the caller's fault.</summary>
    public NtStatus GiveMdl(View<IRP> irp, ulong buffer, uint length, LOCK_OPERATION operation)
    {
        if (length == 0)
            return NtStatus.Success;
        if (!Kernel.Mdls.IsLockable(buffer, length, irp.RequestorMode, operation != LOCK_OPERATION.IoReadAccess))
            return NtStatus.AccessViolation;
        Ptr<MDL> mdl = Kernel.Mdls.IoAllocateMdl(buffer, length, SecondaryBuffer: false, ChargeQuota: true, irp);
        if (mdl.IsNull)
            return NtStatus.InsufficientResources;
        Kernel.Mdls.MmProbeAndLockPages(mdl, irp.RequestorMode, operation);
        return NtStatus.Success;
    }

    /// <summary>Takes an IRP back that was not sent.</summary>
    public NtStatus Abandon(View<IRP> irp, in FileCall call, NtStatus status)
    {
        if (irp.AssociatedIrp.SystemBuffer is var buffer and not 0 && (irp.Flags & IRP_FLAGS.DEALLOCATE_BUFFER) != 0)
            Kernel.Pool.Free(buffer);
        if (irp.MdlAddress is { IsNull: false } mdl)
        {
            if ((mdl.View.MdlFlags & MDL_FLAGS.PAGES_LOCKED) != 0)
                Kernel.Mdls.MmUnlockPages(mdl);
            Kernel.Mdls.IoFreeMdl(mdl);
        }
        Kernel.IrpAllocation.IoFreeIrp(irp);
        return Fail(call, status);
    }

    /// <summary>
    /// Sends the IRP. A request that did not pend is finished here, without an APC; on a synchronous file the caller waits. The IRP owns the references
    /// of the call.
    /// </summary>
    public async KTask<NtStatus> Send(View<IRP> irp, FileCall call)
    {
        View<DEVICE_OBJECT> top = Kernel.DeviceStacks.TopOf(call.File.View.DeviceObject);
        bool waits = call.IsSynchronous;
        irp.Flags |= IRP_FLAGS.DEFER_IO_COMPLETION;
        Kernel.Objects.Reference(call.File); // Ours, for behind the call.
        if (waits)
            await AcquireLock(call.File);
        Clear(call.File.View.Event.Address);
        Kernel.IrpAllocation.QueueToThread(irp, Kernel.KernelObjects.Thread);
        NtStatus status = await Guest.Call(Stub.IofCallDriver, top.Address, irp.Address);
        if (status != NtStatus.Pending)
            await Kernel.IrpFinish.Complete(irp, call.File);
        else if (waits)
            status = await WaitFor(call, irp);
        if (waits)
            await ReleaseLock(call.File);
        await Kernel.Objects.Dereference(call.File);
        return status;
    }

    private async KTask<NtStatus> WaitFor(FileCall call, View<IRP> irp)
    {
        bool alertable = (call.File.View.Flags & FO.ALERTABLE_IO) != 0;
        NtStatus status = await Kernel.KernelObjects.Wait(call.File.View.Event.Address, KWAIT_REASON.Executive, call.Mode, alertable);
        if (status is NtStatus.Alerted or NtStatus.UserApc)
        {
            if (call.File.View.Event.Header.SignalState == 0)
                await Guest.Call(Stub.IoCancelIrp, irp.Address);
            await Kernel.KernelObjects.Wait(call.File.View.Event.Address, KWAIT_REASON.Executive, 0, alertable: false);
        }
        return call.File.View.FinalStatus;
    }

    /// <summary>One request at a time on a synchronous file.</summary>
    private async KTask AcquireLock(Ptr<FILE_OBJECT> address)
    {
        View<FILE_OBJECT> file = address;
        if (file.Busy == 0)
        {
            file.Busy = 1;
            return;
        }
        file.Waiters++;
        while (file.Busy != 0)
            await Kernel.KernelObjects.Wait(file.Lock.Address, KWAIT_REASON.Executive, 0, alertable: false);
        file.Waiters--;
        file.Busy = 1;
    }

    private async KTask ReleaseLock(Ptr<FILE_OBJECT> address)
    {
        View<FILE_OBJECT> file = address;
        file.Busy = 0;
        if (file.Waiters != 0)
            await Kernel.KernelObjects.SetEvent(file.Lock.Address, 0);
    }

    private static void Clear(ulong @event)
    {
        View<DISPATCHER_HEADER> header = new(@event);
        header.SignalState = 0;
    }

    /// <summary>Gives back a reference that cannot be the last: the handle holds another.</summary>
    private static void Unreference(ulong body)
    {
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        header.PointerCount--;
    }
}
