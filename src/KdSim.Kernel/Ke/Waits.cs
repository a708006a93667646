using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Waiting for dispatcher objects. Wait blocks and due time are in guest memory; a kernel APC ends a wait with STATUS_KERNEL_APC, runs, and the wait is
/// made again with the same due time. Up to DISPATCH_LEVEL with a time-out of zero, else below.
/// </summary>
public sealed class Waits(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>A due time (in interrupt time) that never comes.</summary>
    public const ulong Never = ulong.MaxValue;

    public const sbyte KernelMode = 0, UserMode = 1;
    private const uint ThreadWaitObjects = 3;
    private const uint MaximumWaitObjects = 64;
    private const int TimerBlock = 3;

    [NtExport("KeWaitForSingleObject", MaxIrql = Irql.Dispatch)]
    public KTask<NtStatus> KeWaitForSingleObject(ulong Object, KWAIT_REASON WaitReason, sbyte WaitMode, bool Alertable, Ptr<long> Timeout) =>
        ForOne(Object, WaitReason, WaitMode, Alertable, DueTime(Timeout));

    [NtExport("KeWaitForMutexObject", MaxIrql = Irql.Dispatch)]
    public KTask<NtStatus> KeWaitForMutexObject(ulong Mutex, KWAIT_REASON WaitReason, sbyte WaitMode, bool Alertable, Ptr<long> Timeout) =>
        ForOne(Mutex, WaitReason, WaitMode, Alertable, DueTime(Timeout));

    [NtExport("KeWaitForMultipleObjects", MaxIrql = Irql.Dispatch)]
    public KTask<NtStatus> KeWaitForMultipleObjects(uint Count, Ptr<ulong> Object, WAIT_TYPE WaitType, KWAIT_REASON WaitReason, sbyte WaitMode,
        bool Alertable, Ptr<long> Timeout, Ptr<KWAIT_BLOCK> WaitBlockArray)
    {
        if (Count > (WaitBlockArray.IsNull ? ThreadWaitObjects : MaximumWaitObjects))
            throw new GuestBugCheck(BugCheckCode.MAXIMUM_WAIT_OBJECTS_EXCEEDED);
        return ForMany(Count, Object, WaitType, WaitReason, WaitMode, Alertable, DueTime(Timeout), WaitBlockArray);
    }

    [NtExport("KeDelayExecutionThread", MaxIrql = Irql.Apc)]
    public async KTask<NtStatus> KeDelayExecutionThread(sbyte WaitMode, bool Alertable, Ptr<long> Interval)
    {
        ulong due = Kernel.Timers.ToInterruptTime(Interval.Read());
        if (due == 0)
        {
            await Kernel.Scheduler.Yield();
            return NtStatus.Success;
        }
        NtStatus status = await ForMany(0, default, WAIT_TYPE.WaitAny, KWAIT_REASON.DelayExecution, WaitMode, Alertable, due, default);
        return status == NtStatus.Timeout ? NtStatus.Success : status;
    }

    /// <summary>For components: waits without a time-out and without alerts.</summary>
    public KTask<NtStatus> For(ulong header, KWAIT_REASON reason = KWAIT_REASON.Executive) => ForOne(header, reason, KernelMode, false, Never);

    /// <summary>Waits for one object until a due time in interrupt time (0: does not wait).</summary>
    public async KTask<NtStatus> ForOne(ulong header, KWAIT_REASON reason, sbyte mode, bool alertable, ulong due)
    {
        while (true)
        {
            NtStatus answer = BeginOne(new(header), mode, alertable, due);
            if (answer != NtStatus.Pending)
                return answer;
            answer = await Kernel.Scheduler.Park(reason, mode, alertable);
            if (answer != NtStatus.KernelApc)
                return answer;
        }
    }

    public async KTask<NtStatus> ForMany(uint count, Ptr<ulong> objects, WAIT_TYPE type, KWAIT_REASON reason, sbyte mode, bool alertable, ulong due,
        Ptr<KWAIT_BLOCK> blocks)
    {
        while (true)
        {
            NtStatus answer = BeginMany(count, objects, type, mode, alertable, due, blocks);
            if (answer != NtStatus.Pending)
                return answer;
            answer = await Kernel.Scheduler.Park(reason, mode, alertable);
            if (answer != NtStatus.KernelApc)
                return answer;
        }
    }

    /// <summary>The due time of a wait: none for a null pointer.</summary>
    public ulong DueTime(Ptr<long> timeout) => timeout.IsNull ? Never : Kernel.Timers.ToInterruptTime(timeout.Read());

    /// <summary>Takes the object, or links the wait: Pending.</summary>
    private NtStatus BeginOne(View<DISPATCHER_HEADER> header, sbyte mode, bool alertable, ulong due)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        if (Kernel.Dispatch.IsAvailable(header, thread.Address))
            return (NtStatus)Kernel.Dispatch.Take(header, thread);
        if (CannotWait(thread, mode, alertable, due, out NtStatus status))
            return status;
        LinkOne(thread, header.Address, due);
        Kernel.Queues.ThreadWaits(thread);
        return NtStatus.Pending;
    }

    private NtStatus BeginMany(uint count, Ptr<ulong> objects, WAIT_TYPE type, sbyte mode, bool alertable, ulong due, Ptr<KWAIT_BLOCK> array)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        if (TryTakeNow(thread, count, objects, type) is { } taken)
            return taken;
        if (CannotWait(thread, mode, alertable, due, out NtStatus status))
            return status;
        View<KWAIT_BLOCK> first = array.IsNull ? thread.WaitBlock.At(0) : array, last = default;
        for (uint i = 0; i < count; i++)
        {
            View<KWAIT_BLOCK> block = new(first.Address + i * KWAIT_BLOCK.SizeOf);
            LinkBlock(thread, block, (objects + i).Read(), (ushort)i, type);
            if (!last.IsNull)
                last.NextWaitBlock = block;
            last = block;
        }
        if (count == 0)
            first = default;
        FinishLinks(thread, first, last, due);
        Kernel.Queues.ThreadWaits(thread);
        return NtStatus.Pending;
    }

    private NtStatus? TryTakeNow(View<KTHREAD> thread, uint count, Ptr<ulong> objects, WAIT_TYPE type)
    {
        Dispatch dispatch = Kernel.Dispatch;
        bool all = count > 0;
        for (uint i = 0; i < count; i++)
        {
            View<DISPATCHER_HEADER> header = new((objects + i).Read());
            bool available = dispatch.IsAvailable(header, thread.Address);
            if (type == WAIT_TYPE.WaitAny && available)
                return (NtStatus)(i + dispatch.Take(header, thread));
            all &= available;
        }
        if (type == WAIT_TYPE.WaitAny || !all)
            return null;
        uint status = 0;
        for (uint i = 0; i < count; i++)
            status |= dispatch.Take(new((objects + i).Read()), thread);
        return (NtStatus)status;
    }

    /// <summary>An alert, a user APC or a due time that has come ends a wait before it begins.</summary>
    internal bool CannotWait(View<KTHREAD> thread, sbyte mode, bool alertable, ulong due, out NtStatus status)
    {
        status = NtStatus.Success;
        if (Kernel.Apcs.TestAlert(thread, mode, alertable) is var alert && alert != NtStatus.Success)
            status = alert;
        else if (due <= Kernel.Clock.InterruptTime)
            status = NtStatus.Timeout;
        return status != NtStatus.Success;
    }

    internal void LinkOne(View<KTHREAD> thread, ulong header, ulong due)
    {
        View<KWAIT_BLOCK> block = thread.WaitBlock.At(0);
        LinkBlock(thread, block, header, 0, WAIT_TYPE.WaitAny);
        FinishLinks(thread, block, block, due);
    }

    private void LinkBlock(View<KTHREAD> thread, View<KWAIT_BLOCK> block, ulong header, ushort key, WAIT_TYPE type)
    {
        block.Thread = thread;
        block.Object = header;
        block.WaitKey = key;
        block.WaitType = (byte)type;
        block.BlockState = (byte)KWAIT_BLOCK_STATE.WaitBlockActive;
        Memory.InsertTail(header + DISPATCHER_HEADER.Offsets.WaitListHead, block.WaitListEntryView.Address);
    }

    /// <summary>Closes the ring of wait blocks, with the timer's block at its end if the wait has a due time.</summary>
    private void FinishLinks(View<KTHREAD> thread, View<KWAIT_BLOCK> first, View<KWAIT_BLOCK> last, ulong due)
    {
        thread.WaitDueTime = due;
        View<KWAIT_BLOCK> timer = thread.WaitBlock.At(TimerBlock);
        if (due != Never || first.IsNull)
        {
            LinkBlock(thread, timer, thread.Timer.Address, (ushort)NtStatus.Timeout, WAIT_TYPE.WaitAny);
            if (!last.IsNull)
                last.NextWaitBlock = timer;
            last = timer;
            if (first.IsNull)
                first = timer;
            Kernel.Timers.SetThreadTimer(thread, due);
        }
        last.NextWaitBlock = first;
        thread.WaitBlockList = first;
    }
}
