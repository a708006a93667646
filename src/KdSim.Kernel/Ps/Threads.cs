using KdSim.Kernel.Ke;
using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>
/// Creating and ending threads. A thread ends only in its own context; its stack is given back when another one runs (PsReaperListHead).
/// </summary>
[NtData("PsReaperListHead", 16, Type = "_LIST_ENTRY")]
[NtData("PspNextUniqueId", 8)]
public sealed class Threads(NtKernel kernel) : KernelComponent(kernel)
{
    public const int StackSize = 0x6000;
    private const sbyte NormalPriority = 8;

    private ulong Reaper => Kernel.Data(Datum.PsReaperListHead);

    /// <summary>
    /// A thread that is not ready yet: it will begin by calling <paramref name="startup"/> with two arguments, in kernel mode. Default if memory runs out.
    /// </summary>
    public View<ETHREAD> TryCreate(View<EPROCESS> process, ulong startup, ulong first, ulong second, ulong startAddress)
    {
        View<ETHREAD> thread = CreateObject(process, startAddress);
        View<KTHREAD> control = thread.Tcb;
        ulong rsp = control.InitialStack - 0x40; // Home space and a zero return address above: the end of the stack.
        Kernel.ContextSwitch.PrepareStart(control, Kernel.Stubs.AddressOf(Stub.KiStartSystemThread), rsp, startup, first, second);
        return thread;
    }

    /// <summary>A thread with a kernel stack and nothing on it.</summary>
    internal View<ETHREAD> CreateObject(View<EPROCESS> process, ulong startAddress)
    {
        View<ETHREAD> thread = new(Kernel.Objects.Allocate(ObjectKind.Thread, ETHREAD.SizeOf));
        Kernel.Objects.Reference(process.Address);
        InitializeControl(thread.Tcb, process, Kernel.SystemMemory.CreateStack(StackSize));
        InitializeExecutive(thread, process, startAddress);
        return thread;
    }

    /// <summary>A thread of the System process in kernel code that runs <paramref name="routine"/> and ends with it.</summary>
    public View<ETHREAD> TryCreateSystem(ulong routine, ulong context) =>
        TryCreate(Kernel.InitialThreads.SystemProcess, Kernel.Stubs.AddressOf(Stub.PspSystemThreadStartup), routine, context, routine);

    /// <summary>Tells those who asked, and lets the thread run.</summary>
    public async KTask Start(Ptr<ETHREAD> thread)
    {
        Observer?.ThreadCreated(Cpu.Number, thread, thread.View.Tcb.Process.Address);
        CLIENT_ID id = thread.View.Cid;
        await Kernel.Notifications.ThreadCreated(id.UniqueProcess, id.UniqueThread, true);
        Kernel.Scheduler.Ready(thread.View.Tcb);
    }

    [NtRoutine("PspSystemThreadStartup")]
    public async KTask PspSystemThreadStartup(ulong StartRoutine, ulong StartContext)
    {
        await Guest.Call(StartRoutine, StartContext);
        if (CurrentIrql != Irql.Passive)
            throw new GuestBugCheck(BugCheckCode.IRQL_NOT_LESS_OR_EQUAL, StartRoutine, CurrentIrql, 8, StartRoutine);
        await Guest.Call(Stub.PspExitThread, 0);
    }

    [NtExport("PsTerminateSystemThread", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> PsTerminateSystemThread(NtStatus ExitStatus)
    {
        if (!Kernel.Processors.CurrentThread.SystemThread)
            return NtStatus.InvalidParameter;
        await Guest.Call(Stub.PspExitThread, (uint)ExitStatus);
        return NtStatus.Success;
    }

    /// <summary>Takes back a thread that was never started.</summary>
    internal void Discard(Ptr<ETHREAD> thread)
    {
        CountDown(new View<EPROCESS>(thread.View.Tcb.Process.Address));
        Leave(thread, NtStatus.InsufficientResources);
    }

    /// <summary>Gives back the stacks of terminated threads that no processor runs any more.</summary>
    internal void Reap()
    {
        foreach (ulong entry in Memory.Walk(Reaper))
        {
            View<KTHREAD> thread = View<KTHREAD>.Containing(entry, KTHREAD.Offsets.QueueListEntry);
            if (thread.Running)
                continue;
            Memory.RemoveEntry(entry);
            Kernel.SystemMemory.DeleteStack(thread.StackBase, StackSize);
            thread.KernelStack = 0;
            thread.InitialStack = 0;
            Dereference(thread.Address);
        }
    }

    internal void Initialize()
    {
        Memory.InitializeList(Reaper);
        Memory.WriteU64(Kernel.Data(Datum.PspNextUniqueId), 8);
        View<OBJECT_TYPE_INITIALIZER> thread = Kernel.ObjectTypes.Of(ObjectKind.Thread).TypeInfo, process = Kernel.ObjectTypes.Of(ObjectKind.Process).TypeInfo;
        thread.DeleteProcedure = Kernel.Stubs.AddressOf(Stub.PspThreadDelete);
        process.DeleteProcedure = Kernel.Stubs.AddressOf(Stub.PspProcessDelete);
    }

    internal ulong NextId()
    {
        ulong slot = Kernel.Data(Datum.PspNextUniqueId), id = Memory.ReadU64(slot);
        Memory.WriteU64(slot, id + 4);
        return id;
    }

    internal void InitializeControl(View<KTHREAD> thread, View<EPROCESS> process, ulong stack)
    {
        View<KPROCESS> owner = process.Pcb;
        Kernel.Dispatch.InitializeHeader(thread.Header, KOBJECTS.ThreadObject, KTHREAD.SizeOf, 0);
        Memory.InitializeList(thread.MutantListHeadView.Address);
        View<KAPC_STATE> apcs = thread.ApcState;
        Memory.InitializeList(apcs.ApcListHead.AddressOf(0));
        Memory.InitializeList(apcs.ApcListHead.AddressOf(1));
        apcs.Process = owner;
        Kernel.Timers.Initialize(thread.Timer, TIMER_TYPE.NotificationTimer);
        thread.ApcQueueable = true;
        thread.StackBase = stack;
        thread.InitialStack = stack;
        thread.StackLimit = stack - StackSize;
        thread.Process = owner;
        thread.BasePriority = owner.BasePriority;
        thread.Priority = owner.BasePriority;
        thread.Affinity = owner.Affinity;
        thread.State = (byte)KTHREAD_STATE.Initialized;
        thread.WaitTime = (uint)Kernel.Clock.TickCount;
        thread.SystemThread = true;
        Kernel.Scheduler.GiveQuantum(thread, 0);
        Memory.InsertTail(owner.ThreadListHeadView.Address, thread.ThreadListEntryView.Address);
    }

    private void InitializeExecutive(View<ETHREAD> thread, View<EPROCESS> process, ulong startAddress)
    {
        View<KTHREAD> control = thread.Tcb;
        ulong id = NextId();
        control.IdealProcessor = control.NextProcessor = (uint)(id / 4 % (ulong)Kernel.Processors.Count);
        thread.Cid = new CLIENT_ID { UniqueProcess = process.UniqueProcessId, UniqueThread = id };
        thread.CreateTime = new LARGE_INTEGER { QuadPart = Kernel.Clock.SystemTime };
        thread.StartAddress = startAddress;
        thread.Win32StartAddress = startAddress;
        thread.ThreadInserted = true;
        Memory.InitializeList(thread.PostBlockListView.Address);
        Memory.InitializeList(thread.ActiveTimerListHeadView.Address);
        Memory.InitializeList(thread.IrpListView.Address);
        Kernel.Semaphores.KeInitializeSemaphore(thread.KeyedWaitSemaphore.Ptr, 0, 1);
        Memory.InsertTail(process.ThreadListHeadView.Address, thread.ThreadListEntryView.Address);
        process.ActiveThreads++;
    }

    /// <summary>One thread less; returns how many are left.</summary>
    internal static uint CountDown(View<EPROCESS> process) => process.ActiveThreads -= 1;

    /// <summary>The thread is over: off the lists of its process, signalled, its stack for the reaper.</summary>
    internal void Leave(View<ETHREAD> thread, NtStatus status)
    {
        View<KTHREAD> control = thread.Tcb;
        View<EPROCESS> process = new(control.Process.Address);
        thread.ExitStatus = status;
        thread.ExitTime = new LARGE_INTEGER { QuadPart = Kernel.Clock.SystemTime };
        thread.Terminated = true;
        control.ApcQueueable = false;
        Memory.RemoveEntry(thread.ThreadListEntryView.Address);
        Memory.RemoveEntry(control.ThreadListEntryView.Address);
        process.LastThreadExitStatus = (int)status;
        control.State = (byte)KTHREAD_STATE.Terminated;
        control.WaitReason = (byte)KWAIT_REASON.WrTerminated;
        Memory.InsertTail(Reaper, control.QueueListEntryView.Address);
        View<DISPATCHER_HEADER> header = control.Header;
        header.SignalState = 1;
        Kernel.Dispatch.Signal(header, 0);
    }

    private void Dereference(ulong body)
    {
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        if (--header.PointerCount != 0)
            return;
        PspThreadDelete(new Ptr<ETHREAD>(body));
        Kernel.Objects.Free(body);
    }

    /// <summary>The type's DeleteProcedure: the thread has kept its process.</summary>
    [NtRoutine("PspThreadDelete")]
    public void PspThreadDelete(Ptr<ETHREAD> Object) => Kernel.Processes.Release(new Ptr<EPROCESS>(Object.View.Tcb.Process.Address));
}
