using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// RTL_RUN_ONCE: one pointer whose two low bits say how far an initialization is: not begun, running, running in several threads, done (with the context in
/// the other bits). Who finds it running waits until some initialization ends, and looks again. Below DISPATCH_LEVEL.
/// </summary>
[NtData("RtlpRunOnceEvent", KEVENT.SizeOf, Type = "_KEVENT")]
public sealed class RunOnce(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong NotBegun = 0, Running = 1, RunningAsync = 3, Done = 2, StateBits = 3;
    private const uint CheckOnly = 1, Async = 2, InitFailed = 4;

    [NtExport("RtlRunOnceInitialize", MaxIrql = Irql.Apc)]
    public void RtlRunOnceInitialize(Ptr<ulong> RunOnce) => RunOnce.Write(0);

    /// <summary>STATUS_PENDING: the caller is to initialize; STATUS_SUCCESS: it is done, and here is the context.</summary>
    [NtExport("RtlRunOnceBeginInitialize", MaxIrql = Irql.Apc)]
    public async KTask<NtStatus> RtlRunOnceBeginInitialize(Ptr<ulong> RunOnce, uint Flags, Ptr<ulong> Context)
    {
        if (Flags > (CheckOnly | Async) || Flags == (CheckOnly | Async))
            return NtStatus.InvalidParameter;
        while (true)
        {
            ulong value = RunOnce.Read();
            switch (value & StateBits)
            {
                case Done:
                    if (!Context.IsNull)
                        Context.Write(value & ~StateBits);
                    return NtStatus.Success;
                case NotBegun when (Flags & CheckOnly) == 0:
                    RunOnce.Write((Flags & Async) != 0 ? RunningAsync : Running);
                    return NtStatus.Pending;
                case RunningAsync when (Flags & Async) != 0:
                    return NtStatus.Pending;
                case Running when (Flags & (CheckOnly | Async)) == 0:
                    if (Ended.Header.WaitListHead.Flink == 0)
                        Kernel.Events.Initialize(Ended, EVENT_TYPE.NotificationEvent, false);
                    Kernel.Events.KeClearEvent(Ended.Ptr);
                    await Kernel.Waits.For(Ended.Address);
                    break;
                default:
                    return (Flags & CheckOnly) != 0 ? NtStatus.Unsuccessful : NtStatus.InvalidParameter;
            }
        }
    }

    [NtExport("RtlRunOnceComplete", MaxIrql = Irql.Apc)]
    public NtStatus RtlRunOnceComplete(Ptr<ulong> RunOnce, uint Flags, ulong Context)
    {
        ulong state = RunOnce.Read() & StateBits;
        if ((Context & StateBits) != 0 || ((Flags & InitFailed) != 0 && (Context != 0 || (Flags & Async) != 0)))
            return NtStatus.InvalidParameter;
        if (state == Done && (Flags & Async) != 0)
            return NtStatus.ObjectNameCollision; // Another thread was first.
        if (state != ((Flags & Async) != 0 ? RunningAsync : Running) && !(state == RunningAsync && (Flags & InitFailed) != 0))
            return NtStatus.Unsuccessful;
        RunOnce.Write((Flags & InitFailed) != 0 ? NotBegun : Context | Done);
        if (state == Running && Ended.Header.WaitListHead.Flink != 0)
            Kernel.Events.Set(Ended);
        return NtStatus.Success;
    }

    /// <summary>Calls the routine unless it has succeeded before; where another thread is in it, waits for that one.</summary>
    [NtExport("RtlRunOnceExecuteOnce", MaxIrql = Irql.Apc)]
    public async KTask<NtStatus> RtlRunOnceExecuteOnce(Ptr<ulong> RunOnce, ulong InitFn, ulong Parameter, Ptr<ulong> Context)
    {
        NtStatus status = await RtlRunOnceBeginInitialize(RunOnce, 0, Context);
        if (status != NtStatus.Pending)
            return status;
        Ptr<ulong> made = Context.IsNull ? new Ptr<ulong>(Guest.Scratch(8)) : Context;
        bool done = (uint)(await Guest.Call(InitFn, RunOnce, Parameter, made)).Value != 0;
        if (!done)
        {
            RtlRunOnceComplete(RunOnce, InitFailed, 0);
            return NtStatus.Unsuccessful;
        }
        return RtlRunOnceComplete(RunOnce, 0, made.Read());
    }

    /// <summary>Set whenever an initialization ends.</summary>
    private View<KEVENT> Ended => new(Kernel.Data(Datum.RtlpRunOnceEvent));
}
