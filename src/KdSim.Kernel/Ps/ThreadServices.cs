using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>What user mode asks of its threads: to sleep, to yield, to run elsewhere or at another priority. PASSIVE_LEVEL.</summary>
public sealed class ThreadServices(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint SetInformation = 0x20;           // THREAD_SET_INFORMATION
    private const uint ThreadPriority = 2, ThreadBasePriority = 3, ThreadAffinityMask = 4;

    [NtExport("NtDelayExecution", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtDelayExecution(bool Alertable, Ptr<long> DelayInterval)
    {
        sbyte mode = Kernel.KernelObjects.PreviousMode;
        if (!Kernel.CallerMemory.TryRead(DelayInterval, out long interval, mode))
            return NtStatus.AccessViolation;
        ulong captured = Guest.Scratch(8);
        Memory.WriteU64(captured, (ulong)interval);
        return await Guest.Call(Stub.KeDelayExecutionThread, (ulong)mode, Alertable ? 1u : 0, captured);
    }

    [NtExport("NtYieldExecution", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtYieldExecution() => await Kernel.Scheduler.Yield() ? NtStatus.Success : NtStatus.NoYieldPerformed;

    [NtExport("NtSetInformationThread", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtSetInformationThread(ulong ThreadHandle, uint ThreadInformationClass, ulong ThreadInformation, uint ThreadInformationLength)
    {
        sbyte mode = Kernel.KernelObjects.PreviousMode;
        if (ThreadInformationClass is not (ThreadPriority or ThreadBasePriority or ThreadAffinityMask))
            return NtStatus.InvalidInfoClass;
        if (ThreadInformationLength != (ThreadInformationClass == ThreadAffinityMask ? 8 : 4))
            return NtStatus.InfoLengthMismatch;
        ulong value = 0;
        bool isRead = ThreadInformationClass == ThreadAffinityMask
            ? Kernel.CallerMemory.TryRead(ThreadInformation, out value, mode)
            : Kernel.CallerMemory.TryRead(ThreadInformation, out int number, mode) && (value = (ulong)number) == value;
        if (!isRead)
            return NtStatus.AccessViolation;
        ulong type = Memory.ReadU64(Kernel.Data(Datum.PsThreadType));
        NtStatus status = Kernel.HandleRoutines.Resolve(ThreadHandle, SetInformation, type, mode, out ulong body, out _, out _);
        if (!status.IsSuccess)
            return status;
        status = Set(new Ptr<KTHREAD>(body), ThreadInformationClass, value);
        await Kernel.Objects.Dereference(body);
        return status;
    }

    private NtStatus Set(Ptr<KTHREAD> thread, uint kind, ulong value)
    {
        View<KTHREAD> target = thread;
        switch (kind)
        {
            case ThreadPriority when (int)value is < 1 or > 31:
                return NtStatus.InvalidParameter;
            case ThreadPriority:
                Kernel.ThreadQueries.KeSetPriorityThread(thread, (int)value);
                return NtStatus.Success;
            case ThreadBasePriority:
                Kernel.ThreadQueries.KeSetBasePriorityThread(thread, (int)value);
                return NtStatus.Success;
            default:
                if ((value & target.Process.View.Affinity) == 0)
                    return NtStatus.InvalidParameter;
                target.Affinity = value & target.Process.View.Affinity;
                Kernel.Scheduler.AffinityChanged(target);
                return NtStatus.Success;
        }
    }
}
