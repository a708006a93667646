using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// KMUTANT: owned by a thread, recursive, on its owner's list. A kernel mutex (KeInitializeMutex) disables normal kernel APCs while it is held;
/// a thread that ends with one is a bug check, with another mutant it abandons it.
/// </summary>
public sealed class Mutants(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("KeInitializeMutex")]
    public void KeInitializeMutex(Ptr<KMUTANT> Mutex, uint Level) => Initialize(Mutex, apcDisable: 1);

    [NtExport("KeInitializeMutant")]
    public void KeInitializeMutant(Ptr<KMUTANT> Mutant, bool InitialOwner)
    {
        Initialize(Mutant, apcDisable: 0);
        if (InitialOwner)
            Take(Mutant, Kernel.Processors.CurrentThread);
    }

    [NtExport("KeReadStateMutex", MaxIrql = Irql.Dispatch)]
    [NtExport("KeReadStateMutant", MaxIrql = Irql.Dispatch)]
    public int KeReadStateMutant(Ptr<KMUTANT> Mutant) => Mutant.View.Header.SignalState;

    /// <summary>Returns the state before: 0 means that the mutex is free now.</summary>
    [NtExport("KeReleaseMutex", MaxIrql = Irql.Dispatch)]
    public int KeReleaseMutex(Ptr<KMUTANT> Mutex, bool Wait) => Release(Mutex, 1);

    [NtExport("KeReleaseMutant", MaxIrql = Irql.Dispatch)]
    public int KeReleaseMutant(Ptr<KMUTANT> Mutant, int Increment, bool Abandoned, bool Wait) =>
        Abandoned ? Abandon(Mutant, Increment) : Release(Mutant, Increment);

    internal uint Take(View<KMUTANT> mutant, View<KTHREAD> thread)
    {
        View<DISPATCHER_HEADER> header = mutant.Header;
        if (--header.SignalState != 0)
            return 0;
        mutant.OwnerThread = thread;
        thread.KernelApcDisable -= mutant.ApcDisable;
        Memory.InsertHead(thread.MutantListHeadView.Address, mutant.MutantListEntryView.Address);
        if (!mutant.Abandoned)
            return 0;
        mutant.Abandoned = false;
        return (uint)NtStatus.AbandonedWait0;
    }

    /// <summary>The thread ends: gives up what it still owns.</summary>
    internal void ThreadEnds(View<KTHREAD> thread)
    {
        ulong head = thread.MutantListHeadView.Address;
        while (!Memory.IsListEmpty(head))
        {
            View<KMUTANT> mutant = View<KMUTANT>.Containing(Memory.ReadU64(head), KMUTANT.Offsets.MutantListEntry);
            if (mutant.ApcDisable != 0)
                throw new GuestBugCheck(BugCheckCode.THREAD_TERMINATE_HELD_MUTEX, thread.Address, mutant.Address);
            Abandon(mutant, 1);
        }
    }

    private void Initialize(View<KMUTANT> mutant, byte apcDisable)
    {
        Kernel.Dispatch.InitializeHeader(mutant.Header, KOBJECTS.MutantObject, KMUTANT.SizeOf, 1);
        Memory.InitializeList(mutant.MutantListEntryView.Address);
        mutant.OwnerThread = default(Ptr<KTHREAD>);
        mutant.Abandoned = false;
        mutant.ApcDisable = apcDisable;
    }

    private int Release(View<KMUTANT> mutant, int increment)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        if (mutant.OwnerThread.Address != thread.Address)
            throw new GuestException(mutant.Abandoned ? NtStatus.Abandoned : NtStatus.MutantNotOwned);
        View<DISPATCHER_HEADER> header = mutant.Header;
        int before = header.SignalState++;
        if (before == 0)
            Free(mutant, thread, increment);
        return before;
    }

    private int Abandon(View<KMUTANT> mutant, int increment)
    {
        View<DISPATCHER_HEADER> header = mutant.Header;
        int before = header.SignalState;
        mutant.Abandoned = true;
        header.SignalState = 1;
        Free(mutant, mutant.OwnerThread, increment);
        return before;
    }

    private void Free(View<KMUTANT> mutant, View<KTHREAD> owner, int increment)
    {
        Memory.RemoveEntry(mutant.MutantListEntryView.Address);
        mutant.OwnerThread = default(Ptr<KTHREAD>);
        if (mutant.ApcDisable != 0)
            Kernel.Regions.LeaveCritical(owner, mutant.ApcDisable);
        Kernel.Dispatch.Signal(mutant.Header, increment);
    }
}
