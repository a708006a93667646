using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>Priorities and affinity of threads, and what drivers ask of threads and processes.</summary>
public sealed class ThreadQueries(NtKernel kernel) : KernelComponent(kernel)
{
    private const int HighestPriority = 31;

    [NtExport("KeSetPriorityThread", MaxIrql = Irql.Passive)]
    public int KeSetPriorityThread(Ptr<KTHREAD> Thread, int Priority)
    {
        View<KTHREAD> thread = Thread;
        if (Priority is < 1 or > HighestPriority)
            throw new GuestException(NtStatus.InvalidParameter);
        int before = thread.Priority;
        thread.PriorityDecrement = 0;
        Kernel.Scheduler.SetPriority(thread, Priority);
        return before;
    }

    [NtExport("KeSetBasePriorityThread", MaxIrql = Irql.Passive)]
    public int KeSetBasePriorityThread(Ptr<KTHREAD> Thread, int Increment)
    {
        View<KTHREAD> thread = Thread;
        int processBase = thread.Process.View.BasePriority;
        int before = thread.BasePriority - processBase;
        int lowest = processBase >= Scheduler.LowRealtime ? Scheduler.LowRealtime : 1;
        int highest = processBase >= Scheduler.LowRealtime ? HighestPriority : Scheduler.LowRealtime - 1;
        int wanted = Math.Clamp(processBase + Math.Clamp(Increment, -HighestPriority, HighestPriority), lowest, highest);
        thread.BasePriority = (sbyte)wanted;
        thread.PriorityDecrement = 0;
        Kernel.Scheduler.SetPriority(thread, wanted);
        return before;
    }

    [NtExport("KeQueryPriorityThread", MaxIrql = Irql.Passive)]
    public int KeQueryPriorityThread(Ptr<KTHREAD> Thread) => Thread.View.Priority;

    [NtExport("KeSetSystemAffinityThread", MaxIrql = Irql.Apc)]
    public async KTask KeSetSystemAffinityThread(ulong Affinity) => await SetAffinity(Affinity);

    /// <summary>Returns the affinity before, or 0 if the thread had its own.</summary>
    [NtExport("KeSetSystemAffinityThreadEx", MaxIrql = Irql.Apc)]
    public async KTask<ulong> KeSetSystemAffinityThreadEx(ulong Affinity)
    {
        bool wasActive = Kernel.Processors.CurrentThread.SystemAffinityActive;
        ulong before = await SetAffinity(Affinity);
        return wasActive ? before : 0;
    }

    [NtExport("KeRevertToUserAffinityThread", MaxIrql = Irql.Apc)]
    public async KTask KeRevertToUserAffinityThread() => await Revert(0);

    [NtExport("KeRevertToUserAffinityThreadEx", MaxIrql = Irql.Apc)]
    public async KTask KeRevertToUserAffinityThreadEx(ulong Affinity) => await Revert(Affinity);

    [NtExport("PsGetThreadId", MaxIrql = Irql.Dispatch)]
    public ulong PsGetThreadId(Ptr<ETHREAD> Thread) => Thread.View.Cid.UniqueThread;

    [NtExport("PsGetThreadProcessId")]
    public ulong PsGetThreadProcessId(Ptr<ETHREAD> Thread) => Thread.View.Cid.UniqueProcess;

    [NtExport("PsGetThreadProcess")]
    [NtExport("IoThreadToProcess", MaxIrql = Irql.Dispatch)]
    public ulong PsGetThreadProcess(Ptr<ETHREAD> Thread) => Thread.View.Tcb.Process;

    [NtExport("PsIsSystemThread", MaxIrql = Irql.Dispatch)]
    public bool PsIsSystemThread(Ptr<ETHREAD> Thread) => Thread.View.Tcb.SystemThread;

    [NtExport("PsIsThreadTerminating", MaxIrql = Irql.Dispatch)]
    public bool PsIsThreadTerminating(Ptr<ETHREAD> Thread) => Thread.View.Terminated;

    [NtExport("PsGetThreadExitStatus", MaxIrql = Irql.Apc)]
    public NtStatus PsGetThreadExitStatus(Ptr<ETHREAD> Thread) => Thread.View.Terminated ? Thread.View.ExitStatus : NtStatus.Pending;

    [NtExport("PsGetProcessId")]
    public ulong PsGetProcessId(Ptr<EPROCESS> Process) => Process.View.UniqueProcessId;

    [NtExport("PsGetProcessExitStatus", MaxIrql = Irql.Apc)]
    public NtStatus PsGetProcessExitStatus(Ptr<EPROCESS> Process) => Process.View.ExitStatus;

    [NtExport("PsGetProcessCreateTimeQuadPart")]
    public long PsGetProcessCreateTimeQuadPart(Ptr<EPROCESS> Process) => Process.View.CreateTime.QuadPart;

    [NtExport("PsGetProcessImageFileName")]
    public ulong PsGetProcessImageFileName(Ptr<EPROCESS> Process) => Process.Address + EPROCESS.Offsets.ImageFileName;

    [NtExport("PsGetProcessInheritedFromUniqueProcessId")]
    public ulong PsGetProcessInheritedFromUniqueProcessId(Ptr<EPROCESS> Process) => Process.View.InheritedFromUniqueProcessId;

    /// <summary>The process by its id, with a reference for the caller.</summary>
    [NtExport("PsLookupProcessByProcessId", MaxIrql = Irql.Apc)]
    public NtStatus PsLookupProcessByProcessId(ulong ProcessId, Ptr<ulong> Process)
    {
        foreach (ulong entry in Memory.Walk(Kernel.Data(Datum.PsActiveProcessHead)))
        {
            View<EPROCESS> process = View<EPROCESS>.Containing(entry, EPROCESS.Offsets.ActiveProcessLinks);
            if (process.UniqueProcessId != ProcessId)
                continue;
            Kernel.Objects.Reference(process.Address);
            Process.Write(process.Address);
            return NtStatus.Success;
        }
        return NtStatus.InvalidCid;
    }

    [NtExport("PsLookupThreadByThreadId", MaxIrql = Irql.Apc)]
    public NtStatus PsLookupThreadByThreadId(ulong ThreadId, Ptr<ulong> Thread)
    {
        foreach (ulong link in Memory.Walk(Kernel.Data(Datum.PsActiveProcessHead)))
        {
            View<EPROCESS> process = View<EPROCESS>.Containing(link, EPROCESS.Offsets.ActiveProcessLinks);
            foreach (ulong entry in Memory.Walk(process.ThreadListHeadView.Address))
            {
                View<ETHREAD> thread = View<ETHREAD>.Containing(entry, ETHREAD.Offsets.ThreadListEntry);
                if (thread.Cid.UniqueThread != ThreadId)
                    continue;
                Kernel.Objects.Reference(thread.Address);
                Thread.Write(thread.Address);
                return NtStatus.Success;
            }
        }
        return NtStatus.InvalidCid;
    }

    private async KTask<ulong> SetAffinity(ulong affinity)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        ulong before = thread.Affinity, wanted = affinity & Kernel.Processors.ActiveMask;
        if (wanted == 0)
            return before;
        thread.Affinity = wanted;
        thread.SystemAffinityActive = true;
        await Kernel.Scheduler.MoveAway();
        return before;
    }

    private async KTask Revert(ulong affinity)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        ulong wanted = affinity & Kernel.Processors.ActiveMask;
        thread.SystemAffinityActive = wanted != 0;
        thread.Affinity = wanted != 0 ? wanted : thread.Process.View.Affinity;
        await Kernel.Scheduler.MoveAway();
    }
}
