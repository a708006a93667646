using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Drivers that want to hear of non-maskable interrupts and of new processors. The machine has no source of the former and gains none of the latter while it
/// runs; who asks is told of the processors that there are.
/// </summary>
[NtData("KiNmiCallbackListHead", 16, Type = "_LIST_ENTRY")]
[NtData("KiProcessorChangeListHead", 16, Type = "_LIST_ENTRY")]
public sealed class ProcessorCallbacks(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x62634250; // "PBcb"
    private const ulong Routine = 0x10, Context = 0x18, EntrySize = 0x20;
    private const uint AddExisting = 1;
    private const uint AddStart = 0, AddComplete = 1, AddFailure = 2;

    [NtExport("KeRegisterNmiCallback", MaxIrql = Irql.Apc)]
    public ulong KeRegisterNmiCallback(ulong CallbackRoutine, ulong Context) => Add(Datum.KiNmiCallbackListHead, CallbackRoutine, Context);

    [NtExport("KeDeregisterNmiCallback", MaxIrql = Irql.Apc)]
    public NtStatus KeDeregisterNmiCallback(ulong Handle) => Remove(Datum.KiNmiCallbackListHead, Handle) ? NtStatus.Success : NtStatus.InvalidHandle;

    /// <summary>With KE_PROCESSOR_CHANGE_ADD_EXISTING the routine is called for each processor that runs, and may refuse.</summary>
    [NtExport("KeRegisterProcessorChangeCallback", MaxIrql = Irql.Apc)]
    public async KTask<ulong> KeRegisterProcessorChangeCallback(ulong CallbackFunction, ulong CallbackContext, uint Flags)
    {
        ulong change = Guest.Scratch(0x10), status = Guest.Scratch(8);
        int count = (Flags & AddExisting) != 0 ? Kernel.Processors.Count : 0, told = 0;
        for (; told < count && ((NtStatus)Memory.ReadU32(status)).IsSuccess; told++)
        {
            Describe(change, AddStart, (uint)told);
            await Guest.Call(CallbackFunction, CallbackContext, change, status);
        }
        uint result = ((NtStatus)Memory.ReadU32(status)).IsSuccess ? AddComplete : AddFailure;
        for (int i = 0; i < told; i++)
        {
            Describe(change, result, (uint)i);
            await Guest.Call(CallbackFunction, CallbackContext, change, status);
        }
        return result == AddComplete ? Add(Datum.KiProcessorChangeListHead, CallbackFunction, CallbackContext) : 0;
    }

    [NtExport("KeDeregisterProcessorChangeCallback", MaxIrql = Irql.Apc)]
    public void KeDeregisterProcessorChangeCallback(ulong CallbackHandle) => Remove(Datum.KiProcessorChangeListHead, CallbackHandle);

    /// <summary>KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT: the state, the processor's index, a status, and its PROCESSOR_NUMBER.</summary>
    private void Describe(ulong change, uint state, uint processor)
    {
        Memory.WriteU32(change, state);
        Memory.WriteU32(change + 4, processor);
        Memory.WriteU32(change + 8, 0);
        Memory.WriteU32(change + 12, processor << 16);
    }

    private ulong Add(Datum list, ulong routine, ulong context)
    {
        ulong head = Kernel.Data(list);
        if (Memory.ReadU64(head) == 0)
            Memory.InitializeList(head);
        ulong entry = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, EntrySize, Tag);
        if (entry == 0)
            return 0;
        Memory.WriteU64(entry + Routine, routine);
        Memory.WriteU64(entry + Context, context);
        Memory.InsertTail(head, entry);
        return entry;
    }

    private bool Remove(Datum list, ulong handle)
    {
        if (Memory.ReadU64(Kernel.Data(list)) == 0)
            return false;
        foreach (ulong entry in Memory.Walk(Kernel.Data(list)))
        {
            if (entry != handle)
                continue;
            Memory.RemoveEntry(entry);
            Kernel.Pool.Free(entry, Tag);
            return true;
        }
        return false;
    }
}
