using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>Waiting for objects by handle. PASSIVE_LEVEL; user mode waits can be ended by alerts and user APCs.</summary>
public sealed class WaitServices(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Synchronize = 0x10_0000;
    private const int MostObjects = 64;

    [NtExport("NtWaitForSingleObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtWaitForSingleObject(ulong Handle, bool Alertable, Ptr<long> Timeout) =>
        await WaitForOne(Handle, Alertable, Timeout, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwWaitForSingleObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwWaitForSingleObject(ulong Handle, bool Alertable, Ptr<long> Timeout) => await WaitForOne(Handle, Alertable, Timeout, 0);

    [NtExport("NtWaitForMultipleObjects", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtWaitForMultipleObjects(uint Count, Ptr<ulong> Handles, WAIT_TYPE WaitType, bool Alertable, Ptr<long> Timeout) =>
        await WaitForMany(Count, Handles, WaitType, Alertable, Timeout, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwWaitForMultipleObjects", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwWaitForMultipleObjects(uint Count, Ptr<ulong> Handles, WAIT_TYPE WaitType, bool Alertable, Ptr<long> Timeout) =>
        await WaitForMany(Count, Handles, WaitType, Alertable, Timeout, 0);

    private async KTask<NtStatus> WaitForOne(ulong handle, bool alertable, Ptr<long> timeout, sbyte mode)
    {
        if (!TryDueTime(timeout, mode, out ulong due))
            return NtStatus.AccessViolation;
        NtStatus status = Kernel.HandleRoutines.Resolve(handle, Synchronize, 0, mode, out ulong body, out _, out _);
        if (!status.IsSuccess)
            return status;
        status = await Kernel.Waits.ForOne(Kernel.ObjectTypes.WaitObjectOf(body), KWAIT_REASON.UserRequest, mode, alertable, due);
        await Kernel.Objects.Dereference(body);
        return status;
    }

    private async KTask<NtStatus> WaitForMany(uint count, Ptr<ulong> handles, WAIT_TYPE type, bool alertable, Ptr<long> timeout, sbyte mode)
    {
        if (count is 0 or > MostObjects || type is not (WAIT_TYPE.WaitAll or WAIT_TYPE.WaitAny))
            return NtStatus.InvalidParameter;
        if (!TryDueTime(timeout, mode, out ulong due))
            return NtStatus.AccessViolation;
        ulong bodies = Guest.Scratch((int)count * 8), waited = Guest.Scratch((int)count * 8), blocks = Guest.Scratch((int)count * KWAIT_BLOCK.SizeOf);
        NtStatus status = NtStatus.Success;
        uint taken = 0;
        for (; taken < count && status.IsSuccess; taken++)
        {
            ulong body = 0;
            status = Kernel.CallerMemory.TryRead(handles + taken, out ulong handle, mode)
                ? Kernel.HandleRoutines.Resolve(handle, Synchronize, 0, mode, out body, out _, out _) : NtStatus.AccessViolation;
            if (!status.IsSuccess)
                break;
            Memory.WriteU64(bodies + taken * 8, body);
            Memory.WriteU64(waited + taken * 8, Kernel.ObjectTypes.WaitObjectOf(body));
        }
        if (status.IsSuccess)
            status = await Kernel.Waits.ForMany(count, new Ptr<ulong>(waited), type, KWAIT_REASON.UserRequest, mode, alertable, due,
                new Ptr<KWAIT_BLOCK>(blocks));
        for (uint i = 0; i < taken; i++)
            await Kernel.Objects.Dereference(Memory.ReadU64(bodies + i * 8));
        return status;
    }

    private bool TryDueTime(Ptr<long> timeout, sbyte mode, out ulong due)
    {
        due = Waits.Never;
        if (timeout.IsNull)
            return true;
        if (!Kernel.CallerMemory.TryRead(timeout, out long value, mode))
            return false;
        due = Kernel.Timers.ToInterruptTime(value);
        return true;
    }
}
