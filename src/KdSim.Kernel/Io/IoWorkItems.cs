using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Work items of devices and drivers: their object stays referenced while one is queued. Up to DISPATCH_LEVEL.</summary>
public sealed class IoWorkItems(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x69776F49; // "Iowi"
    private const uint Extended = 1;

    [NtExport("IoAllocateWorkItem", MaxIrql = Irql.Dispatch)]
    public Ptr<IO_WORKITEM> IoAllocateWorkItem(ulong DeviceObject)
    {
        Ptr<IO_WORKITEM> item = new(Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, IO_WORKITEM.SizeOf, Tag));
        if (!item.IsNull)
            IoInitializeWorkItem(DeviceObject, item);
        return item;
    }

    [NtExport("IoFreeWorkItem", MaxIrql = Irql.Dispatch)]
    public void IoFreeWorkItem(Ptr<IO_WORKITEM> IoWorkItem)
    {
        if (Memory.ReadU64(IoWorkItem) != 0)
            throw new GuestBugCheck(BugCheckCode.WORKER_INVALID, 1, IoWorkItem, IoWorkItem.View.Routine, 0);
        Kernel.Pool.Free(IoWorkItem, Tag);
    }

    [NtExport("IoSizeofWorkItem", MaxIrql = Irql.Dispatch)]
    public uint IoSizeofWorkItem() => IO_WORKITEM.SizeOf;

    [NtExport("IoInitializeWorkItem", MaxIrql = Irql.Dispatch)]
    public void IoInitializeWorkItem(ulong IoObject, Ptr<IO_WORKITEM> IoWorkItem)
    {
        View<IO_WORKITEM> item = IoWorkItem;
        item.Clear();
        item.IoObject = IoObject;
        View<WORK_QUEUE_ITEM> work = item.WorkItem;
        work.WorkerRoutine = Kernel.Stubs.AddressOf(Stub.IopProcessWorkItem);
        work.Parameter = item.Address;
    }

    [NtExport("IoUninitializeWorkItem", MaxIrql = Irql.Dispatch)]
    public void IoUninitializeWorkItem(Ptr<IO_WORKITEM> IoWorkItem)
    {
    }

    [NtExport("IoQueueWorkItem", MaxIrql = Irql.Dispatch)]
    public async KTask IoQueueWorkItem(Ptr<IO_WORKITEM> IoWorkItem, ulong WorkerRoutine, WORK_QUEUE_TYPE QueueType, ulong Context) =>
        await Queue(IoWorkItem, WorkerRoutine, QueueType, Context, 0);

    /// <summary>The routine gets (IoObject, Context, WorkItem).</summary>
    [NtExport("IoQueueWorkItemEx", MaxIrql = Irql.Dispatch)]
    public async KTask IoQueueWorkItemEx(Ptr<IO_WORKITEM> IoWorkItem, ulong WorkerRoutine, WORK_QUEUE_TYPE QueueType, ulong Context) =>
        await Queue(IoWorkItem, WorkerRoutine, QueueType, Context, Extended);

    [NtExport("IoTryQueueWorkItem", MaxIrql = Irql.Dispatch)]
    public async KTask<bool> IoTryQueueWorkItem(Ptr<IO_WORKITEM> IoWorkItem, ulong WorkerRoutine, WORK_QUEUE_TYPE QueueType, ulong Context)
    {
        if (Memory.ReadU64(IoWorkItem) != 0)
            return false;
        await Queue(IoWorkItem, WorkerRoutine, QueueType, Context, Extended);
        return true;
    }

    /// <summary>What a worker thread calls. The item may be freed by its routine, so nothing of it is used afterwards.</summary>
    [NtRoutine("IopProcessWorkItem", MaxIrql = Irql.Passive)]
    public async KTask IopProcessWorkItem(Ptr<IO_WORKITEM> Item)
    {
        View<IO_WORKITEM> item = Item;
        ulong body = item.IoObject;
        if (item.Type == Extended)
            await Guest.Call(item.Routine, body, item.Context, Item);
        else
            await Guest.Call(item.Routine, body, item.Context);
        await Kernel.Objects.Dereference(body);
    }

    private async KTask Queue(View<IO_WORKITEM> item, ulong routine, WORK_QUEUE_TYPE queue, ulong context, uint type)
    {
        if (Memory.ReadU64(item.Address) != 0)
            throw new GuestBugCheck(BugCheckCode.WORKER_INVALID, 0, item.Address, 0, 0);
        item.Routine = routine;
        item.Context = context;
        item.Type = type;
        Kernel.Objects.Reference(item.IoObject);
        await Kernel.KernelObjects.QueueWorkItem(item.Address, queue);
    }
}
