using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// What all dispatcher objects share: their head, the test whether a thread may have one, what taking it does, and waking the waiters when it is signalled.
/// Waiters are served first in, first out. IRQL up to DISPATCH.
/// </summary>
public sealed class Dispatch(NtKernel kernel) : KernelComponent(kernel)
{
    internal const byte TypeMask = 0x7F;

    public void InitializeHeader(View<DISPATCHER_HEADER> header, KOBJECTS type, int size, int signalState)
    {
        header.Lock = 0;
        header.Type = (byte)type;
        header.Size = (byte)(size / 4);
        header.SignalState = signalState;
        Memory.InitializeList(header.WaitListHeadView.Address);
    }

    /// <summary>May this thread have the object now?</summary>
    public bool IsAvailable(View<DISPATCHER_HEADER> header, ulong thread)
    {
        int state = header.SignalState;
        if (TypeOf(header) != KOBJECTS.MutantObject || state > 0)
            return state > 0;
        if (header.As<KMUTANT>().OwnerThread.Address != thread)
            return false;
        if (state == int.MinValue)
            throw new GuestException(NtStatus.MutantLimitExceeded);
        return true;
    }

    /// <summary>A thread takes an available object: its status for the waiter, 0 or STATUS_ABANDONED_WAIT_0.</summary>
    public uint Take(View<DISPATCHER_HEADER> header, View<KTHREAD> thread)
    {
        switch (TypeOf(header))
        {
            case KOBJECTS.EventSynchronizationObject or KOBJECTS.TimerSynchronizationObject or KOBJECTS.GateObject:
                header.SignalState = 0;
                return 0;
            case KOBJECTS.SemaphoreObject:
                header.SignalState--;
                return 0;
            case KOBJECTS.MutantObject:
                return Kernel.Mutants.Take(header.As<KMUTANT>(), thread);
            default:
                return 0;
        }
    }

    /// <summary>The object's state went up: gives it to as many waiters as it serves.</summary>
    public void Signal(View<DISPATCHER_HEADER> header, int increment)
    {
        ulong head = header.WaitListHeadView.Address;
        ulong entry = Memory.ReadU64(head);
        while (entry != head && header.SignalState > 0)
        {
            View<KWAIT_BLOCK> block = new(entry);
            if (TryGive(header, block, increment))
                entry = Memory.ReadU64(head);           // more than this entry may be gone
            else
                entry = Memory.ReadU64(entry);
        }
    }

    /// <summary>Ends a wait: unlinks its blocks, stops its timer, and makes the thread ready with this status.</summary>
    public void Unwait(View<KTHREAD> thread, long status, int increment)
    {
        View<KWAIT_BLOCK> first = thread.WaitBlockList, block = first;
        do
        {
            Memory.RemoveEntry(block.WaitListEntryView.Address);
            block.BlockState = (byte)KWAIT_BLOCK_STATE.WaitBlockInactive;
            block = block.NextWaitBlock;
        }
        while (block.Address != first.Address);
        Kernel.Timers.Cancel(thread.Timer);
        thread.WaitStatus = status;
        thread.Alertable = false;
        Kernel.Queues.ThreadWoke(thread);
        Kernel.Scheduler.Ready(thread, increment);
    }

    private bool TryGive(View<DISPATCHER_HEADER> header, View<KWAIT_BLOCK> block, int increment)
    {
        View<KTHREAD> thread = block.Thread;
        if (block.WaitType == (byte)WAIT_TYPE.WaitAny)
        {
            uint status = block.WaitKey == (ushort)NtStatus.Timeout ? 0 : Take(header, thread);
            Unwait(thread, block.WaitKey + status, increment);
            return true;
        }
        uint all = 0;
        View<KWAIT_BLOCK> first = thread.WaitBlockList, each = first;
        do
        {
            if (each.WaitKey != (ushort)NtStatus.Timeout && !IsAvailable(new(each.Object), thread.Address))
                return false;
            each = each.NextWaitBlock;
        }
        while (each.Address != first.Address);
        do
        {
            if (each.WaitKey != (ushort)NtStatus.Timeout)
                all |= Take(new(each.Object), thread);
            each = each.NextWaitBlock;
        }
        while (each.Address != first.Address);
        Unwait(thread, all, increment);
        return true;
    }

    private static KOBJECTS TypeOf(View<DISPATCHER_HEADER> header) => (KOBJECTS)(header.Type & TypeMask);
}
