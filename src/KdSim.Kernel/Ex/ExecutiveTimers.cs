using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// EX_TIMER: a KTIMER that can be waited for, whose DPC calls the driver's callback at DISPATCH_LEVEL. A deleted timer goes when nothing of it is pending or
/// running any more. IRQL up to DISPATCH.
/// </summary>
public sealed class ExecutiveTimers(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x72546D45;                // "EmTr"
    private const uint NotificationAttribute = 0x8000_0000;
    private const ulong TicksOfPeriod = 10_000;         // a KTIMER's period is in milliseconds

    // The block: a KTIMER, a KDPC, then these.
    private const ulong Dpc = KTIMER.SizeOf, Callback = Dpc + KDPC.SizeOf, CallbackContext = Callback + 8, Running = Callback + 16, Deleting = Callback + 20,
        DeleteCallback = Callback + 24, DeleteContext = Callback + 32, DeleteEvent = Callback + 40, BlockSize = Callback + 48;

    [NtExport("ExAllocateTimer", MaxIrql = Irql.Dispatch)]
    public ulong ExAllocateTimer(ulong Callback, ulong CallbackContext, uint Attributes)
    {
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPoolNx, BlockSize, Tag);
        if (block == 0)
            return 0;
        Memory.Fill(block, BlockSize, 0);
        bool isNotification = (Attributes & NotificationAttribute) != 0;
        Kernel.Timers.Initialize(new View<KTIMER>(block), isNotification ? TIMER_TYPE.NotificationTimer : TIMER_TYPE.SynchronizationTimer);
        Kernel.Dpcs.KeInitializeDpc((Ptr<KDPC>)(block + Dpc), Kernel.Stubs.AddressOf(Stub.ExpTimerDpcRoutine), block);
        Memory.WriteU64(block + ExecutiveTimers.Callback, Callback);
        Memory.WriteU64(block + ExecutiveTimers.CallbackContext, CallbackContext);
        return block;
    }

    /// <summary>True if the timer was set already. The period is in units of 100 ns.</summary>
    [NtExport("ExSetTimer", MaxIrql = Irql.Dispatch)]
    public bool ExSetTimer(Ptr<KTIMER> Timer, long DueTime, long Period, ulong Parameters)
    {
        if (Memory.ReadU32(Timer.Address + Deleting) != 0)
            throw new GuestException(NtStatus.InvalidParameter);
        ulong period = Math.Min(((ulong)Period + TicksOfPeriod - 1) / TicksOfPeriod, int.MaxValue);
        return Kernel.Timers.Set(Timer, DueTime, (uint)period, (Ptr<KDPC>)(Timer.Address + Dpc));
    }

    [NtExport("ExCancelTimer", MaxIrql = Irql.Dispatch)]
    public bool ExCancelTimer(Ptr<KTIMER> Timer, ulong Parameters) => Kernel.Timers.Cancel(Timer);

    /// <summary>True if the timer was pending and is cancelled by this.</summary>
    [NtExport("ExDeleteTimer", MaxIrql = Irql.Dispatch)]
    public async KTask<bool> ExDeleteTimer(Ptr<KTIMER> Timer, bool Cancel, bool Wait, ulong Parameters)
    {
        ulong block = Timer.Address;
        if (Memory.ReadU32(block + Deleting) != 0)
            throw new GuestException(NtStatus.InvalidParameter);
        if (Parameters != 0)
        {
            Memory.WriteU64(block + DeleteCallback, Memory.ReadU64(Parameters + 8));
            Memory.WriteU64(block + DeleteContext, Memory.ReadU64(Parameters + 16));
        }
        Memory.WriteU32(block + Deleting, 1);
        bool cancelled = Cancel && Kernel.Timers.Cancel(Timer);
        if (!IsBusy(block))
        {
            await Finish(block);
            return cancelled;
        }
        if (!Cancel || !Wait)
            return cancelled;
        View<KEVENT> gone = Guest.Scratch<KEVENT>();
        Kernel.Events.Initialize(gone, EVENT_TYPE.NotificationEvent, false);
        Memory.WriteU64(block + DeleteEvent, gone.Address);
        await Kernel.Waits.For(gone.Address);
        return cancelled;
    }

    [NtRoutine("ExpTimerDpcRoutine", Cost = 0)]
    public async KTask ExpTimerDpcRoutine(ulong TimerDpc, ulong Timer, ulong SystemArgument1, ulong SystemArgument2)
    {
        Memory.WriteU32(Timer + Running, Memory.ReadU32(Timer + Running) + 1);
        if (Memory.ReadU64(Timer + Callback) is var routine and not 0)
            await Guest.Call(routine, Timer, Memory.ReadU64(Timer + CallbackContext));
        Memory.WriteU32(Timer + Running, Memory.ReadU32(Timer + Running) - 1);
        if (Memory.ReadU32(Timer + Deleting) == 0)
            return;
        if (new View<KTIMER>(Timer).Period != 0)
            Kernel.Timers.Cancel(new View<KTIMER>(Timer));      // deleted without cancelling: this was its last period
        if (!IsBusy(Timer))
            await Finish(Timer);
    }

    private bool IsBusy(ulong block) =>
        Memory.ReadU32(block + Running) != 0 || new View<KTIMER>(block).Header.Inserted || new View<KDPC>(block + Dpc).DpcData != 0;

    private async KTask Finish(ulong block)
    {
        ulong routine = Memory.ReadU64(block + DeleteCallback), context = Memory.ReadU64(block + DeleteContext), waiter = Memory.ReadU64(block + DeleteEvent);
        Kernel.Pool.Free(block, Tag);
        if (routine != 0)
            await Guest.Call(routine, context);
        if (waiter != 0)
            Kernel.Events.Set(new View<KEVENT>(waiter));
    }
}
