using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// EX_RUNDOWN_REF: twice the number of holders; with bit 0 set it is running down, and the rest is the address of the waiter's block (an event, a count).
/// Acquire and release at IRQL up to DISPATCH; waiting below.
/// </summary>
public sealed class RundownProtection(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Active = 1;
    private const int WaitBlockSize = 0x20;             // KEVENT, then the number of holders that are left

    [NtExport("ExInitializeRundownProtection", MaxIrql = Irql.Apc)]
    [NtExport("ExReInitializeRundownProtection", MaxIrql = Irql.Apc)]
    public void ExInitializeRundownProtection(Ptr<ulong> RunRef) => RunRef.Write(0);

    [NtExport("ExAcquireRundownProtection", MaxIrql = Irql.Dispatch)]
    public bool ExAcquireRundownProtection(Ptr<ulong> RunRef) => Acquire(RunRef, 1);

    [NtExport("ExAcquireRundownProtectionEx", MaxIrql = Irql.Dispatch)]
    public bool ExAcquireRundownProtectionEx(Ptr<ulong> RunRef, uint Count) => Acquire(RunRef, Count);

    [NtExport("ExReleaseRundownProtection", MaxIrql = Irql.Dispatch)]
    public void ExReleaseRundownProtection(Ptr<ulong> RunRef) => Release(RunRef, 1);

    [NtExport("ExReleaseRundownProtectionEx", MaxIrql = Irql.Dispatch)]
    public void ExReleaseRundownProtectionEx(Ptr<ulong> RunRef, uint Count) => Release(RunRef, Count);

    [NtExport("ExRundownCompleted", MaxIrql = Irql.Apc)]
    public void ExRundownCompleted(Ptr<ulong> RunRef) => RunRef.Write(Active);

    [NtExport("ExWaitForRundownProtectionRelease", MaxIrql = Irql.Apc)]
    public async KTask ExWaitForRundownProtectionRelease(Ptr<ulong> RunRef)
    {
        ulong value = RunRef.Read();
        if ((value & Active) != 0)
            return;
        if (value == 0)
        {
            RunRef.Write(Active);
            return;
        }
        ulong block = Guest.Scratch(WaitBlockSize);
        Kernel.Events.Initialize(new View<KEVENT>(block), EVENT_TYPE.SynchronizationEvent, false);
        Memory.WriteU64(block + KEVENT.SizeOf, value / 2);
        RunRef.Write(block | Active);
        await Kernel.Waits.For(block, KWAIT_REASON.WrRundown);
        RunRef.Write(Active);
    }

    private static bool Acquire(Ptr<ulong> reference, uint count)
    {
        ulong value = reference.Read();
        if ((value & Active) != 0)
            return false;
        reference.Write(value + 2UL * count);
        return true;
    }

    private void Release(Ptr<ulong> reference, uint count)
    {
        ulong value = reference.Read();
        if ((value & Active) == 0)
        {
            reference.Write(value - 2UL * count);
            return;
        }
        ulong block = value & ~Active;
        ulong left = Memory.ReadU64(block + KEVENT.SizeOf) - count;
        Memory.WriteU64(block + KEVENT.SizeOf, left);
        if (left == 0)
            Kernel.Events.Set(new View<KEVENT>(block));
    }
}
