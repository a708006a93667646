using System.Text;
using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>User processes: an address space whose upper half is the system's, a handle table, a place in PsActiveProcessHead. PASSIVE_LEVEL.</summary>
public sealed class Processes(NtKernel kernel) : KernelComponent(kernel)
{
    private const sbyte NormalPriority = 8;
    private const int LongestName = 14;

    /// <summary>A process without threads, and with nothing in its user half.</summary>
    public View<EPROCESS> Create(string name)
    {
        View<EPROCESS> process = new(Kernel.Objects.Allocate(Ob.ObjectKind.Process, EPROCESS.SizeOf));
        string shown = name.Length <= LongestName ? name : name[..LongestName];
        Kernel.InitialThreads.Initialize(process, Kernel.Threads.NextId(), NormalPriority, Encoding.ASCII.GetBytes(shown));
        View<KPROCESS> control = process.Pcb;
        control.DirectoryTableBase = Kernel.PageTables.CreateProcessRoot(Kernel.SystemRoot);
        process.CreateTime = new LARGE_INTEGER { QuadPart = Kernel.Clock.SystemTime };
        process.InheritedFromUniqueProcessId = Kernel.InitialThreads.SystemProcess.UniqueProcessId;
        process.ExitStatus = NtStatus.Pending;
        process.ObjectTable = Kernel.HandleTables.Create(process).Ptr;
        Memory.InsertTail(Kernel.Data(Datum.PsActiveProcessHead), process.ActiveProcessLinksView.Address);
        Observer?.ProcessCreated(Cpu.Number, process.Address, name);
        return process;
    }

    /// <summary>The last thread of the process is about to end: closes its handles and takes it off the list. Its pages stay until the object goes.</summary>
    public async KTask Exit(Ptr<EPROCESS> ending, NtStatus status)
    {
        while (Kernel.HandleTables.NextInUse(new(ending.View.ObjectTable), 0) is var handle and not 0)
            await Kernel.HandleRoutines.Close(new(ending.View.ObjectTable), handle);
        View<EPROCESS> process = ending;
        Kernel.HandleTables.Delete(new(process.ObjectTable));
        process.ObjectTable = default;
        process.ExitStatus = status;
        process.ExitTime = new LARGE_INTEGER { QuadPart = Kernel.Clock.SystemTime };
        Memory.RemoveEntry(process.ActiveProcessLinksView.Address);
        View<DISPATCHER_HEADER> header = process.Pcb.Header;
        header.SignalState = 1;
        Kernel.Dispatch.Signal(header, 0);
        Observer?.ProcessExited(Cpu.Number, process.Address, (uint)status);
    }
}
