using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>The System process and the first thread of each processor, which stand in nt's own data: all that exists before the object manager.</summary>
[NtData("KiInitialProcess", EPROCESS.SizeOf, Type = "_EPROCESS")]
[NtData("KiInitialThread", ETHREAD.SizeOf * 8)]
[NtData("PsInitialSystemProcess", 8, IsExported = true)]
[NtData("PsIdleProcess", 8)]
[NtData("PsActiveProcessHead", 16, Type = "_LIST_ENTRY")]
public sealed class InitialThreads(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Creates the first thread of a processor (and the System process, at the first) as the running one.</summary>
    internal ulong Create(int processor, View<KPRCB> prcb, ulong stack)
    {
        ulong process = Kernel.Data(Datum.KiInitialProcess);
        if (processor == 0)
            CreateProcess(new View<EPROCESS>(process));
        View<KTHREAD> thread = new(Kernel.Data(Datum.KiInitialThread) + (ulong)(processor * ETHREAD.SizeOf));
        thread.StackBase = stack;
        thread.StackLimit = stack - 0x6000;
        thread.InitialStack = stack;
        thread.KernelStack = stack;
        thread.Process = (Ptr<KPROCESS>)process;
        thread.Running = true;
        thread.State = 2;
        thread.Affinity = 1UL << processor;
        prcb.CurrentThread = thread.Ptr;
        prcb.IdleThread = thread.Ptr;
        return thread.Address;
    }

    private void CreateProcess(View<EPROCESS> process)
    {
        View<KPROCESS> control = process.Pcb;
        control.DirectoryTableBase = Kernel.SystemRoot;
        ulong head = Kernel.Data(Datum.PsActiveProcessHead), links = process.ActiveProcessLinksView.Address;
        Memory.WriteU64(head, links);
        Memory.WriteU64(head + 8, links);
        Memory.WriteU64(links, head);
        Memory.WriteU64(links + 8, head);
        process.UniqueProcessId = 4;
        Memory.Write(process.Address + EPROCESS.Offsets.ImageFileName, "System"u8);
        Memory.WriteU64(Kernel.Data(Datum.PsInitialSystemProcess), process.Address);
        Memory.WriteU64(Kernel.Data(Datum.PsIdleProcess), process.Address);
    }
}
