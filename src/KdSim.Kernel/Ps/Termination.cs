using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>
/// The end of threads and processes. A thread ends only in its own context: others ask it to by a user APC, so that one that waits in kernel mode stays until
/// it is done. The last thread takes the process with it. PASSIVE_LEVEL.
/// </summary>
public sealed class Termination(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint TerminateAccess = 1;             // PROCESS_TERMINATE, THREAD_TERMINATE
    private const uint Tag = 0x78457350;                // "PsEx"
    private const sbyte UserMode = 1;
    private const int LongestName = 15;

    /// <summary>Ends the running thread; never comes back.</summary>
    [NtRoutine("PspExitThread", MaxIrql = Irql.Passive)]
    public async KTask PspExitThread(NtStatus ExitStatus)
    {
        View<KTHREAD> leaving = Kernel.Processors.CurrentThread;
        if (leaving.ApcStateIndex != 0)
            throw new GuestBugCheck(BugCheckCode.INVALID_PROCESS_ATTACH_ATTEMPT, leaving.ApcState.Process, leaving.Process, leaving.ApcStateIndex);
        if (leaving.CombinedApcDisable != 0)
            throw new GuestBugCheck(BugCheckCode.KERNEL_APC_PENDING_DURING_EXIT, 0, leaving.CombinedApcDisable, CurrentIrql);
        View<ETHREAD> thread = leaving.As<ETHREAD>();
        Ptr<EPROCESS> process = new(leaving.Process.Address);
        bool isLast = Threads.CountDown(process) == 0 && process.View.Pcb.DirectoryTableBase != Kernel.SystemRoot;
        thread.ExitStatus = ExitStatus;
        thread.Terminated = true;
        CLIENT_ID id = thread.Cid;
        await Kernel.Notifications.ThreadCreated(id.UniqueProcess, id.UniqueThread, false);
        if (isLast)
            await Kernel.Processes.BeginExit(process, ExitStatus);
        await Guest.Call(Stub.IoCancelThreadIo);
        if (isLast)
            await Kernel.Processes.CloseHandles(process);
        await Kernel.Apcs.RunDown(Kernel.Processors.CurrentThread.Ptr);
        await Kernel.ScenarioThreads.Ended(Kernel.KernelObjects.Thread.Ptr);
        Kernel.Mutants.ThreadEnds(Kernel.Processors.CurrentThread);
        Kernel.Queues.Leave(Kernel.Processors.CurrentThread);
        ReleaseUserMemory(Kernel.Processors.CurrentThread, process, isLast);
        Kernel.Threads.Leave(Kernel.Processors.CurrentThread.As<ETHREAD>(), ExitStatus);
        if (isLast)
            Kernel.Processes.EndExit(process);
        Observer?.ThreadExited(Cpu.Number, Kernel.Processors.CurrentThread.Address, (uint)ExitStatus);
        await Kernel.Scheduler.SwitchAway();
        throw new InvalidOperationException("a terminated thread ran");
    }

    [NtExport("NtTerminateThread", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtTerminateThread(ulong ThreadHandle, NtStatus ExitStatus)
    {
        ulong type = Memory.ReadU64(Kernel.Data(Datum.PsThreadType));
        NtStatus status = Kernel.HandleRoutines.Resolve(ThreadHandle, TerminateAccess, type, Kernel.KernelObjects.PreviousMode, out ulong body, out _, out _);
        if (!status.IsSuccess)
            return status;
        bool isOwn = body == Kernel.KernelObjects.Thread.Address;
        status = isOwn ? NtStatus.Success : Ask(new View<ETHREAD>(body), ExitStatus);
        await Kernel.Objects.Dereference(body);
        if (isOwn)
            await Guest.Call(Stub.PspExitThread, (uint)ExitStatus);
        return status;
    }

    /// <summary>Ends a process; handle 0 ends all threads of the caller's own but the caller.</summary>
    [NtExport("NtTerminateProcess", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtTerminateProcess(ulong ProcessHandle, NtStatus ExitStatus)
    {
        if (ProcessHandle == 0)
        {
            AskOthers(Kernel.KernelObjects.Process, ExitStatus);
            return NtStatus.Success;
        }
        ulong type = Memory.ReadU64(Kernel.Data(Datum.PsProcessType));
        NtStatus status = Kernel.HandleRoutines.Resolve(ProcessHandle, TerminateAccess, type, Kernel.KernelObjects.PreviousMode, out ulong body, out _, out _);
        if (!status.IsSuccess)
            return status;
        bool isOwn = body == Kernel.KernelObjects.Process.Address;
        if (!isOwn)
            AskOthers(new View<EPROCESS>(body), ExitStatus);
        await Kernel.Objects.Dereference(body);
        if (isOwn)
            await EndProcess(ExitStatus);
        return NtStatus.Success;
    }

    /// <summary>Ends the process of the running thread, which ends at once; never comes back.</summary>
    public async KTask EndProcess(NtStatus status)
    {
        if (CurrentIrql != Irql.Passive)
            Cpu.SetCr8(Irql.Passive);
        AskOthers(Kernel.KernelObjects.Process, status);
        await Guest.Call(Stub.PspExitThread, (uint)status);
    }

    /// <summary>An exception of user mode that no handler takes, since programs have none: the debugger hears of it. False: its process is to end.</summary>
    [NtRoutine("DbgkForwardException")]
    public bool DbgkForwardException(Ptr<EXCEPTION_RECORD> ExceptionRecord, bool DebugException, bool SecondChance)
    {
        View<EXCEPTION_RECORD> record = ExceptionRecord;
        string image = Memory.ReadAnsi(Kernel.KernelObjects.Process.Address + EPROCESS.Offsets.ImageFileName, LongestName);
        string text = record.ExceptionCode == NtStatus.AccessViolation
            ? $"*** An Access Violation occurred in {image}:\n*** The instruction at {record.ExceptionAddress:X16} tried to " +
              $"{Verb(record)} an invalid address, {record.ExceptionInformation[1]:X16}\n"
            : $"*** Unhandled exception 0x{(uint)record.ExceptionCode:x8}, hit in {image} at {record.ExceptionAddress:X16}\n";
        Kernel.DebugPrinting.Transmit(Dbg.ComponentMasks.Default, Dbg.ComponentMasks.Error, text);
        return false;
    }

    private static string Verb(View<EXCEPTION_RECORD> record) =>
        record.ExceptionInformation[0] switch { 0 => "read from", 1 => "write to", _ => "execute" };

    /// <summary>The kernel routine of the APC by which a thread was asked to end: it never comes back.</summary>
    [NtRoutine("PsExitSpecialApc", MaxIrql = Irql.Apc)]
    public async KTask PsExitSpecialApc(Ptr<KAPC> Apc, Ptr<ulong> NormalRoutine, Ptr<ulong> NormalContext)
    {
        NtStatus status = (NtStatus)(uint)NormalContext.Read();
        Kernel.Pool.Free(Apc);
        Cpu.SetCr8(Irql.Passive);
        await Guest.Call(Stub.PspExitThread, (uint)status);
    }

    private void AskOthers(View<EPROCESS> process, NtStatus status)
    {
        if (process.ExitStatus == NtStatus.Pending)
            process.ExitStatus = status;
        foreach (ulong entry in Memory.Walk(process.ThreadListHeadView.Address))
            if (View<ETHREAD>.Containing(entry, ETHREAD.Offsets.ThreadListEntry) is var thread && thread.Address != Kernel.KernelObjects.Thread.Address)
                Ask(thread, status);
    }

    /// <summary>Queues the APC that ends a thread: it ends a wait of user mode, and is delivered before the thread's next instruction there.</summary>
    private NtStatus Ask(View<ETHREAD> thread, NtStatus status)
    {
        View<KTHREAD> control = thread.Tcb;
        if (control.SystemThread)
            return NtStatus.InvalidParameter;
        if (thread.Terminated || control.TerminationApcRequest)
            return NtStatus.Success;
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, KAPC.SizeOf, Tag);
        if (block == 0)
            return NtStatus.InsufficientResources;
        control.TerminationApcRequest = true;
        ulong routine = Kernel.Stubs.AddressOf(Stub.PsExitSpecialApc);
        Kernel.Apcs.KeInitializeApc(new Ptr<KAPC>(block), control, KAPC_ENVIRONMENT.OriginalApcEnvironment, routine,
            Kernel.Stubs.AddressOf(Stub.PspQueueApcSpecialApc), routine, UserMode, (uint)status);
        Kernel.Apcs.InsertUrgent(new Ptr<KAPC>(block));
        return NtStatus.Success;
    }

    private void ReleaseUserMemory(View<KTHREAD> thread, Ptr<EPROCESS> process, bool isLast)
    {
        ulong teb = thread.Teb;
        if (teb == 0)
            return;
        thread.Teb = 0;
        if (isLast)
            Kernel.PageTables.ClearUserHalf(process.View.Pcb.DirectoryTableBase);
        else
            Kernel.UserEnvironment.DeleteTeb(process, teb);
    }
}
