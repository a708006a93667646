using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// KTIMER: one table of 256 lists, hashed by due time, in the control block of processor 0, as !timer shows it. Due times are interrupt time. The clock
/// interrupt finds what is due; it expires in the DISPATCH interrupt behind it, which queues the DPCs and wakes the waiters.
/// </summary>
public sealed class Timers(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Buckets = 256;
    private const int BucketShift = 18;
    private const int TimerIncrement = 0;

    private Dispatch Dispatcher => Kernel.Dispatch;

    private View<KTIMER_TABLE> Table => Kernel.Processors.Block(0).TimerTable;

    [NtExport("KeInitializeTimer", MaxIrql = Irql.Dispatch)]
    public void KeInitializeTimer(Ptr<KTIMER> Timer) => Initialize(Timer, TIMER_TYPE.NotificationTimer);

    [NtExport("KeInitializeTimerEx", MaxIrql = Irql.Dispatch)]
    public void KeInitializeTimerEx(Ptr<KTIMER> Timer, TIMER_TYPE Type) => Initialize(Timer, Type);

    [NtExport("KeSetTimer", MaxIrql = Irql.Dispatch)]
    public bool KeSetTimer(Ptr<KTIMER> Timer, long DueTime, Ptr<KDPC> Dpc) => Set(Timer, DueTime, 0, Dpc);

    [NtExport("KeSetTimerEx", MaxIrql = Irql.Dispatch)]
    public bool KeSetTimerEx(Ptr<KTIMER> Timer, long DueTime, int Period, Ptr<KDPC> Dpc) => Set(Timer, DueTime, (uint)Period, Dpc);

    [NtExport("KeSetCoalescableTimer", MaxIrql = Irql.Dispatch)]
    public bool KeSetCoalescableTimer(Ptr<KTIMER> Timer, long DueTime, uint Period, uint TolerableDelay, Ptr<KDPC> Dpc) =>
        Set(Timer, DueTime, Period, Dpc);

    [NtExport("KeCancelTimer", MaxIrql = Irql.Dispatch)]
    public bool KeCancelTimer(Ptr<KTIMER> Timer) => Cancel(Timer);

    [NtExport("KeReadStateTimer", MaxIrql = Irql.Dispatch)]
    public bool KeReadStateTimer(Ptr<KTIMER> Timer) => Timer.View.Header.SignalState != 0;

    /// <summary>A relative (negative) or absolute due time as interrupt time; 0 if it is over already.</summary>
    public ulong ToInterruptTime(long dueTime)
    {
        Clock clock = Kernel.Clock;
        ulong now = clock.InterruptTime;
        if (dueTime <= 0)
            return dueTime == 0 ? 0 : now + (ulong)-dueTime;
        long bootTime = clock.SystemTime - (long)now;
        return dueTime <= clock.SystemTime ? 0 : (ulong)(dueTime - bootTime);
    }

    public void Initialize(View<KTIMER> timer, TIMER_TYPE type)
    {
        timer.Clear();
        Dispatcher.InitializeHeader(timer.Header, KOBJECTS.TimerNotificationObject + (int)type, KTIMER.SizeOf, 0);
    }

    /// <summary>Starts a timer; true if it was set already.</summary>
    public bool Set(View<KTIMER> timer, long dueTime, uint period, Ptr<KDPC> dpc)
    {
        bool wasSet = Cancel(timer);
        View<DISPATCHER_HEADER> header = timer.Header;
        header.SignalState = 0;
        header.Absolute = dueTime > 0;
        timer.Dpc = dpc;
        timer.Period = period;
        ulong due = ToInterruptTime(dueTime);
        Observer?.TimerSet(Cpu.Number, timer.Address, due, period);
        if (due == 0)
            Expire(timer, Kernel.Clock.InterruptTime);
        else
            Insert(timer, due);
        return wasSet;
    }

    public bool Cancel(View<KTIMER> timer)
    {
        View<DISPATCHER_HEADER> header = timer.Header;
        if (!header.Inserted)
            return false;
        Remove(timer);
        Observer?.TimerCancelled(Cpu.Number, timer.Address);
        return true;
    }

    /// <summary>The timer of a thread that waits with a time-out: its expiry satisfies the fourth wait block.</summary>
    internal void SetThreadTimer(View<KTHREAD> thread, ulong due)
    {
        View<KTIMER> timer = thread.Timer;
        View<DISPATCHER_HEADER> header = timer.Header;
        header.SignalState = 0;
        timer.Period = 0;
        Observer?.ThreadTimerSet(Cpu.Number, timer.Address, due);
        Insert(timer, due);
    }

    internal void InitializeTable()
    {
        for (int i = 0; i < Buckets; i++)
        {
            View<KTIMER_TABLE_ENTRY> bucket = Table.TimerEntries.At(i);
            Memory.InitializeList(bucket.EntryView.Address);
            Memory.WriteU64(bucket.TimeView.Address, ulong.MaxValue);
        }
    }

    /// <summary>True when a timer waits for its time.</summary>
    public bool IsAnySet => IsAnyDue(ulong.MaxValue - 1);

    internal bool IsAnyDue(ulong now)
    {
        for (int i = 0; i < Buckets; i++)
        {
            if (Memory.ReadU64(Table.TimerEntries.At(i).TimeView.Address) <= now)
                return true;
        }
        return false;
    }

    /// <summary>In the DISPATCH interrupt, before DPCs are retired: expires what is due, the earliest first.</summary>
    internal void ExpireDue()
    {
        ulong now = Kernel.Clock.InterruptTime;
        while (true)
        {
            int earliest = -1;
            ulong least = now;
            for (int i = 0; i < Buckets; i++)
            {
                if (Memory.ReadU64(Table.TimerEntries.At(i).TimeView.Address) is var time && (time < least || (time == least && earliest < 0)))
                    (earliest, least) = (i, time);
            }
            if (earliest < 0)
                return;
            View<KTIMER> timer = TimerOf(Memory.ReadU64(Table.TimerEntries.At(earliest).EntryView.Address));
            Remove(timer);
            Expire(timer, now);
        }
    }

    private void Expire(View<KTIMER> timer, ulong now)
    {
        View<DISPATCHER_HEADER> header = timer.Header;
        header.SignalState = 1;
        Ptr<KDPC> dpc = timer.Dpc;
        if (timer.Period != 0)
        {
            ulong next = timer.DueTime.QuadPart + timer.Period * 10_000UL;
            Insert(timer, next > now ? next : now + timer.Period * 10_000UL);
        }
        Observer?.TimerExpired(Cpu.Number, timer.Address, dpc);
        Dispatcher.Signal(header, TimerIncrement);
        if (!dpc.IsNull)
            Kernel.Dpcs.Insert(dpc, 0, 0);
    }

    /// <summary>Each list is ordered by due time, equal ones by insertion.</summary>
    private void Insert(View<KTIMER> timer, ulong due)
    {
        Memory.WriteU64(timer.Address + KTIMER.Offsets.DueTime, due);
        View<KTIMER_TABLE_ENTRY> bucket = BucketOf(due);
        ulong head = bucket.EntryView.Address, before = Memory.ReadU64(head);
        while (before != head && DueOf(TimerOf(before)) <= due)
            before = Memory.ReadU64(before);
        Memory.InsertTail(before, timer.TimerListEntryView.Address);
        View<DISPATCHER_HEADER> header = timer.Header;
        header.Inserted = true;
        UpdateTime(bucket);
    }

    private void Remove(View<KTIMER> timer)
    {
        Memory.RemoveEntry(timer.TimerListEntryView.Address);
        View<DISPATCHER_HEADER> header = timer.Header;
        header.Inserted = false;
        UpdateTime(BucketOf(DueOf(timer)));
    }

    private void UpdateTime(View<KTIMER_TABLE_ENTRY> bucket)
    {
        ulong head = bucket.EntryView.Address, first = Memory.ReadU64(head);
        Memory.WriteU64(bucket.TimeView.Address, first == head ? ulong.MaxValue : DueOf(TimerOf(first)));
    }

    private View<KTIMER_TABLE_ENTRY> BucketOf(ulong due) => Table.TimerEntries.At((int)(due >> BucketShift) & (Buckets - 1));

    private ulong DueOf(View<KTIMER> timer) => Memory.ReadU64(timer.Address + KTIMER.Offsets.DueTime);

    private static View<KTIMER> TimerOf(ulong entry) => View<KTIMER>.Containing(entry, KTIMER.Offsets.TimerListEntry);
}
