using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Which thread runs where: ready queues by priority in each processor's control block, the choice of a processor for a thread that becomes ready,
/// preemption (PRCB.NextThread and a DISPATCH software interrupt) and quanta. Ties are first in, first out. Any IRQL; switching only from a sequence.
/// </summary>
public sealed class Scheduler(NtKernel kernel) : KernelComponent(kernel)
{
    public const int LowRealtime = 16;
    public const int Priorities = 32;

    private Processors Processors => Kernel.Processors;

    /// <summary>
    /// Gives the processor away; awaited at once by the sequence that waits. The caller has made the running thread waiting, ready or terminated.
    /// The answer is KTHREAD.WaitStatus as the waker left it.
    /// </summary>
    public GuestCall SwitchAway()
    {
        GuestCall suspended = Guest.Suspend();
        Kernel.Threads.Reap();
        View<KPRCB> prcb = Processors.Current;
        View<KTHREAD> from = prcb.CurrentThread, to = TakeNext(prcb);
        if (to.Address != from.Address)
        {
            Kernel.ContextSwitch.Swap(prcb, from, to);
            return suspended;
        }
        from.State = (byte)KTHREAD_STATE.Running;
        Cpu.State.Rax = (ulong)from.WaitStatus;
        return suspended;
    }

    /// <summary>
    /// The one way to wait: the wait blocks of the running thread are linked. Awaited at once; the answer is the status of the waker. Checks the IRQL.
    /// </summary>
    public GuestCall Park(KWAIT_REASON reason, sbyte mode, bool alertable)
    {
        View<KPRCB> prcb = Processors.Current;
        View<KTHREAD> thread = prcb.CurrentThread;
        if (CurrentIrql >= Irql.Dispatch || thread.Address == prcb.IdleThread.Address)
            throw new GuestBugCheck(BugCheckCode.ATTEMPTED_SWITCH_FROM_DPC, thread.Address, prcb.NextThread, thread.StackBase);
        thread.State = (byte)KTHREAD_STATE.Waiting;
        thread.WaitReason = (byte)reason;
        thread.WaitMode = mode;
        thread.Alertable = alertable;
        thread.WaitIrql = CurrentIrql;
        thread.WaitTime = (uint)Kernel.Clock.TickCount;
        thread.WaitStatus = 0;
        return SwitchAway();
    }

    /// <summary>
    /// A thread may run. It preempts the thread of least priority among its processors (an idle one first, its last one before others), or queues.
    /// </summary>
    public void Ready(View<KTHREAD> thread, int increment = 0)
    {
        Boost(thread, increment);
        Observer?.ThreadReadied(Cpu.Number, thread.Address);
        int number = ChooseProcessor(thread);
        View<KPRCB> prcb = Processors.Block(number);
        if (PriorityToBeat(prcb) >= thread.Priority)
        {
            Enqueue(prcb, thread, atHead: thread.Preempted);
            return;
        }
        if (!prcb.NextThread.IsNull)
            Enqueue(prcb, prcb.NextThread, atHead: true);
        thread.State = (byte)KTHREAD_STATE.Standby;
        thread.NextProcessor = prcb.Number;
        thread.Preempted = false;
        prcb.NextThread = thread;
        Processors.RequestDispatch(number);
    }

    /// <summary>
    /// Behind the DPCs of a DISPATCH interrupt, on the stack of the interrupted thread: ends its quantum, or gives way to a thread of higher priority.
    /// Comes back when the interrupted thread runs again.
    /// </summary>
    public async KTask Preempt()
    {
        View<KPRCB> prcb = Processors.Current;
        View<KTHREAD> thread = prcb.CurrentThread;
        if (prcb.QuantumEnd)
        {
            prcb.QuantumEnd = false;
            EndQuantum(prcb, thread);
        }
        if (prcb.NextThread.IsNull)
            return;
        if (thread.Address != prcb.IdleThread.Address && thread.State == (byte)KTHREAD_STATE.Running)
        {
            thread.Preempted = thread.QuantumTarget > thread.CycleTime + (Cpu.State.Clock - prcb.StartCycles);
            thread.WaitReason = (byte)(thread.Preempted ? KWAIT_REASON.WrPreempted : KWAIT_REASON.WrQuantumEnd);
            thread.WaitStatus = 0;
            Enqueue(prcb, thread, atHead: thread.Preempted);
        }
        await SwitchAway();
    }

    /// <summary>Lets another thread of this processor run, if one is ready (ZwYieldExecution, KeDelayExecutionThread of zero).</summary>
    public async KTask<bool> Yield()
    {
        View<KPRCB> prcb = Processors.Current;
        View<KTHREAD> thread = prcb.CurrentThread;
        if (prcb.ReadySummary == 0 && prcb.NextThread.IsNull)
            return false;
        thread.WaitReason = (byte)KWAIT_REASON.WrYieldExecution;
        thread.Preempted = false;
        thread.WaitStatus = 0;
        Enqueue(prcb, thread, atHead: false);
        await SwitchAway();
        return true;
    }

    /// <summary>The running thread's affinity has changed: goes on at one of its processors.</summary>
    public async KTask MoveAway()
    {
        View<KTHREAD> thread = Processors.CurrentThread;
        if ((thread.Affinity & Processors.Current.SetMember) != 0)
            return;
        thread.WaitStatus = 0;
        thread.Preempted = false;
        Ready(thread);
        await SwitchAway();
    }

    /// <summary>Changes the running priority; the thread moves between queues, may preempt or be preempted.</summary>
    public void SetPriority(View<KTHREAD> thread, int priority)
    {
        int old = thread.Priority;
        if (old == priority)
            return;
        View<KPRCB> prcb = Processors.Block((int)thread.NextProcessor);
        switch ((KTHREAD_STATE)thread.State)
        {
            case KTHREAD_STATE.Ready:
                Dequeue(prcb, thread);
                thread.Priority = (sbyte)priority;
                Ready(thread);
                break;
            case KTHREAD_STATE.Standby:
                prcb.NextThread = default(Ptr<KTHREAD>);
                thread.Priority = (sbyte)priority;
                Ready(thread);
                break;
            case KTHREAD_STATE.Running:
                thread.Priority = (sbyte)priority;
                if (priority < old)
                    YieldToHigher(prcb, thread);
                break;
            default:
                thread.Priority = (sbyte)priority;
                break;
        }
    }

    /// <summary>The affinity of a thread changed: a ready thread moves, a running one leaves its processor at once.</summary>
    public void AffinityChanged(View<KTHREAD> thread)
    {
        View<KPRCB> prcb = Processors.Block((int)thread.NextProcessor);
        if ((thread.Affinity & prcb.SetMember) != 0)
            return;
        switch ((KTHREAD_STATE)thread.State)
        {
            case KTHREAD_STATE.Ready:
                Dequeue(prcb, thread);
                Ready(thread);
                break;
            case KTHREAD_STATE.Standby:
                prcb.NextThread = default(Ptr<KTHREAD>);
                Ready(thread);
                break;
            case KTHREAD_STATE.Running:
                prcb.QuantumEnd = true;
                Processors.RequestDispatch((int)prcb.Number);
                break;
        }
    }

    /// <summary>From the clock interrupt, for each processor: asks for the end of the running thread's quantum when its time is up.</summary>
    internal void CheckQuantum(View<KPRCB> prcb, ulong clock)
    {
        View<KTHREAD> thread = prcb.CurrentThread;
        if (thread.Address == prcb.IdleThread.Address || clock <= prcb.StartCycles)
            return;
        if (thread.CycleTime + (clock - prcb.StartCycles) < thread.QuantumTarget)
            return;
        prcb.QuantumEnd = true;
        Processors.RequestDispatch((int)prcb.Number);
    }

    internal void GiveQuantum(View<KTHREAD> thread, ulong ran) => thread.QuantumTarget = ran + Clock.QuantumTicks;

    private void EndQuantum(View<KPRCB> prcb, View<KTHREAD> thread)
    {
        if (thread.Address == prcb.IdleThread.Address)
            return;
        GiveQuantum(thread, thread.CycleTime + (Cpu.State.Clock - prcb.StartCycles));
        if (thread.Priority < LowRealtime && thread.Priority > thread.BasePriority)
            thread.Priority--;
        bool mustLeave = (thread.Affinity & prcb.SetMember) == 0;
        if (!prcb.NextThread.IsNull)
            return;
        View<KTHREAD> next = TakeReady(prcb, mustLeave ? 0 : thread.Priority);
        if (next.IsNull && !mustLeave)
            return;
        if (mustLeave)
        {
            thread.Preempted = false;
            thread.WaitStatus = 0;
            Ready(thread);                              // elsewhere: this processor is not in its mask
            next = next.IsNull ? prcb.IdleThread : next;
        }
        next.State = (byte)KTHREAD_STATE.Standby;
        prcb.NextThread = next;
    }

    private void YieldToHigher(View<KPRCB> prcb, View<KTHREAD> thread)
    {
        if (!prcb.NextThread.IsNull)
            return;
        View<KTHREAD> next = TakeReady(prcb, thread.Priority + 1);
        if (next.IsNull)
            return;
        next.State = (byte)KTHREAD_STATE.Standby;
        prcb.NextThread = next;
        Processors.RequestDispatch((int)prcb.Number);
    }

    /// <summary>The boost of a wake-up, from the base and never into the real-time priorities; a fresh quantum with it.</summary>
    private void Boost(View<KTHREAD> thread, int increment)
    {
        int priority = thread.Priority;
        if (increment <= 0 || priority >= LowRealtime || thread.DisableBoost)
            return;
        int boosted = Math.Min(thread.BasePriority + increment, LowRealtime - 1);
        if (boosted <= priority)
            return;
        thread.Priority = (sbyte)boosted;
        GiveQuantum(thread, thread.CycleTime);
    }

    /// <summary>An idle processor (the last one of the thread first), else the one whose thread has the least priority, the last one before others.</summary>
    private int ChooseProcessor(View<KTHREAD> thread)
    {
        ulong affinity = thread.Affinity & Processors.ActiveMask;
        int last = (int)thread.NextProcessor;
        int best = (affinity & 1UL << last) != 0 ? last : -1;
        int least = best < 0 ? int.MaxValue : PriorityToBeat(Processors.Block(best));
        for (int number = 0; number < Processors.Count && least >= 0; number++)
        {
            if ((affinity & 1UL << number) == 0 || PriorityToBeat(Processors.Block(number)) is var priority && priority >= least)
                continue;
            best = number;
            least = priority;
        }
        return best >= 0 ? best : throw new InvalidOperationException($"thread {thread.Address:x} has no processor in its affinity {thread.Affinity:x}");
    }

    /// <summary>The priority that a thread must exceed to run next on this processor; -1 if it idles.</summary>
    private static int PriorityToBeat(View<KPRCB> prcb)
    {
        View<KTHREAD> next = prcb.NextThread.IsNull ? prcb.CurrentThread : prcb.NextThread;
        return next.Address == prcb.IdleThread.Address ? -1 : next.Priority;
    }

    private View<KTHREAD> TakeNext(View<KPRCB> prcb)
    {
        View<KTHREAD> next = prcb.NextThread;
        if (!next.IsNull)
        {
            prcb.NextThread = default(Ptr<KTHREAD>);
            return next;
        }
        next = TakeReady(prcb, 0);
        for (int number = 0; number < Processors.Count && next.IsNull; number++)
            next = TakeReadyFor(Processors.Block(number), prcb.SetMember);
        return next.IsNull ? prcb.IdleThread : next;
    }

    /// <summary>The first thread of the highest priority that is at least this; null if there is none.</summary>
    private View<KTHREAD> TakeReady(View<KPRCB> prcb, int atLeast)
    {
        uint summary = prcb.ReadySummary;
        int priority = summary == 0 ? -1 : System.Numerics.BitOperations.Log2(summary);
        if (priority < atLeast)
            return default;
        View<KTHREAD> thread = ThreadOf(Memory.ReadU64(prcb.DispatcherReadyListHead.AddressOf(priority)));
        Dequeue(prcb, thread);
        return thread;
    }

    /// <summary>A thread that waits for another processor and may run on this one, too.</summary>
    private View<KTHREAD> TakeReadyFor(View<KPRCB> other, ulong member)
    {
        uint summary = other.ReadySummary;
        for (int priority = Priorities - 1; priority >= 0 && summary != 0; priority--)
        {
            if ((summary & 1u << priority) == 0)
                continue;
            foreach (ulong entry in Memory.Walk(other.DispatcherReadyListHead.AddressOf(priority)))
            {
                View<KTHREAD> thread = ThreadOf(entry);
                if ((thread.Affinity & member) == 0)
                    continue;
                Dequeue(other, thread);
                return thread;
            }
        }
        return default;
    }

    private void Enqueue(View<KPRCB> prcb, View<KTHREAD> thread, bool atHead)
    {
        int priority = thread.Priority;
        ulong head = prcb.DispatcherReadyListHead.AddressOf(priority), entry = thread.WaitListEntryView.Address;
        if (atHead)
            Memory.InsertHead(head, entry);
        else
            Memory.InsertTail(head, entry);
        prcb.ReadySummary |= 1u << priority;
        thread.State = (byte)KTHREAD_STATE.Ready;
        thread.NextProcessor = prcb.Number;
        thread.Preempted = false;
    }

    private void Dequeue(View<KPRCB> prcb, View<KTHREAD> thread)
    {
        int priority = thread.Priority;
        Memory.RemoveEntry(thread.WaitListEntryView.Address);
        if (Memory.IsListEmpty(prcb.DispatcherReadyListHead.AddressOf(priority)))
            prcb.ReadySummary &= ~(1u << priority);
    }

    private static View<KTHREAD> ThreadOf(ulong entry) => View<KTHREAD>.Containing(entry, KTHREAD.Offsets.WaitListEntry);
}
