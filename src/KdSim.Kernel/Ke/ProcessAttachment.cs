using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// A thread in the address space of another process: its own APC state waits in KTHREAD.SavedApcState, an outer attachment's in the caller's KAPC_STATE.
/// Below DISPATCH_LEVEL.
/// </summary>
public sealed class ProcessAttachment(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>KAPC_STATE.Process of a caller that was in that process already.</summary>
    private const ulong NothingToDo = 1;

    private View<KTHREAD> Thread => Kernel.Processors.CurrentThread;

    [NtExport("KeAttachProcess", MaxIrql = Irql.Apc)]
    public void KeAttachProcess(Ptr<KPROCESS> Process)
    {
        View<KTHREAD> thread = Thread;
        if (thread.ApcState.Process.Address == Process.Address)
            return;
        Check(Process);
        if (thread.ApcStateIndex != 0)
            throw new GuestBugCheck(BugCheckCode.INVALID_PROCESS_ATTACH_ATTEMPT, Process, thread.ApcState.Process, thread.ApcStateIndex);
        Enter(thread, Process, thread.SavedApcState);
    }

    [NtExport("KeDetachProcess", MaxIrql = Irql.Apc)]
    public void KeDetachProcess()
    {
        View<KTHREAD> thread = Thread;
        if (thread.ApcStateIndex != 0)
            Leave(thread, thread.SavedApcState, isOutermost: true);
    }

    [NtExport("KeStackAttachProcess", MaxIrql = Irql.Apc)]
    public void KeStackAttachProcess(Ptr<KPROCESS> Process, Ptr<KAPC_STATE> ApcState)
    {
        View<KTHREAD> thread = Thread;
        View<KAPC_STATE> outer = ApcState;
        Check(Process);
        if (thread.ApcState.Process.Address == Process.Address)
        {
            outer.Process = (Ptr<KPROCESS>)NothingToDo;
        }
        else if (thread.ApcStateIndex != 0)
        {
            Enter(thread, Process, outer);
        }
        else
        {
            outer.Process = default;
            Enter(thread, Process, thread.SavedApcState);
        }
    }

    [NtExport("KeUnstackDetachProcess", MaxIrql = Irql.Apc)]
    public void KeUnstackDetachProcess(Ptr<KAPC_STATE> ApcState)
    {
        View<KTHREAD> thread = Thread;
        View<KAPC_STATE> outer = ApcState;
        if (outer.Process.Address == NothingToDo)
            return;
        bool isOutermost = outer.Process.IsNull;
        Leave(thread, isOutermost ? thread.SavedApcState : outer, isOutermost);
    }

    private void Enter(View<KTHREAD> thread, View<KPROCESS> process, View<KAPC_STATE> saved)
    {
        View<KAPC_STATE> state = thread.ApcState;
        Move(state, saved);
        Memory.InitializeList(state.ApcListHead.AddressOf(0));
        Memory.InitializeList(state.ApcListHead.AddressOf(1));
        state.Process = process;
        state.KernelApcInProgress = state.KernelApcPending = state.UserApcPending = false;
        thread.ApcStateIndex = 1;
        Cpu.State.Cr3 = process.DirectoryTableBase;
    }

    private void Leave(View<KTHREAD> thread, View<KAPC_STATE> saved, bool isOutermost)
    {
        View<KAPC_STATE> state = thread.ApcState;
        bool isBusy = state.KernelApcInProgress || !Memory.IsListEmpty(state.ApcListHead.AddressOf(0)) || !Memory.IsListEmpty(state.ApcListHead.AddressOf(1));
        if (thread.ApcStateIndex == 0 || isBusy)
            throw new GuestBugCheck(BugCheckCode.INVALID_PROCESS_DETACH_ATTEMPT);
        Move(saved, state);
        if (isOutermost)
        {
            saved.Process = default;
            thread.ApcStateIndex = 0;
        }
        Cpu.State.Cr3 = state.Process.View.DirectoryTableBase;
        Kernel.Apcs.RequestWaiting(thread);
    }

    private void Check(ulong process)
    {
        View<KPRCB> prcb = Kernel.Processors.Current;
        View<KTHREAD> thread = Thread;
        if (prcb.DpcRoutineActive)
            throw new GuestBugCheck(BugCheckCode.INVALID_PROCESS_ATTACH_ATTEMPT, process, thread.ApcState.Process, thread.ApcStateIndex, 1);
    }

    /// <summary>The lists' heads move: their entries are linked to the new ones.</summary>
    private void Move(View<KAPC_STATE> from, View<KAPC_STATE> to)
    {
        to.Process = from.Process;
        to.KernelApcInProgress = from.KernelApcInProgress;
        to.KernelApcPending = from.KernelApcPending;
        to.UserApcPending = from.UserApcPending;
        for (int mode = 0; mode < 2; mode++)
        {
            ulong source = from.ApcListHead.AddressOf(mode), target = to.ApcListHead.AddressOf(mode);
            Memory.InitializeList(target);
            if (Memory.IsListEmpty(source))
                continue;
            ulong first = Memory.ReadU64(source), last = Memory.ReadU64(source + 8);
            Memory.WriteU64(target, first);
            Memory.WriteU64(target + 8, last);
            Memory.WriteU64(first + 8, target);
            Memory.WriteU64(last, target);
        }
    }
}
