using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// System worker threads: one KQUEUE for critical, one for delayed and one for hypercritical work, each with its threads of NT's priorities.
/// Queueing at IRQL up to DISPATCH; work runs at PASSIVE_LEVEL.
/// </summary>
[NtData("ExWorkerQueue", 3 * KQUEUE.SizeOf)]
public sealed class WorkQueues(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Queues = 3;
    private const int ThreadsPerQueue = 3;

    [NtExport("ExQueueWorkItem", MaxIrql = Irql.Dispatch)]
    public void ExQueueWorkItem(Ptr<WORK_QUEUE_ITEM> WorkItem, WORK_QUEUE_TYPE QueueType) => Insert(WorkItem, QueueType);

    /// <summary>Queues work: for components, too.</summary>
    public void Insert(Ptr<WORK_QUEUE_ITEM> item, WORK_QUEUE_TYPE type)
    {
        if (item.View.WorkerRoutine <= 0x7FFF_FFFF_FFFF)
            throw new GuestBugCheck(BugCheckCode.WORKER_INVALID, 1, item, item.View.WorkerRoutine);
        Kernel.Queues.Insert(QueueAt(IndexOf(type)), item);
    }

    [NtRoutine("ExpWorkerThread")]
    public async KTask ExpWorkerThread(ulong Queue)
    {
        while (true)
        {
            ulong address = await Kernel.Queues.Remove((Ptr<KQUEUE>)Queue, Waits.KernelMode, Waits.Never);
            ulong routine = new View<WORK_QUEUE_ITEM>(address).WorkerRoutine;
            await Guest.Call(routine, new View<WORK_QUEUE_ITEM>(address).Parameter);
            View<KTHREAD> thread = Kernel.Processors.CurrentThread;
            if (CurrentIrql != Irql.Passive)
                throw new GuestBugCheck(BugCheckCode.WORKER_THREAD_RETURNED_AT_BAD_IRQL, routine, CurrentIrql, address);
            if (thread.CombinedApcDisable != 0)
                throw new GuestBugCheck(BugCheckCode.KERNEL_APC_PENDING_DURING_EXIT, 0, thread.CombinedApcDisable, CurrentIrql);
        }
    }

    /// <summary>At boot, before the first thread runs.</summary>
    internal void Initialize()
    {
        ReadOnlySpan<sbyte> priorities = [13, 12, 15];
        for (int i = 0; i < Queues; i++)
        {
            Kernel.Queues.KeInitializeQueue(QueueAt(i).Ptr, 0);
            for (int n = 0; n < ThreadsPerQueue; n++)
            {
                View<ETHREAD> thread = Kernel.Threads.TryCreateSystem(Kernel.Stubs.AddressOf(Stub.ExpWorkerThread), QueueAt(i).Address);
                View<KTHREAD> control = thread.Tcb;
                control.BasePriority = control.Priority = priorities[i];
                Kernel.Scheduler.Ready(control);
            }
        }
    }

    private View<KQUEUE> QueueAt(int index) => new(Kernel.Data(Datum.ExWorkerQueue) + (ulong)(index * KQUEUE.SizeOf));

    private static int IndexOf(WORK_QUEUE_TYPE type) => type switch
    {
        WORK_QUEUE_TYPE.CriticalWorkQueue or WORK_QUEUE_TYPE.SuperCriticalWorkQueue => 0,
        WORK_QUEUE_TYPE.HyperCriticalWorkQueue or WORK_QUEUE_TYPE.RealTimeWorkQueue => 2,
        _ => 1,
    };
}
