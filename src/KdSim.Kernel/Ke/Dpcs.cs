using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// KDPC: the queue of each processor is a singly linked list in its PRCB, as !dpcs reads it. Queueing asks for a DISPATCH interrupt, whose entry calls
/// nt!KiRetireDpcList on the DPC stack. Threaded DPCs run as ordinary ones (as with ThreadDpcEnable = 0). Any IRQL.
/// </summary>
public sealed class Dpcs(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>KDPC.Number of a DPC for a chosen processor; below: wherever it is queued.</summary>
    private const ushort TargetBase = 0x500;

    [NtExport("KeInitializeDpc")]
    public void KeInitializeDpc(Ptr<KDPC> Dpc, ulong DeferredRoutine, ulong DeferredContext) =>
        Initialize(Dpc, KOBJECTS.DpcObject, DeferredRoutine, DeferredContext);

    [NtExport("KeInitializeThreadedDpc")]
    public void KeInitializeThreadedDpc(Ptr<KDPC> Dpc, ulong DeferredRoutine, ulong DeferredContext) =>
        Initialize(Dpc, KOBJECTS.ThreadedDpcObject, DeferredRoutine, DeferredContext);

    [NtExport("KeInsertQueueDpc")]
    public bool KeInsertQueueDpc(Ptr<KDPC> Dpc, ulong SystemArgument1, ulong SystemArgument2) => Insert(Dpc, SystemArgument1, SystemArgument2);

    [NtExport("KeRemoveQueueDpc")]
    public bool KeRemoveQueueDpc(Ptr<KDPC> Dpc)
    {
        View<KDPC> dpc = Dpc;
        if (dpc.DpcData == 0)
            return false;
        View<KDPC_DATA> data = new(dpc.DpcData);
        ulong link = ListOf(data), wanted = EntryOf(dpc);
        while (Memory.ReadU64(link) is var next && next != wanted)
            link = next != 0 ? next : throw new GuestBugCheck(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, 3, 0, 0, wanted);
        Unlink(data, link, wanted);
        dpc.DpcData = 0;
        return true;
    }

    [NtExport("KeSetTargetProcessorDpc")]
    public void KeSetTargetProcessorDpc(Ptr<KDPC> Dpc, sbyte Number)
    {
        View<KDPC> dpc = Dpc;
        dpc.Number = (ushort)(TargetBase + (byte)Number);
    }

    [NtExport("KeSetTargetProcessorDpcEx")]
    public NtStatus KeSetTargetProcessorDpcEx(Ptr<KDPC> Dpc, Ptr<PROCESSOR_NUMBER> ProcNumber)
    {
        PROCESSOR_NUMBER number = ProcNumber.Read();
        if (number.Group != 0 || number.Reserved != 0 || number.Number >= Kernel.Processors.Count)
            return NtStatus.InvalidParameter;
        KeSetTargetProcessorDpc(Dpc, (sbyte)number.Number);
        return NtStatus.Success;
    }

    [NtExport("KeSetImportanceDpc")]
    public void KeSetImportanceDpc(Ptr<KDPC> Dpc, KDPC_IMPORTANCE Importance)
    {
        View<KDPC> dpc = Dpc;
        dpc.Importance = (byte)Importance;
    }

    /// <summary>Comes back when all DPCs that were queued on any processor before have run.</summary>
    [NtExport("KeFlushQueuedDpcs", MaxIrql = Irql.Passive)]
    public async KTask KeFlushQueuedDpcs()
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        ulong affinity = thread.Affinity;
        for (int number = 0; number < Kernel.Processors.Count; number++)
        {
            if (Kernel.Processors.Block(number).DpcData.At(0).DpcQueueDepth == 0 && !Kernel.Processors.Block(number).DpcRoutineActive)
                continue;
            thread.Affinity = 1UL << number;            // to run there, below DISPATCH, means that its queue is empty
            await Kernel.Scheduler.MoveAway();
        }
        thread.Affinity = affinity;
    }

    public bool Insert(View<KDPC> dpc, ulong argument1, ulong argument2)
    {
        if (dpc.DpcData != 0)
            return false;
        int target = dpc.Number >= TargetBase ? dpc.Number - TargetBase : Cpu.Number;
        if (target >= Kernel.Processors.Count)
            throw new GuestBugCheck(BugCheckCode.TIMER_OR_DPC_INVALID, 1, dpc.Address, 0, dpc.Number);
        View<KPRCB> prcb = Kernel.Processors.Block(target);
        View<KDPC_DATA> data = prcb.DpcData.At(0);
        dpc.SystemArgument1 = argument1;
        dpc.SystemArgument2 = argument2;
        dpc.DpcData = data.Address;
        ulong list = ListOf(data), entry = EntryOf(dpc), first = Memory.ReadU64(list);
        bool atHead = dpc.Importance == (byte)KDPC_IMPORTANCE.HighImportance;
        ulong link = atHead || first == 0 ? list : Memory.ReadU64(list + 8);
        ulong next = atHead ? first : 0;
        Memory.WriteU64(entry, next);
        Memory.WriteU64(link, entry);
        if (next == 0)
            Memory.WriteU64(list + 8, entry);
        data.DpcQueueDepth++;
        data.DpcCount++;
        Observer?.DpcQueued(Cpu.Number, target, dpc.Address, dpc.DeferredRoutine);
        Kernel.Processors.RequestDispatch(target);
        return true;
    }

    /// <summary>
    /// Called by the DISPATCH interrupt at DISPATCH_LEVEL on the DPC stack: expires timers, then runs the DPCs of this processor, also those queued meanwhile.
    /// </summary>
    [NtRoutine("KiRetireDpcList", Cost = 0)]
    public async KTask KiRetireDpcList()
    {
        View<KPRCB> prcb = Kernel.Processors.Current;
        prcb.DpcRoutineActive = true;
        if (prcb.Number == 0)
            Kernel.Timers.ExpireDue();
        while (TryTake(prcb) is var address && address != 0)
        {
            View<KDPC> dpc = new(address);
            ulong routine = dpc.DeferredRoutine;
            prcb.DpcTimeCount = 0;
            Cpu.State.Clock += Kernel.Computer.Costs.Dpc;
            Observer?.DpcEntered(Cpu.Number, address, routine);
            await Guest.Call(routine, address, dpc.DeferredContext, dpc.SystemArgument1, dpc.SystemArgument2);
            Observer?.DpcExited(Cpu.Number, address, routine);
            if (CurrentIrql != Irql.Dispatch)
                Cpu.SetCr8(Irql.Dispatch);
            View<KDPC_DATA> data = prcb.DpcData.At(0);
            data.ActiveDpc = default(Ptr<KDPC>);
        }
        prcb.DpcRoutineActive = false;
    }

    private ulong TryTake(View<KPRCB> prcb)
    {
        View<KDPC_DATA> data = prcb.DpcData.At(0);
        ulong list = ListOf(data), entry = Memory.ReadU64(list);
        if (entry == 0)
            return 0;
        Unlink(data, list, entry);
        View<KDPC> dpc = View<KDPC>.Containing(entry, KDPC.Offsets.DpcListEntry);
        dpc.DpcData = 0;                                // from here on it may be queued again
        data.ActiveDpc = dpc;
        return dpc.Address;
    }

    private void Unlink(View<KDPC_DATA> data, ulong link, ulong entry)
    {
        ulong next = Memory.ReadU64(entry);
        Memory.WriteU64(link, next);
        if (next == 0)
            Memory.WriteU64(ListOf(data) + 8, link);
        data.DpcQueueDepth--;
    }

    private static void Initialize(View<KDPC> dpc, KOBJECTS type, ulong routine, ulong context)
    {
        dpc.Type = (byte)type;
        dpc.Importance = (byte)KDPC_IMPORTANCE.MediumImportance;
        dpc.Number = 0;
        dpc.DeferredRoutine = routine;
        dpc.DeferredContext = context;
        dpc.DpcData = 0;
    }

    private static ulong ListOf(View<KDPC_DATA> data) => data.DpcList.Address;

    private static ulong EntryOf(View<KDPC> dpc) => dpc.Address + (ulong)KDPC.Offsets.DpcListEntry;
}
