using System.Buffers.Binary;
using KdSim.Kernel.Mm;
using KdSim.Machine.Cpu;
using KdSim.Nt;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Recording;

/// <summary>Interrupts, DPCs, timers, threads, spin locks.</summary>
sealed partial class KernelRecorder
{
    /// <summary>A spin lock that a processor spins for, or that is held after that.</summary>
    record struct SpinLockWait(ulong Caller, ulong StartClock, ulong StartSteps, ulong AcquireClock, uint Spins);

    /// <summary>A turn of the loop that spins is three instructions: pause, test, jump.</summary>
    const ulong StepsOfSpin = 3;

    readonly HashSet<ulong> _timerDpcs = [];
    readonly Dictionary<ulong, SpinLockWait> _heldLocks = [];

    public void IsrEntered(int cpu, byte vector, ulong interrupt, ulong routine)
    {
        if (Wants(RecordedKinds.Isr)) _processors[cpu].Open.Add(new OpenRun(false, routine, Time(cpu)));
    }

    public void IsrExited(int cpu, byte vector, ulong interrupt, ulong routine, bool claimed)
    {
        if (!Wants(RecordedKinds.Isr) || !TryClose(cpu, isDpc: false, routine, out long start)) return;
        byte result = claimed ? (byte)1 : (byte)0;
        bool isMessage = _guest.U64(interrupt + KINTERRUPT.Offsets.MessageServiceRoutine) != 0;
        if (isMessage)
            _session.Kernel(cpu, Time(cpu), MessageIsrPayload.Opcode, new MessageIsrPayload
            {
                InitialTime = (ulong)start, Routine = routine, ReturnValue = result, Vector = vector,
                Message = _guest.U32(interrupt + KINTERRUPT.Offsets.MessageIndex),
            });
        else
            _session.Kernel(cpu, Time(cpu), IsrPayload.Opcode, new IsrPayload
            {
                InitialTime = (ulong)start, Routine = routine, ReturnValue = result, Vector = vector,
            });
    }

    public void DpcQueued(int cpu, int target, ulong dpc, ulong routine)
    {
        if (!Wants(RecordedKinds.DpcQueue)) return;
        ulong data = _guest.U64(dpc + KDPC.Offsets.DpcData);
        _session.Kernel(cpu, Time(cpu), DpcEnqueuePayload.Opcode, new DpcEnqueuePayload
        {
            Key = dpc, QueueDepth = (int)_guest.U32(data + KDPC_DATA.Offsets.DpcQueueDepth), DpcCount = _guest.U32(data + KDPC_DATA.Offsets.DpcCount),
            TargetCpu = (uint)target, Importance = _guest.U8(dpc + KDPC.Offsets.Importance),
        });
    }

    public void DpcEntered(int cpu, ulong dpc, ulong routine)
    {
        if (Wants(RecordedKinds.DpcQueue))
            _session.Kernel(cpu, Time(cpu), DpcExecutionPayload.Opcode, new DpcExecutionPayload { Routine = routine, Key = dpc });
        _processors[cpu].Open.Add(new OpenRun(true, routine, Time(cpu)));
    }

    public void DpcExited(int cpu, ulong dpc, ulong routine)
    {
        bool isOfTimer = _timerDpcs.Remove(dpc);
        if (!TryClose(cpu, isDpc: true, routine, out long start) || !Wants(RecordedKinds.Dpc)) return;
        byte opcode = _guest.U8(dpc) == (byte)KOBJECTS.ThreadedDpcObject ? DpcPayload.Threaded : isOfTimer ? DpcPayload.OfTimer : DpcPayload.Ordinary;
        _session.Kernel(cpu, Time(cpu), opcode, new DpcPayload { InitialTime = (ulong)start, Routine = routine });
    }

    public void TimerSet(int cpu, ulong timer, ulong dueTime, uint period)
    {
        if (!Wants(RecordedKinds.Timer)) return;
        byte flags = _guest.U64(timer + KTIMER.Offsets.Dpc) != 0 ? SetPeriodicTimerPayload.HasDpc : (byte)0;
        if (period != 0)
            _session.Kernel(cpu, Time(cpu), SetPeriodicTimerPayload.Opcode,
                new SetPeriodicTimerPayload { DueTime = dueTime, Timer = timer, Flags = flags, Period = period });
        else
            _session.Kernel(cpu, Time(cpu), SetOneShotTimerPayload.Opcode, new SetOneShotTimerPayload { DueTime = dueTime, Timer = timer, Flags = flags });
    }

    public void ThreadTimerSet(int cpu, ulong timer, ulong dueTime)
    {
        if (Wants(RecordedKinds.Timer))
            _session.Kernel(cpu, Time(cpu), SetOneShotTimerPayload.OfThread, new SetOneShotTimerPayload { DueTime = dueTime, Timer = timer });
    }

    public void TimerExpired(int cpu, ulong timer, ulong dpc)
    {
        if (dpc != 0) _timerDpcs.Add(dpc);
        if (!Wants(RecordedKinds.Timer)) return;
        // A periodic timer stands in its list for the next time already.
        const ulong UnitsOfMillisecond = 10_000;
        ulong period = _guest.U32(timer + KTIMER.Offsets.Period) * UnitsOfMillisecond;
        _session.Kernel(cpu, Time(cpu), TimerExpirationPayload.Opcode, new TimerExpirationPayload
        {
            ExpectedDueTime = _guest.U64(timer + KTIMER.Offsets.DueTime) - period, Timer = timer,
            DeferredRoutine = dpc == 0 ? 0 : _guest.U64(dpc + KDPC.Offsets.DeferredRoutine),
        });
    }

    public void TimerCancelled(int cpu, ulong timer)
    {
        if (Wants(RecordedKinds.Timer)) _session.Kernel(cpu, Time(cpu), CancelTimerPayload.Opcode, new CancelTimerPayload { Timer = timer });
    }

    public void ThreadSwitched(int cpu, ulong from, ulong to, byte waitReason)
    {
        ThreadIdentity leaving = IdentityOf(from), coming = IdentityOf(to);
        _processors[cpu].Current = coming;
        if (!Wants(RecordedKinds.Switch)) return;
        // Both structures in one read each: switches are frequent.
        Span<byte> old = stackalloc byte[KTHREAD.Offsets.IdealProcessor + 4], next = stackalloc byte[KTHREAD.Offsets.WaitTime + 4];
        _guest.Bytes(from, old);
        _guest.Bytes(to, next);
        uint waited = coming.Thread == NoThread ? 0 : TickCount() - BinaryPrimitives.ReadUInt32LittleEndian(next[KTHREAD.Offsets.WaitTime..]);
        _session.Kernel(cpu, Time(cpu), ContextSwitchPayload.Opcode, new ContextSwitchPayload
        {
            NewThreadID = coming.Thread, OldThreadID = leaving.Thread, NewThreadPriority = (sbyte)next[KTHREAD.Offsets.Priority],
            OldThreadPriority = (sbyte)old[KTHREAD.Offsets.Priority], OldThreadWaitReason = (sbyte)waitReason,
            OldThreadWaitMode = (sbyte)old[KTHREAD.Offsets.WaitMode], OldThreadState = (sbyte)old[KTHREAD.Offsets.State],
            OldThreadWaitIdealProcessor = (sbyte)old[KTHREAD.Offsets.IdealProcessor], NewThreadWaitTime = waited,
        });
    }

    public void ThreadReadied(int cpu, ulong thread)
    {
        if (!Wants(RecordedKinds.Switch)) return;
        _session.Kernel(cpu, Time(cpu), ReadyThreadPayload.Opcode, new ReadyThreadPayload
        {
            AwakenedThreadID = IdentityOf(thread).Thread, Flags = _processors[cpu].IsInDpc ? ReadyThreadPayload.FromDpc : (byte)0,
        });
    }

    public void ApcDelivered(int cpu, ulong apc, ulong thread, ulong routine)
    {
        if (Wants(RecordedKinds.Apc)) Event(cpu, new ApcDeliverPayload { Apc = apc, Thread = thread, Routine = routine });
    }

    public void SpinLockContended(int cpu, ulong spinLock, ulong caller)
    {
        CpuState state = _computer.Processors[cpu].State;
        _processors[cpu].Wait = new SpinLockWait(caller, state.Clock, state.Steps, 0, 0);
    }

    public void SpinLockAcquired(int cpu, ulong spinLock)
    {
        if (!Wants(RecordedKinds.Lock)) return;
        CpuState state = _computer.Processors[cpu].State;
        SpinLockWait wait = _processors[cpu].Wait;
        _heldLocks[spinLock] = wait with { AcquireClock = state.Clock, Spins = (uint)((state.Steps - wait.StartSteps) / StepsOfSpin) };
    }

    public void SpinLockReleased(int cpu, ulong spinLock)
    {
        if (!_heldLocks.Remove(spinLock, out SpinLockWait wait)) return;
        ProcessorState processor = _processors[cpu];
        _session.Kernel(cpu, Time(cpu), SpinLockPayload.Opcode, new SpinLockPayload
        {
            SpinLock = spinLock, Caller = wait.Caller, AcquireTime = (ulong)CounterOf(wait.AcquireClock), ReleaseTime = (ulong)Time(cpu),
            WaitTimeInCycles = (uint)(wait.AcquireClock - wait.StartClock), SpinCount = wait.Spins, ThreadID = processor.Current.Thread,
            Irql = (byte)_computer.Processors[cpu].State.Cr8, AcquireDepth = 1,
            Flag = (byte)((processor.IsInDpc ? SpinLockPayload.InDpc : 0) | (processor.IsInIsr ? SpinLockPayload.InIsr : 0)),
        });
    }

    uint TickCount() => _guest.U32(SystemLayout.SharedUserData + (ulong)KUSER_SHARED_DATA.Offsets.TickCount);

    /// <summary>The begin of the innermost open run of a routine; runs above it never ended.</summary>
    bool TryClose(int cpu, bool isDpc, ulong routine, out long start)
    {
        List<OpenRun> open = _processors[cpu].Open;
        start = 0;
        int at = open.Count - 1;
        while (at >= 0 && (open[at].IsDpc != isDpc || open[at].Routine != routine)) at--;
        if (at < 0) return false;
        start = open[at].Start;
        open.RemoveRange(at, open.Count - at);
        return true;
    }
}
