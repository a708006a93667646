using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>What the I/O manager keeps in a thread or an IRP for drivers above file systems, and small questions about both.</summary>
public sealed class ThreadIoState(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x63556F49; // "IoUc"
    private const ulong Device = 0, Routine = 8, RoutineContext = 16, Wanted = 24, BlockSize = 32;
    private const uint OnSuccess = 1, OnError = 2, OnCancel = 4;

    [NtExport("IoGetTopLevelIrp", MaxIrql = Irql.Dispatch)]
    public ulong IoGetTopLevelIrp() => Kernel.KernelObjects.Thread.TopLevelIrp;

    [NtExport("IoSetTopLevelIrp", MaxIrql = Irql.Dispatch)]
    public void IoSetTopLevelIrp(Ptr<IRP> Irp)
    {
        View<ETHREAD> thread = Kernel.KernelObjects.Thread;
        thread.TopLevelIrp = Irp;
    }

    [NtExport("IoGetDeviceToVerify", MaxIrql = Irql.Dispatch)]
    public Ptr<DEVICE_OBJECT> IoGetDeviceToVerify(Ptr<ETHREAD> Thread) => Thread.View.DeviceToVerify;

    [NtExport("IoSetDeviceToVerify", MaxIrql = Irql.Dispatch)]
    public void IoSetDeviceToVerify(Ptr<ETHREAD> Thread, Ptr<DEVICE_OBJECT> DeviceObject)
    {
        View<ETHREAD> thread = Thread;
        thread.DeviceToVerify = DeviceObject;
    }

    [NtExport("IoIsSystemThread", MaxIrql = Irql.Dispatch)]
    public bool IoIsSystemThread(Ptr<ETHREAD> Thread) => Thread.View.Tcb.SystemThread;

    /// <summary>True: hard errors show; they did before too, unless the thread had turned them off.</summary>
    [NtExport("IoSetThreadHardErrorMode", MaxIrql = Irql.Dispatch)]
    public bool IoSetThreadHardErrorMode(bool EnableHardErrors)
    {
        View<ETHREAD> thread = Kernel.KernelObjects.Thread;
        bool before = !thread.HardErrorsAreDisabled;
        thread.HardErrorsAreDisabled = !EnableHardErrors;
        return before;
    }

    /// <summary>All processes of this machine are in session 0.</summary>
    [NtExport("IoGetRequestorSessionId", MaxIrql = Irql.Apc)]
    public NtStatus IoGetRequestorSessionId(Ptr<IRP> Irp, Ptr<uint> pSessionId)
    {
        bool known = !Kernel.IoMiscellany.IoGetRequestorProcess(Irp).IsNull;
        pSessionId.Write(known ? 0 : uint.MaxValue);
        return known ? NtStatus.Success : NtStatus.Unsuccessful;
    }

    [NtExport("IoIsOperationSynchronous")]
    public bool IoIsOperationSynchronous(Ptr<IRP> Irp)
    {
        View<IRP> irp = Irp;
        Ptr<FILE_OBJECT> file = irp.Tail.Overlay.CurrentStackLocation.View.FileObject;
        return (irp.Flags & (IRP_FLAGS.SYNCHRONOUS_API | IRP_FLAGS.SYNCHRONOUS_PAGING_IO)) != 0
            || (!file.IsNull && (file.View.Flags & FO.SYNCHRONOUS_IO) != 0 && (irp.Flags & IRP_FLAGS.PAGING_IO) == 0);
    }

    /// <summary>The worst status of associated IRPs becomes the master's.</summary>
    [NtExport("IoSetMasterIrpStatus")]
    public void IoSetMasterIrpStatus(Ptr<IRP> MasterIrp, NtStatus Status)
    {
        View<IO_STATUS_BLOCK> block = MasterIrp.View.IoStatus;
        if (!Status.IsSuccess || block.Status.IsSuccess)
            block.Status = Status;
    }

    /// <summary>STATUS_PENDING and FFFFFFFF complete no IRP.</summary>
    [NtExport("IoIsValidIrpStatus")]
    public bool IoIsValidIrpStatus(NtStatus Status) => Status != NtStatus.Pending && (uint)Status != uint.MaxValue;

    [NtExport("IoWithinStackLimits", MaxIrql = Irql.Apc)]
    public bool IoWithinStackLimits(ulong RegionStart, ulong RegionSize) =>
        Kernel.Stacks.Find(Cpu.State.Rsp) is { } stack && RegionStart >= stack.Limit && RegionStart <= stack.Top && RegionSize <= stack.Top - RegionStart;

    /// <summary>FILE_READ_ACCESS and FILE_WRITE_ACCESS of the handle that a device control request came through.</summary>
    [NtExport("IoValidateDeviceIoControlAccess")]
    public NtStatus IoValidateDeviceIoControlAccess(Ptr<IRP> Irp, uint RequiredAccess)
    {
        View<IO_STACK_LOCATION> location = Irp.View.Tail.Overlay.CurrentStackLocation;
        if ((RequiredAccess & ~3u) != 0 || location.MajorFunction is not (IRP_MJ.DEVICE_CONTROL or IRP_MJ.FILE_SYSTEM_CONTROL))
            return NtStatus.InvalidParameter;
        Ptr<FILE_OBJECT> file = location.FileObject;
        uint granted = file.IsNull ? 0 : (file.View.ReadAccess ? 1u : 0) | (file.View.WriteAccess ? 2u : 0);
        return Irp.View.RequestorMode == 0 || (RequiredAccess & ~granted) == 0 ? NtStatus.Success : NtStatus.AccessDenied;
    }

    /// <summary>A completion routine whose driver stays loaded until it has run: the device is referenced meanwhile.</summary>
    [NtExport("IoSetCompletionRoutineEx", MaxIrql = Irql.Dispatch)]
    public NtStatus IoSetCompletionRoutineEx(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp, ulong CompletionRoutine, ulong Context, bool InvokeOnSuccess,
        bool InvokeOnError, bool InvokeOnCancel)
    {
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, BlockSize, Tag);
        if (block == 0)
            return NtStatus.InsufficientResources;
        Memory.WriteU64(block + Device, DeviceObject);
        Memory.WriteU64(block + Routine, CompletionRoutine);
        Memory.WriteU64(block + RoutineContext, Context);
        Kernel.Objects.Reference(DeviceObject);
        Memory.WriteU32(block + Wanted, (InvokeOnSuccess ? OnSuccess : 0) | (InvokeOnError ? OnError : 0) | (InvokeOnCancel ? OnCancel : 0));
        View<IO_STACK_LOCATION> next = new((Irp.View.Tail.Overlay.CurrentStackLocation - 1).Address);
        next.CompletionRoutine = Kernel.Stubs.AddressOf(Stub.IopUnloadSafeCompletion);
        next.Context = block;
        next.Control = SL_CONTROL.INVOKE_ON_SUCCESS | SL_CONTROL.INVOKE_ON_ERROR | SL_CONTROL.INVOKE_ON_CANCEL;
        return NtStatus.Success;
    }

    /// <summary>Calls the driver's routine if it asked for this outcome, then lets go of the device.</summary>
    [NtRoutine("IopUnloadSafeCompletion", MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> IopUnloadSafeCompletion(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp, ulong Context)
    {
        uint wanted = Memory.ReadU32(Context + Wanted);
        bool success = Irp.View.IoStatus.Status.IsSuccess;
        bool calls = (wanted & (success ? OnSuccess : OnError)) != 0 || (Irp.View.Cancel && (wanted & OnCancel) != 0);
        NtStatus status = NtStatus.Success;
        if (calls)
            status = await Guest.Call(Memory.ReadU64(Context + Routine), DeviceObject, Irp, Memory.ReadU64(Context + RoutineContext));
        else if (Irp.View.PendingReturned && Irp.View.CurrentLocation <= Irp.View.StackCount)
            MarkPending(Irp);
        await Kernel.Objects.Dereference(Memory.ReadU64(Context + Device));
        Kernel.Pool.Free(Context, Tag);
        return status;
    }

    private static void MarkPending(Ptr<IRP> irp)
    {
        View<IO_STACK_LOCATION> location = irp.View.Tail.Overlay.CurrentStackLocation;
        location.Control |= SL_CONTROL.PENDING_RETURNED;
    }
}
