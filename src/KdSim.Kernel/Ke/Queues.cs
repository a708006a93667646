using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// KQUEUE: entries for worker threads, of which no more run at a time than MaximumCount. A worker that waits elsewhere lets another one run.
/// Workers are woken last in, first out.
/// </summary>
public sealed class Queues(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("KeInitializeQueue", MaxIrql = Irql.Dispatch)]
    public void KeInitializeQueue(Ptr<KQUEUE> Queue, uint Count)
    {
        View<KQUEUE> queue = Queue;
        Kernel.Dispatch.InitializeHeader(queue.Header, KOBJECTS.QueueObject, KQUEUE.SizeOf, 0);
        Memory.InitializeList(queue.EntryListHeadView.Address);
        Memory.InitializeList(queue.ThreadListHeadView.Address);
        queue.CurrentCount = 0;
        queue.MaximumCount = Count != 0 ? Count : (uint)Kernel.Processors.Count;
    }

    [NtExport("KeInsertQueue", MaxIrql = Irql.Dispatch)]
    public int KeInsertQueue(Ptr<KQUEUE> Queue, ulong Entry) => Insert(Queue, Entry, atHead: false);

    [NtExport("KeInsertHeadQueue", MaxIrql = Irql.Dispatch)]
    public int KeInsertHeadQueue(Ptr<KQUEUE> Queue, ulong Entry) => Insert(Queue, Entry, atHead: true);

    [NtExport("KeReadStateQueue", MaxIrql = Irql.Dispatch)]
    public int KeReadStateQueue(Ptr<KQUEUE> Queue) => Queue.View.Header.SignalState;

    /// <summary>Returns an entry, or STATUS_TIMEOUT, STATUS_USER_APC in its place.</summary>
    [NtExport("KeRemoveQueue", MaxIrql = Irql.Dispatch)]
    public KTask<ulong> KeRemoveQueue(Ptr<KQUEUE> Queue, sbyte WaitMode, Ptr<long> Timeout) => Remove(Queue, WaitMode, Kernel.Waits.DueTime(Timeout));

    /// <summary>Takes the queue out of use: its threads leave it. Returns the entries that nobody took, as a ring without a head, or 0.</summary>
    [NtExport("KeRundownQueue", MaxIrql = Irql.Dispatch)]
    public ulong KeRundownQueue(Ptr<KQUEUE> Queue)
    {
        View<KQUEUE> queue = Queue;
        foreach (ulong entry in Memory.Walk(queue.ThreadListHeadView.Address))
        {
            View<KTHREAD> thread = View<KTHREAD>.Containing(entry, KTHREAD.Offsets.QueueListEntry);
            thread.Queue = default(Ptr<DISPATCHER_HEADER>);
            Memory.RemoveEntry(entry);
        }
        ulong head = queue.EntryListHeadView.Address, first = Memory.ReadU64(head);
        if (first == head)
            return 0;
        Memory.RemoveEntry(head);
        Memory.InitializeList(head);
        return first;
    }

    public int Insert(View<KQUEUE> queue, ulong entry, bool atHead = false)
    {
        View<DISPATCHER_HEADER> header = queue.Header;
        int before = header.SignalState;
        ulong waiters = header.WaitListHeadView.Address;
        if (queue.CurrentCount < queue.MaximumCount && Memory.ReadU64(waiters + 8) is var last && last != waiters)
        {
            Memory.WriteU64(entry, 0);
            Kernel.Dispatch.Unwait(new View<KWAIT_BLOCK>(last).Thread, (long)entry, 0);
            return before;
        }
        ulong head = queue.EntryListHeadView.Address;
        if (atHead)
            Memory.InsertHead(head, entry);
        else
            Memory.InsertTail(head, entry);
        header.SignalState = before + 1;
        return before;
    }

    /// <summary>The running thread serves the queue from now on: takes an entry, or waits for one.</summary>
    public async KTask<ulong> Remove(Ptr<KQUEUE> queue, sbyte mode, ulong due)
    {
        Attach(queue);
        while (true)
        {
            ulong answer = Begin(queue, mode, due);
            if (answer != (ulong)NtStatus.Pending)
                return answer;
            answer = await Kernel.Scheduler.Park(KWAIT_REASON.WrQueue, mode, alertable: false);
            if (answer != (ulong)NtStatus.KernelApc)
                return answer;
            View<KQUEUE> again = queue;
            again.CurrentCount--;
        }
    }

    /// <summary>A worker of a queue begins to wait elsewhere: its place is free.</summary>
    internal void ThreadWaits(View<KTHREAD> thread)
    {
        if (thread.Queue.IsNull)
            return;
        View<KQUEUE> queue = thread.Queue.As<KQUEUE>();
        queue.CurrentCount--;
        Activate(queue);
    }

    internal void ThreadWoke(View<KTHREAD> thread)
    {
        if (thread.Queue.IsNull)
            return;
        View<KQUEUE> queue = thread.Queue.As<KQUEUE>();
        queue.CurrentCount++;
    }

    /// <summary>The running thread ends or serves another queue.</summary>
    internal void Leave(View<KTHREAD> thread)
    {
        if (thread.Queue.IsNull)
            return;
        ThreadWaits(thread);
        Memory.RemoveEntry(thread.QueueListEntryView.Address);
        thread.Queue = default(Ptr<DISPATCHER_HEADER>);
    }

    private void Attach(View<KQUEUE> queue)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        if (thread.Queue.Address == queue.Address)
        {
            queue.CurrentCount--;
            return;
        }
        Leave(thread);
        thread.Queue = queue.Ptr.As<DISPATCHER_HEADER>();
        Memory.InsertTail(queue.ThreadListHeadView.Address, thread.QueueListEntryView.Address);
    }

    /// <summary>The entry taken, a status in its place, or Pending: the wait is linked.</summary>
    private ulong Begin(View<KQUEUE> queue, sbyte mode, ulong due)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        View<DISPATCHER_HEADER> header = queue.Header;
        if (queue.CurrentCount < queue.MaximumCount && Memory.RemoveHead(queue.EntryListHeadView.Address) is var entry and not 0)
        {
            Memory.WriteU64(entry, 0);
            header.SignalState--;
            queue.CurrentCount++;
            return entry;
        }
        if (Kernel.Waits.CannotWait(thread, mode, false, due, out NtStatus status))
        {
            queue.CurrentCount++;
            return (ulong)status;
        }
        Kernel.Waits.LinkOne(thread, header.Address, due);
        return (ulong)NtStatus.Pending;
    }

    private void Activate(View<KQUEUE> queue)
    {
        View<DISPATCHER_HEADER> header = queue.Header;
        ulong waiters = header.WaitListHeadView.Address, last = Memory.ReadU64(waiters + 8);
        if (queue.CurrentCount >= queue.MaximumCount || last == waiters || Memory.IsListEmpty(queue.EntryListHeadView.Address))
            return;
        ulong entry = Memory.RemoveHead(queue.EntryListHeadView.Address);
        Memory.WriteU64(entry, 0);
        header.SignalState--;
        Kernel.Dispatch.Unwait(new View<KWAIT_BLOCK>(last).Thread, (long)entry, 0);
    }
}
