using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>Routines that drivers register for new and ended processes and threads, and for loaded images. Each list has 64 places, served in order.</summary>
[NtData("PspCreateProcessNotifyRoutine", 64 * 16)]
[NtData("PspCreateThreadNotifyRoutine", 64 * 16)]
[NtData("PspLoadImageNotifyRoutine", 64 * 16)]
public sealed class Notifications(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Places = 64;
    private const int PlaceSize = 16;                   // the routine, and whether it takes PS_CREATE_NOTIFY_INFO
    private const ulong Extended = 1;

    [NtExport("PsSetCreateProcessNotifyRoutine", MaxIrql = Irql.Passive)]
    public NtStatus PsSetCreateProcessNotifyRoutine(ulong NotifyRoutine, bool Remove) =>
        Remove ? Take(Datum.PspCreateProcessNotifyRoutine, NotifyRoutine, 0) : Put(Datum.PspCreateProcessNotifyRoutine, NotifyRoutine, 0);

    [NtExport("PsSetCreateProcessNotifyRoutineEx", MaxIrql = Irql.Passive)]
    public NtStatus PsSetCreateProcessNotifyRoutineEx(ulong NotifyRoutine, bool Remove) => Remove
        ? Take(Datum.PspCreateProcessNotifyRoutine, NotifyRoutine, Extended)
        : Put(Datum.PspCreateProcessNotifyRoutine, NotifyRoutine, Extended);

    /// <summary>PsCreateProcessNotifySubsystems (0): the routine is of the Ex kind.</summary>
    [NtExport("PsSetCreateProcessNotifyRoutineEx2", MaxIrql = Irql.Passive)]
    public NtStatus PsSetCreateProcessNotifyRoutineEx2(uint NotifyType, ulong NotifyInformation, bool Remove) =>
        NotifyType == 0 ? PsSetCreateProcessNotifyRoutineEx(NotifyInformation, Remove) : NtStatus.InvalidParameter;

    /// <summary>PsCreateThreadNotifyNonSystem (0) and PsCreateThreadNotifySubsystems (1): all threads that are told of are of either kind.</summary>
    [NtExport("PsSetCreateThreadNotifyRoutineEx", MaxIrql = Irql.Passive)]
    public NtStatus PsSetCreateThreadNotifyRoutineEx(uint NotifyType, ulong NotifyInformation) =>
        NotifyType <= 1 ? PsSetCreateThreadNotifyRoutine(NotifyInformation) : NtStatus.InvalidParameter;

    [NtExport("PsSetLoadImageNotifyRoutineEx", MaxIrql = Irql.Passive)]
    public NtStatus PsSetLoadImageNotifyRoutineEx(ulong NotifyRoutine, ulong Flags) =>
        Flags <= 1 ? PsSetLoadImageNotifyRoutine(NotifyRoutine) : NtStatus.InvalidParameter;

    [NtExport("PsSetCreateThreadNotifyRoutine", MaxIrql = Irql.Passive)]
    public NtStatus PsSetCreateThreadNotifyRoutine(ulong NotifyRoutine) => Put(Datum.PspCreateThreadNotifyRoutine, NotifyRoutine, 0);

    [NtExport("PsRemoveCreateThreadNotifyRoutine", MaxIrql = Irql.Apc)]
    public NtStatus PsRemoveCreateThreadNotifyRoutine(ulong NotifyRoutine) => Take(Datum.PspCreateThreadNotifyRoutine, NotifyRoutine, 0);

    [NtExport("PsSetLoadImageNotifyRoutine", MaxIrql = Irql.Passive)]
    public NtStatus PsSetLoadImageNotifyRoutine(ulong NotifyRoutine) => Put(Datum.PspLoadImageNotifyRoutine, NotifyRoutine, 0);

    [NtExport("PsRemoveLoadImageNotifyRoutine", MaxIrql = Irql.Apc)]
    public NtStatus PsRemoveLoadImageNotifyRoutine(ulong NotifyRoutine) => Take(Datum.PspLoadImageNotifyRoutine, NotifyRoutine, 0);

    public async KTask ThreadCreated(ulong process, ulong thread, bool isNew)
    {
        for (int i = 0; i < Places; i++)
        {
            if (RoutineAt(Datum.PspCreateThreadNotifyRoutine, i) is var routine and not 0)
                await Guest.Call(routine, process, thread, isNew ? 1u : 0);
        }
    }

    /// <summary>A process was made (with the description for routines of the Ex kind) or ended (0). False: a routine refused it.</summary>
    public async KTask<NtStatus> ProcessCreated(ulong process, ulong parentId, ulong processId, Ptr<PS_CREATE_NOTIFY_INFO> info)
    {
        for (int i = 0; i < Places; i++)
        {
            if (RoutineAt(Datum.PspCreateProcessNotifyRoutine, i) is not (var routine and not 0))
                continue;
            if (IsExtended(i))
                await Guest.Call(routine, process, processId, info);
            else
                await Guest.Call(routine, parentId, processId, info.IsNull ? 0u : 1);
        }
        return info.IsNull ? NtStatus.Success : info.View.CreationStatus;
    }

    public async KTask ImageLoaded(ulong fullName, ulong processId, ulong info)
    {
        for (int i = 0; i < Places; i++)
        {
            if (RoutineAt(Datum.PspLoadImageNotifyRoutine, i) is var routine and not 0)
                await Guest.Call(routine, fullName, processId, info);
        }
    }

    private NtStatus Put(Datum list, ulong routine, ulong kind)
    {
        for (int i = 0; i < Places; i++)
        {
            if (RoutineAt(list, i) == routine && list == Datum.PspCreateProcessNotifyRoutine)
                return NtStatus.InvalidParameter;
            if (RoutineAt(list, i) != 0)
                continue;
            Memory.WriteU64(PlaceOf(list, i), routine);
            Memory.WriteU64(PlaceOf(list, i) + 8, kind);
            return NtStatus.Success;
        }
        return list == Datum.PspCreateProcessNotifyRoutine ? NtStatus.InvalidParameter : NtStatus.InsufficientResources;
    }

    private NtStatus Take(Datum list, ulong routine, ulong kind)
    {
        for (int i = 0; i < Places; i++)
        {
            if (RoutineAt(list, i) != routine || Memory.ReadU64(PlaceOf(list, i) + 8) != kind)
                continue;
            Memory.WriteU64(PlaceOf(list, i), 0);
            return NtStatus.Success;
        }
        return list == Datum.PspCreateProcessNotifyRoutine ? NtStatus.InvalidParameter : NtStatus.ProcedureNotFound;
    }

    private ulong RoutineAt(Datum list, int index) => Memory.ReadU64(PlaceOf(list, index));

    private bool IsExtended(int index) => Memory.ReadU64(PlaceOf(Datum.PspCreateProcessNotifyRoutine, index) + 8) == Extended;

    private ulong PlaceOf(Datum list, int index) => Kernel.Data(list) + (ulong)(index * PlaceSize);
}
