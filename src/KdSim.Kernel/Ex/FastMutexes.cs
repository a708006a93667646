using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// FAST_MUTEX and KGUARDED_MUTEX: Count is 1 when free, and goes down with each thread that holds or wants it. A fast mutex is held at APC_LEVEL, a guarded
/// one in a guarded region. IRQL up to APC.
/// </summary>
public sealed class FastMutexes(NtKernel kernel) : KernelComponent(kernel)
{
    private View<KTHREAD> Thread => Kernel.Processors.CurrentThread;

    /// <summary>ExInitializeFastMutex is an inline of the headers; the export serves those who import it.</summary>
    [NtExport("ExInitializeFastMutex", MaxIrql = Irql.Dispatch)]
    public void ExInitializeFastMutex(Ptr<FAST_MUTEX> FastMutex)
    {
        View<FAST_MUTEX> mutex = FastMutex;
        mutex.Count = 1;
        mutex.Owner = default(Ptr<KTHREAD>);
        mutex.Contention = 0;
        Kernel.Events.Initialize(mutex.Event, EVENT_TYPE.SynchronizationEvent, false);
    }

    [NtExport("ExAcquireFastMutex", MaxIrql = Irql.Apc)]
    public async KTask ExAcquireFastMutex(Ptr<FAST_MUTEX> FastMutex)
    {
        byte old = CurrentIrql;
        Cpu.SetCr8(Irql.Apc);
        await Acquire(FastMutex);
        View<FAST_MUTEX> mutex = FastMutex;
        mutex.OldIrql = old;
    }

    [NtExport("ExTryToAcquireFastMutex", MaxIrql = Irql.Apc)]
    public bool ExTryToAcquireFastMutex(Ptr<FAST_MUTEX> FastMutex)
    {
        View<FAST_MUTEX> mutex = FastMutex;
        if (mutex.Count != 1)
            return false;
        mutex.Count = 0;
        mutex.Owner = Thread;
        mutex.OldIrql = CurrentIrql;
        Cpu.SetCr8(Irql.Apc);
        return true;
    }

    [NtExport("ExReleaseFastMutex", MaxIrql = Irql.Apc)]
    public void ExReleaseFastMutex(Ptr<FAST_MUTEX> FastMutex)
    {
        byte old = (byte)FastMutex.View.OldIrql;
        Release(FastMutex);
        Cpu.SetCr8(old);
    }

    [NtExport("ExAcquireFastMutexUnsafe", MaxIrql = Irql.Apc)]
    public KTask ExAcquireFastMutexUnsafe(Ptr<FAST_MUTEX> FastMutex) => Acquire(FastMutex);

    [NtExport("ExReleaseFastMutexUnsafe", MaxIrql = Irql.Apc)]
    public void ExReleaseFastMutexUnsafe(Ptr<FAST_MUTEX> FastMutex) => Release(FastMutex);

    [NtExport("ExEnterCriticalRegionAndAcquireFastMutexUnsafe", MaxIrql = Irql.Apc)]
    public KTask ExEnterCriticalRegionAndAcquireFastMutexUnsafe(Ptr<FAST_MUTEX> FastMutex)
    {
        Kernel.Regions.EnterCritical();
        return Acquire(FastMutex);
    }

    [NtExport("ExReleaseFastMutexUnsafeAndLeaveCriticalRegion", MaxIrql = Irql.Apc)]
    public void ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(Ptr<FAST_MUTEX> FastMutex)
    {
        Release(FastMutex);
        Kernel.Regions.LeaveCritical();
    }

    [NtExport("KeInitializeGuardedMutex", MaxIrql = Irql.Apc)]
    public void KeInitializeGuardedMutex(Ptr<KGUARDED_MUTEX> Mutex)
    {
        View<KGUARDED_MUTEX> mutex = Mutex;
        mutex.Clear();
        mutex.Count = 1;
        Kernel.Dispatch.InitializeHeader(mutex.Gate.Header, KOBJECTS.GateObject, KGATE.SizeOf, 0);
    }

    [NtExport("KeAcquireGuardedMutex", MaxIrql = Irql.Apc)]
    public KTask KeAcquireGuardedMutex(Ptr<KGUARDED_MUTEX> Mutex)
    {
        Kernel.Regions.EnterGuarded();
        return Acquire(Mutex.As<FAST_MUTEX>(), KWAIT_REASON.WrGuardedMutex);
    }

    [NtExport("KeTryToAcquireGuardedMutex", MaxIrql = Irql.Apc)]
    public bool KeTryToAcquireGuardedMutex(Ptr<KGUARDED_MUTEX> Mutex)
    {
        View<KGUARDED_MUTEX> mutex = Mutex;
        if (mutex.Count != 1)
            return false;
        Kernel.Regions.EnterGuarded();
        mutex.Count = 0;
        mutex.Owner = Thread;
        return true;
    }

    [NtExport("KeReleaseGuardedMutex", MaxIrql = Irql.Apc)]
    public void KeReleaseGuardedMutex(Ptr<KGUARDED_MUTEX> Mutex)
    {
        Release(Mutex.As<FAST_MUTEX>());
        Kernel.Regions.LeaveGuarded();
    }

    [NtExport("KeAcquireGuardedMutexUnsafe", MaxIrql = Irql.Apc)]
    public KTask KeAcquireGuardedMutexUnsafe(Ptr<KGUARDED_MUTEX> Mutex) => Acquire(Mutex.As<FAST_MUTEX>(), KWAIT_REASON.WrGuardedMutex);

    [NtExport("KeReleaseGuardedMutexUnsafe", MaxIrql = Irql.Apc)]
    public void KeReleaseGuardedMutexUnsafe(Ptr<KGUARDED_MUTEX> Mutex) => Release(Mutex.As<FAST_MUTEX>());

    /// <summary>For components: the two structures have the same head, and the event or gate at the same place.</summary>
    public async KTask Acquire(Ptr<FAST_MUTEX> FastMutex, KWAIT_REASON reason = KWAIT_REASON.WrFastMutex)
    {
        View<FAST_MUTEX> mutex = FastMutex;
        if (--mutex.Count < 0)
        {
            mutex.Contention++;
            await Kernel.Waits.For(mutex.Event.Address, reason);
        }
        View<FAST_MUTEX> owned = FastMutex;
        owned.Owner = Thread;
    }

    public void Release(Ptr<FAST_MUTEX> FastMutex)
    {
        View<FAST_MUTEX> mutex = FastMutex;
        mutex.Owner = default(Ptr<KTHREAD>);
        if (++mutex.Count <= 0)
            Kernel.Events.Set(mutex.Event, 1);
    }
}
