using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>Threads that drivers make: with a handle, in the System process unless they name another. PASSIVE_LEVEL.</summary>
public sealed class SystemThreads(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint CreateThreadAccess = 2;          // PROCESS_CREATE_THREAD

    [NtExport("PsCreateSystemThread", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> PsCreateSystemThread(Ptr<ulong> ThreadHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes,
        ulong ProcessHandle, Ptr<CLIENT_ID> ClientId, ulong StartRoutine, ulong StartContext)
    {
        const uint KernelHandle = 0x200;
        ulong owner = Kernel.InitialThreads.SystemProcess.Address;
        uint attributes = ObjectAttributes.IsNull ? 0 : ObjectAttributes.View.Attributes;
        if (ProcessHandle != 0)
        {
            ulong type = Memory.ReadU64(Kernel.Data(Datum.PsProcessType));
            NtStatus status = Kernel.HandleRoutines.Resolve(ProcessHandle, CreateThreadAccess, type, 0, out owner, out _, out _);
            if (!status.IsSuccess)
                return status;
        }
        Ptr<ETHREAD> thread = TryCreate(new View<EPROCESS>(owner), StartRoutine, StartContext).Ptr;
        if (ProcessHandle != 0)
            await Kernel.Objects.Dereference(owner);    // its thread keeps it
        if (thread.IsNull)
            return NtStatus.InsufficientResources;
        uint access = Kernel.ObjectTypes.MapAccess(Ob.ObjectKind.Thread, DesiredAccess);
        Kernel.Objects.Reference(thread);
        ulong handle = Kernel.HandleTables.Insert(thread, access, attributes, (attributes & KernelHandle) != 0);
        if (handle == 0)
        {
            Kernel.Threads.Discard(thread);
            await Kernel.Objects.Dereference(thread);
            return NtStatus.InsufficientResources;
        }
        ThreadHandle.Write(handle);
        if (!ClientId.IsNull)
            ClientId.Write(thread.View.Cid);
        await Kernel.Threads.Start(thread);
        return NtStatus.Success;
    }

    private View<ETHREAD> TryCreate(View<EPROCESS> process, ulong routine, ulong context) =>
        Kernel.Threads.TryCreate(process, Kernel.Stubs.AddressOf(Stub.PspSystemThreadStartup), routine, context, routine);
}
