using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>Critical regions (no normal kernel APCs) and guarded regions (no kernel APCs at all), counted downwards in the thread. IRQL up to APC.</summary>
public sealed class Regions(NtKernel kernel) : KernelComponent(kernel)
{
    private View<KTHREAD> Thread => Kernel.Processors.CurrentThread;

    [NtExport("KeEnterCriticalRegion", MaxIrql = Irql.Apc)]
    [NtExport("FsRtlEnterFileSystem", MaxIrql = Irql.Apc)]
    public void KeEnterCriticalRegion() => EnterCritical();

    [NtExport("KeLeaveCriticalRegion", MaxIrql = Irql.Apc)]
    [NtExport("FsRtlExitFileSystem", MaxIrql = Irql.Apc)]
    public void KeLeaveCriticalRegion() => LeaveCritical(Thread, 1);

    [NtExport("KeEnterGuardedRegion", MaxIrql = Irql.Apc)]
    public void KeEnterGuardedRegion() => EnterGuarded();

    [NtExport("KeLeaveGuardedRegion", MaxIrql = Irql.Apc)]
    public void KeLeaveGuardedRegion() => LeaveGuarded();

    [NtExport("KeAreApcsDisabled", MaxIrql = Irql.Dispatch)]
    public bool KeAreApcsDisabled() => Thread.CombinedApcDisable != 0;

    [NtExport("KeAreAllApcsDisabled", MaxIrql = Irql.Dispatch)]
    public bool KeAreAllApcsDisabled() => CurrentIrql >= Irql.Apc || Thread.SpecialApcDisable != 0;

    public void EnterCritical()
    {
        View<KTHREAD> thread = Thread;
        thread.KernelApcDisable--;
    }

    public void LeaveCritical() => LeaveCritical(Thread, 1);

    public void EnterGuarded()
    {
        View<KTHREAD> thread = Thread;
        thread.SpecialApcDisable--;
    }

    public void LeaveGuarded()
    {
        View<KTHREAD> thread = Thread;
        if (++thread.SpecialApcDisable == 0)
            Kernel.Apcs.RequestWaiting(thread);
    }

    internal void LeaveCritical(View<KTHREAD> thread, int count)
    {
        thread.KernelApcDisable = (short)(thread.KernelApcDisable + count);
        if (thread.CombinedApcDisable == 0)
            Kernel.Apcs.RequestWaiting(thread);
    }
}
