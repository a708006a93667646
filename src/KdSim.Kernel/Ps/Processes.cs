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

    /// <summary>A process without threads, with the images, PEB and loader data in its user half.</summary>
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
        process.AddressSpaceInitialized = 1;
        Kernel.UserEnvironment.Create(process, name);
        Memory.InsertTail(Kernel.Data(Datum.PsActiveProcessHead), process.ActiveProcessLinksView.Address);
        Observer?.ProcessCreated(Cpu.Number, process.Address, name);
        return process;
    }

    /// <summary>The first thread of the process is about to run: asks the routines of PsSetCreateProcessNotifyRoutine. An error refuses the process.</summary>
    public async KTask<NtStatus> AnnounceStart(Ptr<EPROCESS> process)
    {
        View<PS_CREATE_NOTIFY_INFO> info = Guest.Scratch<PS_CREATE_NOTIFY_INFO>();
        View<UNICODE_STRING> path = Guest.Scratch<UNICODE_STRING>(), command = Guest.Scratch<UNICODE_STRING>();
        CopyNames(process, path, command);
        info.Size = PS_CREATE_NOTIFY_INFO.SizeOf;
        info.ParentProcessId = process.View.InheritedFromUniqueProcessId;
        info.CreatingThreadId = Kernel.KernelObjects.Thread.Cid;
        info.FileOpenNameAvailable = true;
        info.ImageFileName = path.Ptr;
        info.CommandLine = command.Ptr;
        NtStatus status = await Kernel.Notifications.ProcessCreated(
            process, process.View.InheritedFromUniqueProcessId, process.View.UniqueProcessId, info.Ptr);
        Kernel.Objects.FreeString(path.Read());
        Kernel.Objects.FreeString(command.Read());
        return status;
    }

    /// <summary>In the new process: tells of the program and of the system DLL.</summary>
    public async KTask AnnounceImages(Ptr<EPROCESS> process)
    {
        const uint AddressingMode = 3;
        View<IMAGE_INFO> info = Guest.Scratch<IMAGE_INFO>();
        View<UNICODE_STRING> name = Guest.Scratch<UNICODE_STRING>();
        for (ulong entry = FirstModule(process); entry != LastModule(process); entry = Memory.ReadU64(entry))
        {
            View<LDR_DATA_TABLE_ENTRY> module = new(entry);
            name.Write(Kernel.Objects.NewString(Kernel.Objects.ReadName(module.FullDllName)));
            info.Clear();
            info.Properties = AddressingMode;
            info.ImageBase = module.DllBase;
            info.ImageSize = module.SizeOfImage;
            await Kernel.Notifications.ImageLoaded(name.Address, process.View.UniqueProcessId, info.Address);
            Kernel.Objects.FreeString(name.Read());
        }
    }

    /// <summary>The last thread of the process ends: waits for others that are on their way out, and tells those who asked.</summary>
    public async KTask BeginExit(Ptr<EPROCESS> ending, NtStatus status)
    {
        while (OtherThread(ending) is var other && other != 0)
        {
            Kernel.Objects.Reference(other);
            await Kernel.Waits.For(other);
            await Kernel.Objects.Dereference(other);
        }
        View<EPROCESS> process = ending;
        process.ProcessExiting = true;
        if (process.ExitStatus == NtStatus.Pending)
            process.ExitStatus = status;
        if (process.CreateReported)
            await Kernel.Notifications.ProcessCreated(ending, ending.View.InheritedFromUniqueProcessId, ending.View.UniqueProcessId, default);
    }

    /// <summary>The last thing that others can see of a process before its end.</summary>
    public async KTask CloseHandles(Ptr<EPROCESS> ending)
    {
        while (Kernel.HandleTables.NextInUse(new(ending.View.ObjectTable), 0) is var handle and not 0)
            await Kernel.HandleRoutines.Close(new(ending.View.ObjectTable), handle);
        View<EPROCESS> process = ending;
        Kernel.HandleTables.Delete(new(process.ObjectTable));
        process.ObjectTable = default;
        Observer?.ProcessExited(Cpu.Number, process.Address, (uint)process.ExitStatus);
    }

    /// <summary>The process is over: it is signalled and off the list. Its object, with the top page table, stays until the last reference goes.</summary>
    public void EndExit(View<EPROCESS> process)
    {
        if (process.NumberOfLockedPages != 0)
            throw new GuestBugCheck(BugCheckCode.PROCESS_HAS_LOCKED_PAGES, 0, process.Address, process.NumberOfLockedPages);
        process.Peb = default;
        process.VmDeleted = true;
        process.ExitTime = new LARGE_INTEGER { QuadPart = Kernel.Clock.SystemTime };
        Memory.RemoveEntry(process.ActiveProcessLinksView.Address);
        View<DISPATCHER_HEADER> header = process.Pcb.Header;
        header.SignalState = 1;
        Kernel.Dispatch.Signal(header, 0);
    }

    /// <summary>The type's DeleteProcedure: nobody refers to the process any more. One that never had a thread still has all it was made with.</summary>
    [NtRoutine("PspProcessDelete")]
    public void PspProcessDelete(Ptr<EPROCESS> Object)
    {
        View<EPROCESS> process = Object;
        ulong root = process.Pcb.DirectoryTableBase;
        if (!process.VmDeleted)
        {
            Kernel.PageTables.ClearUserHalf(root);
            Kernel.HandleTables.Delete(new(process.ObjectTable));
            Memory.RemoveEntry(process.ActiveProcessLinksView.Address);
        }
        Kernel.PhysicalPages.Free(root);
    }

    /// <summary>Gives back the reference of a thread that is gone. Any IRQL: neither step calls anything.</summary>
    internal void Release(Ptr<EPROCESS> process)
    {
        View<OBJECT_HEADER> header = Ob.Objects.HeaderOf(process);
        if (--header.PointerCount != 0)
            return;
        PspProcessDelete(process);
        Kernel.Objects.Free(process);
    }

    private ulong OtherThread(View<EPROCESS> process)
    {
        foreach (ulong entry in Memory.Walk(process.ThreadListHeadView.Address))
            if (View<ETHREAD>.Containing(entry, ETHREAD.Offsets.ThreadListEntry).Address is var thread && thread != Kernel.KernelObjects.Thread.Address)
                return thread;
        return 0;
    }

    private void CopyNames(Ptr<EPROCESS> process, View<UNICODE_STRING> path, View<UNICODE_STRING> command)
    {
        ulong current = Cpu.State.Cr3;
        Cpu.State.Cr3 = process.View.Pcb.DirectoryTableBase;
        View<RTL_USER_PROCESS_PARAMETERS> parameters = process.View.Peb.View.ProcessParameters;
        string image = Kernel.Objects.ReadName(parameters.ImagePathName), line = Kernel.Objects.ReadName(parameters.CommandLine);
        Cpu.State.Cr3 = current;
        path.Write(Kernel.Objects.NewString(@"\??\" + image));
        command.Write(Kernel.Objects.NewString(line));
    }

    private ulong FirstModule(Ptr<EPROCESS> process) => Memory.ReadU64(LastModule(process));

    private static ulong LastModule(Ptr<EPROCESS> process) => process.View.Peb.View.Ldr.View.InLoadOrderModuleListView.Address;
}
