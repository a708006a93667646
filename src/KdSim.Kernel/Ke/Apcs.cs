using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// KAPC: special and normal kernel APCs, user APCs. Queueing marks the thread and asks for an APC interrupt, or ends its wait; the interrupt's entry calls
/// nt!KiDeliverApc at APC_LEVEL. Queueing at IRQL up to DISPATCH.
/// </summary>
public sealed class Apcs(NtKernel kernel) : KernelComponent(kernel)
{
    private const sbyte UserMode = 1;

    [NtExport("KeInitializeApc")]
    public void KeInitializeApc(Ptr<KAPC> Apc, Ptr<KTHREAD> Thread, KAPC_ENVIRONMENT Environment, ulong KernelRoutine, ulong RundownRoutine,
        ulong NormalRoutine, sbyte ProcessorMode, ulong NormalContext)
    {
        View<KAPC> apc = Apc;
        apc.Type = (byte)KOBJECTS.ApcObject;
        apc.Size = KAPC.SizeOf;
        apc.Thread = Thread;
        apc.KernelRoutine = KernelRoutine;
        apc.RundownRoutine = RundownRoutine;
        apc.NormalRoutine = NormalRoutine;
        apc.ApcStateIndex = (sbyte)(Environment == KAPC_ENVIRONMENT.CurrentApcEnvironment ? Thread.View.ApcStateIndex : (int)Environment);
        apc.ApcMode = NormalRoutine != 0 ? ProcessorMode : (sbyte)0;
        apc.NormalContext = NormalRoutine != 0 ? NormalContext : 0;
        apc.Inserted = false;
    }

    [NtExport("KeInsertQueueApc", MaxIrql = Irql.Dispatch)]
    public bool KeInsertQueueApc(Ptr<KAPC> Apc, ulong SystemArgument1, ulong SystemArgument2, int Increment)
    {
        View<KAPC> apc = Apc;
        if (apc.Inserted || !apc.Thread.View.ApcQueueable)
            return false;
        apc.Inserted = true;
        apc.SystemArgument1 = SystemArgument1;
        apc.SystemArgument2 = SystemArgument2;
        Link(apc);
        Wake(apc, Increment);
        return true;
    }

    /// <summary>A user APC before all others, for which the thread need not be alertable.</summary>
    internal void InsertUrgent(Ptr<KAPC> address)
    {
        View<KAPC> apc = address;
        View<KTHREAD> thread = apc.Thread;
        View<KAPC_STATE> state = StateOf(apc);
        apc.Inserted = true;
        Memory.InsertHead(state.ApcListHead.AddressOf(UserMode), apc.ApcListEntryView.Address);
        state.UserApcPending = true;
        state.KernelApcPending = true; // So that a thread in user mode enters the kernel.
        if (thread.Running)
            Kernel.Processors.RequestApc((int)thread.NextProcessor);
        else if (state.Address == thread.ApcState.Address && thread.State == (byte)KTHREAD_STATE.Waiting && thread.WaitMode == UserMode)
            Kernel.Dispatch.Unwait(thread, (long)NtStatus.UserApc, 0);
    }

    [NtExport("KeRemoveQueueApc", MaxIrql = Irql.Dispatch)]
    public bool KeRemoveQueueApc(Ptr<KAPC> Apc)
    {
        View<KAPC> apc = Apc;
        if (!apc.Inserted)
            return false;
        apc.Inserted = false;
        Memory.RemoveEntry(apc.ApcListEntryView.Address);
        return true;
    }

    [NtExport("KeAlertThread", MaxIrql = Irql.Dispatch)]
    public bool KeAlertThread(Ptr<KTHREAD> Thread, sbyte AlertMode)
    {
        View<KTHREAD> thread = Thread;
        bool before = thread.Alerted[AlertMode] != 0;
        if (before)
            return true;
        if (thread.State == (byte)KTHREAD_STATE.Waiting && thread.Alertable && AlertMode <= thread.WaitMode)
            Kernel.Dispatch.Unwait(thread, (long)NtStatus.Alerted, 0);
        else
            thread.Alerted.Set(AlertMode, 1);
        return false;
    }

    [NtExport("KeTestAlertThread", MaxIrql = Irql.Apc)]
    public bool KeTestAlertThread(sbyte AlertMode)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        bool before = thread.Alerted[AlertMode] != 0;
        if (before)
            thread.Alerted.Set(AlertMode, 0);
        else
            MarkUserApc(thread, AlertMode);
        return before;
    }

    /// <summary>What keeps a thread from beginning to wait: STATUS_ALERTED, STATUS_USER_APC, or nothing.</summary>
    internal NtStatus TestAlert(View<KTHREAD> thread, sbyte mode, bool alertable)
    {
        if (!alertable)
            return mode == UserMode && thread.ApcState.UserApcPending ? NtStatus.UserApc : NtStatus.Success;
        if (TakeAlert(thread, mode))
            return NtStatus.Alerted;
        if (MarkUserApc(thread, mode))
            return NtStatus.UserApc;
        return TakeAlert(thread, 0) ? NtStatus.Alerted : NtStatus.Success;
    }

    /// <summary>A thread ends: unlinks what is queued to it and calls the rundown routines.</summary>
    internal async KTask RunDown(Ptr<KTHREAD> Thread)
    {
        for (int mode = 0; mode < 2; mode++)
            while (Memory.ReadU64(Thread.View.ApcState.ApcListHead.AddressOf(mode)) is var entry && entry != Thread.View.ApcState.ApcListHead.AddressOf(mode))
            {
                View<KAPC> apc = View<KAPC>.Containing(entry, KAPC.Offsets.ApcListEntry);
                Unlink(apc);
                if (apc.RundownRoutine != 0)
                    await Guest.Call(apc.RundownRoutine, apc.Address);
                else
                    Kernel.Pool.Free(apc.Address);
            }
    }

    /// <summary>APCs are enabled again: asks for the interrupt if some wait.</summary>
    internal void RequestWaiting(View<KTHREAD> thread)
    {
        View<KAPC_STATE> state = thread.ApcState;
        if (thread.SpecialApcDisable != 0 || Memory.IsListEmpty(state.ApcListHead.AddressOf(0)))
            return;
        state.KernelApcPending = true;
        if (thread.Running)
            Kernel.Processors.RequestApc((int)thread.NextProcessor);
    }

    /// <summary>Called by the APC interrupt at APC_LEVEL on the thread's stack, and before a return to user mode.</summary>
    [NtRoutine("KiDeliverApc", Cost = 0)]
    public async KTask KiDeliverApc(sbyte PreviousMode, ulong ExceptionFrame, Ptr<KTRAP_FRAME> TrapFrame)
    {
        View<KTHREAD> thread = Kernel.Processors.CurrentThread;
        View<KAPC_STATE> state = thread.ApcState;
        ulong slots = 0;
        state.KernelApcPending = false;
        while (FirstDeliverable(thread) is var address && address != 0)
        {
            View<KAPC> apc = new(address);
            Unlink(apc);
            bool isNormal = apc.NormalRoutine != 0;
            slots = slots != 0 ? slots : Guest.Scratch(32);
            CopyArguments(apc, slots);
            Observer?.ApcDelivered(Cpu.Number, address, thread.Address, apc.KernelRoutine);
            await Guest.Call(apc.KernelRoutine, address, slots, slots + 8, slots + 16, slots + 24);
            if (!isNormal || Memory.ReadU64(slots) == 0)
                continue;
            state.KernelApcInProgress = true;
            Cpu.SetCr8(Irql.Passive);
            await Guest.Call(Memory.ReadU64(slots), Memory.ReadU64(slots + 8), Memory.ReadU64(slots + 16), Memory.ReadU64(slots + 24));
            Cpu.SetCr8(Irql.Apc);
            state.KernelApcInProgress = false;
        }
        if (PreviousMode == UserMode && state.UserApcPending)
            await DeliverUser(thread.Ptr, TrapFrame, slots);
    }

    /// <summary>Runs the kernel half of the first user APC, and sends the thread to the user half.</summary>
    private async KTask DeliverUser(Ptr<KTHREAD> Thread, Ptr<KTRAP_FRAME> trap, ulong slots)
    {
        View<KAPC_STATE> state = Thread.View.ApcState;
        state.UserApcPending = false;
        ulong head = state.ApcListHead.AddressOf(1);
        if (Memory.IsListEmpty(head))
            return;
        View<KAPC> apc = View<KAPC>.Containing(Memory.ReadU64(head), KAPC.Offsets.ApcListEntry);
        Unlink(apc);
        slots = slots != 0 ? slots : Guest.Scratch(32);
        CopyArguments(apc, slots);
        Observer?.ApcDelivered(Cpu.Number, apc.Address, Thread, apc.KernelRoutine);
        await Guest.Call(apc.KernelRoutine, apc.Address, slots, slots + 8, slots + 16, slots + 24);
        if (Memory.ReadU64(slots) == 0)
            KeTestAlertThread(UserMode);
        else if (!Kernel.UserApcs.TryEnter(trap, Memory.ReadU64(slots), Memory.ReadU64(slots + 8), Memory.ReadU64(slots + 16), Memory.ReadU64(slots + 24)))
            await Kernel.Termination.EndProcess(NtStatus.AccessViolation);
    }

    private ulong FirstDeliverable(View<KTHREAD> thread)
    {
        View<KAPC_STATE> state = thread.ApcState;
        ulong head = state.ApcListHead.AddressOf(0);
        if (thread.SpecialApcDisable != 0 || Memory.IsListEmpty(head))
            return 0;
        View<KAPC> apc = View<KAPC>.Containing(Memory.ReadU64(head), KAPC.Offsets.ApcListEntry);
        bool blocked = apc.NormalRoutine != 0 && (state.KernelApcInProgress || thread.KernelApcDisable != 0);
        return blocked ? 0 : apc.Address;
    }

    private void Unlink(View<KAPC> apc)
    {
        Memory.RemoveEntry(apc.ApcListEntryView.Address);
        apc.Inserted = false;
    }

    private void CopyArguments(View<KAPC> apc, ulong slots)
    {
        Memory.WriteU64(slots, apc.NormalRoutine);
        Memory.WriteU64(slots + 8, apc.NormalContext);
        Memory.WriteU64(slots + 16, apc.SystemArgument1);
        Memory.WriteU64(slots + 24, apc.SystemArgument2);
    }

    /// <summary>Special kernel APCs stand before normal ones; else first in, first out.</summary>
    private void Link(View<KAPC> apc)
    {
        ulong head = StateOf(apc).ApcListHead.AddressOf(apc.ApcMode), before = head;
        if (apc.NormalRoutine == 0)
        {
            before = Memory.ReadU64(head);
            while (before != head && View<KAPC>.Containing(before, KAPC.Offsets.ApcListEntry).NormalRoutine == 0)
                before = Memory.ReadU64(before);
        }
        Memory.InsertTail(before, apc.ApcListEntryView.Address);
    }

    /// <summary>While the thread is attached to another process, APCs for its own one wait in its saved state.</summary>
    private static View<KAPC_STATE> StateOf(View<KAPC> apc)
    {
        View<KTHREAD> thread = apc.Thread;
        return apc.ApcStateIndex == thread.ApcStateIndex ? thread.ApcState : thread.SavedApcState;
    }

    private void Wake(View<KAPC> apc, int increment)
    {
        View<KTHREAD> thread = apc.Thread;
        View<KAPC_STATE> state = StateOf(apc);
        if (state.Address != thread.ApcState.Address)
        {
            state.KernelApcPending |= apc.ApcMode != UserMode;      // it waits until the thread detaches
            return;
        }
        bool isWaiting = thread.State == (byte)KTHREAD_STATE.Waiting;
        if (apc.ApcMode == UserMode)
        {
            if (!isWaiting || thread.WaitMode != UserMode || !(thread.Alertable || state.UserApcPending))
                return;
            state.UserApcPending = true;
            Kernel.Dispatch.Unwait(thread, (long)NtStatus.UserApc, increment);
            return;
        }
        state.KernelApcPending = true;
        if (thread.Running)
            Kernel.Processors.RequestApc((int)thread.NextProcessor);
        else if (isWaiting && thread.WaitIrql == Irql.Passive && FirstDeliverable(thread) != 0)
            Kernel.Dispatch.Unwait(thread, (long)NtStatus.KernelApc, increment);
    }

    private static bool TakeAlert(View<KTHREAD> thread, sbyte mode)
    {
        if (thread.Alerted[mode] == 0)
            return false;
        thread.Alerted.Set(mode, 0);
        return true;
    }

    private bool MarkUserApc(View<KTHREAD> thread, sbyte mode)
    {
        View<KAPC_STATE> state = thread.ApcState;
        if (mode != UserMode || Memory.IsListEmpty(state.ApcListHead.AddressOf(1)))
            return false;
        state.UserApcPending = true;
        return true;
    }
}
