using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>
/// The System and Idle processes and the idle thread of each processor, which stand in nt's own data, and the first real thread, which runs
/// nt!Phase1Initialization.
/// </summary>
[NtData("KiInitialProcess", EPROCESS.SizeOf, Type = "_EPROCESS")]
[NtData("KiInitialThread", ETHREAD.SizeOf * 8)]
[NtData("PsInitialSystemProcess", 8, IsExported = true)]
[NtData("PsIdleProcess", 8)]
[NtData("PsActiveProcessHead", 16, Type = "_LIST_ENTRY")]
public sealed class InitialThreads(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong SystemId = 4;
    private const sbyte NormalPriority = 8;

    public View<EPROCESS> SystemProcess => new(Memory.ReadU64(Kernel.Data(Datum.PsInitialSystemProcess)));

    /// <summary>Creates the idle thread of a processor (and the first processes, at the first) as the running one.</summary>
    internal ulong Create(int processor, View<KPRCB> prcb, ulong stack)
    {
        View<EPROCESS> idle = new(Kernel.Data(Datum.KiInitialProcess));
        if (processor == 0)
            CreateProcesses(idle);
        View<KTHREAD> thread = new(Kernel.Data(Datum.KiInitialThread) + (ulong)(processor * ETHREAD.SizeOf));
        Kernel.Threads.InitializeControl(thread, idle, stack);
        thread.Running = true;
        thread.State = (byte)KTHREAD_STATE.Running;
        thread.Affinity = 1UL << processor;
        thread.NextProcessor = thread.IdealProcessor = (uint)processor;
        prcb.CurrentThread = thread.Ptr;
        prcb.IdleThread = thread.Ptr;
        return thread.Address;
    }

    /// <summary>Switches the first processor from its idle thread to a system thread that runs this routine.</summary>
    internal void StartFirst(ulong routine)
    {
        View<KTHREAD> thread = Kernel.Threads.TryCreateSystem(routine, 0).Tcb;
        thread.Affinity = 1; // as NT's, the initial thread stays on the boot processor
        View<KPRCB> prcb = Kernel.Processors.Block(0);
        Kernel.ContextSwitch.Swap(prcb, prcb.IdleThread, thread);
    }

    private void CreateProcesses(View<EPROCESS> idle)
    {
        Memory.InitializeList(Kernel.Data(Datum.PsActiveProcessHead));
        Initialize(idle, 0, 0, "Idle"u8);
        Memory.WriteU64(Kernel.Data(Datum.PsInitialSystemProcess), Kernel.Objects.Allocate(Ob.ObjectKind.Process, EPROCESS.SizeOf));
        Initialize(SystemProcess, SystemId, NormalPriority, "System"u8);
        Memory.InsertTail(Kernel.Data(Datum.PsActiveProcessHead), SystemProcess.ActiveProcessLinksView.Address);
        Memory.WriteU64(Kernel.Data(Datum.PsIdleProcess), idle.Address);
    }

    internal void Initialize(View<EPROCESS> process, ulong id, sbyte priority, ReadOnlySpan<byte> name)
    {
        View<KPROCESS> control = process.Pcb;
        Kernel.Dispatch.InitializeHeader(control.Header, KOBJECTS.ProcessObject, KPROCESS.SizeOf, 0);
        Memory.InitializeList(control.ThreadListHeadView.Address);
        Memory.InitializeList(control.ReadyListHeadView.Address);
        Memory.InitializeList(control.ProfileListHeadView.Address);
        Memory.InitializeList(process.ThreadListHeadView.Address);
        control.DirectoryTableBase = Kernel.SystemRoot;
        control.BasePriority = priority;
        control.Affinity = Kernel.Processors.ActiveMask;
        process.UniqueProcessId = id;
        Memory.Write(process.Address + EPROCESS.Offsets.ImageFileName, name);
    }
}
