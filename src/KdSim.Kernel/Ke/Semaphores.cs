using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>KSEMAPHORE. IRQL up to DISPATCH.</summary>
public sealed class Semaphores(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("KeInitializeSemaphore", MaxIrql = Irql.Passive)]
    public void KeInitializeSemaphore(Ptr<KSEMAPHORE> Semaphore, int Count, int Limit)
    {
        View<KSEMAPHORE> semaphore = Semaphore;
        Kernel.Dispatch.InitializeHeader(semaphore.Header, KOBJECTS.SemaphoreObject, KSEMAPHORE.SizeOf, Count);
        semaphore.Limit = Limit;
    }

    /// <summary>Returns the count before; raises STATUS_SEMAPHORE_LIMIT_EXCEEDED and changes nothing if the limit would be passed.</summary>
    [NtExport("KeReleaseSemaphore", MaxIrql = Irql.Dispatch)]
    public int KeReleaseSemaphore(Ptr<KSEMAPHORE> Semaphore, int Increment, int Adjustment, bool Wait)
    {
        View<KSEMAPHORE> semaphore = Semaphore;
        View<DISPATCHER_HEADER> header = semaphore.Header;
        int before = header.SignalState;
        int after = unchecked(before + Adjustment);
        if (after > semaphore.Limit || after < before)
            throw new GuestException(NtStatus.SemaphoreLimitExceeded);
        header.SignalState = after;
        if (before == 0)
            Kernel.Dispatch.Signal(header, Increment);
        return before;
    }

    [NtExport("KeReadStateSemaphore")]
    public int KeReadStateSemaphore(Ptr<KSEMAPHORE> Semaphore) => Semaphore.View.Header.SignalState;
}
