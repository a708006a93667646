using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>KDEVICE_QUEUE: a busy flag and the entries that wait behind it. IRQL up to DISPATCH.</summary>
public sealed class DeviceQueues(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("KeInitializeDeviceQueue", MaxIrql = Irql.Dispatch)]
    public void KeInitializeDeviceQueue(Ptr<KDEVICE_QUEUE> DeviceQueue)
    {
        View<KDEVICE_QUEUE> queue = DeviceQueue;
        queue.Clear();
        queue.Type = (short)KOBJECTS.DeviceQueueObject;
        queue.Size = KDEVICE_QUEUE.SizeOf;
        Memory.InitializeList(queue.DeviceListHeadView.Address);
    }

    /// <summary>False: the queue was idle, is busy now, and the entry was not queued.</summary>
    [NtExport("KeInsertDeviceQueue", MaxIrql = Irql.Dispatch)]
    public bool KeInsertDeviceQueue(Ptr<KDEVICE_QUEUE> DeviceQueue, Ptr<KDEVICE_QUEUE_ENTRY> DeviceQueueEntry) =>
        Insert(DeviceQueue, DeviceQueueEntry, DeviceQueue.View.DeviceListHeadView.Address);

    /// <summary>Behind the entries with an equal or smaller key.</summary>
    [NtExport("KeInsertByKeyDeviceQueue", MaxIrql = Irql.Dispatch)]
    public bool KeInsertByKeyDeviceQueue(Ptr<KDEVICE_QUEUE> DeviceQueue, Ptr<KDEVICE_QUEUE_ENTRY> DeviceQueueEntry, uint SortKey)
    {
        View<KDEVICE_QUEUE_ENTRY> entry = DeviceQueueEntry;
        entry.SortKey = SortKey;
        ulong before = DeviceQueue.View.DeviceListHeadView.Address;
        foreach (ulong link in Memory.Walk(before))
        {
            if (new View<KDEVICE_QUEUE_ENTRY>(link).SortKey <= SortKey)
                continue;
            before = link;
            break;
        }
        return Insert(DeviceQueue, entry, before);
    }

    [NtExport("KeRemoveDeviceQueue", MaxIrql = Irql.Dispatch)]
    public ulong KeRemoveDeviceQueue(Ptr<KDEVICE_QUEUE> DeviceQueue) => Take(DeviceQueue, Memory.ReadU64(DeviceQueue.View.DeviceListHeadView.Address));

    /// <summary>The first entry with a key that is not smaller, else the first of all.</summary>
    [NtExport("KeRemoveByKeyDeviceQueue", MaxIrql = Irql.Dispatch)]
    public ulong KeRemoveByKeyDeviceQueue(Ptr<KDEVICE_QUEUE> DeviceQueue, uint SortKey)
    {
        ulong head = DeviceQueue.View.DeviceListHeadView.Address, found = Memory.ReadU64(head);
        foreach (ulong link in Memory.Walk(head))
        {
            if (new View<KDEVICE_QUEUE_ENTRY>(link).SortKey < SortKey)
                continue;
            found = link;
            break;
        }
        return Take(DeviceQueue, found);
    }

    [NtExport("KeRemoveEntryDeviceQueue", MaxIrql = Irql.Dispatch)]
    public bool KeRemoveEntryDeviceQueue(Ptr<KDEVICE_QUEUE> DeviceQueue, Ptr<KDEVICE_QUEUE_ENTRY> DeviceQueueEntry)
    {
        View<KDEVICE_QUEUE_ENTRY> entry = DeviceQueueEntry;
        if (!entry.Inserted)
            return false;
        entry.Inserted = false;
        Memory.RemoveEntry(entry.Address);
        return true;
    }

    private bool Insert(View<KDEVICE_QUEUE> queue, View<KDEVICE_QUEUE_ENTRY> entry, ulong before)
    {
        bool busy = queue.Busy;
        queue.Busy = true;
        if (busy)
            Memory.InsertTail(before, entry.Address);
        entry.Inserted = busy;
        return busy;
    }

    private ulong Take(View<KDEVICE_QUEUE> queue, ulong link)
    {
        if (link == queue.DeviceListHeadView.Address)
        {
            queue.Busy = false;
            return 0;
        }
        Memory.RemoveEntry(link);
        View<KDEVICE_QUEUE_ENTRY> entry = new(link);
        entry.Inserted = false;
        return link;
    }
}
