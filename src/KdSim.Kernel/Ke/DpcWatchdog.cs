using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// The watchdog over DISPATCH_LEVEL: each clock interrupt looks at every processor. One DPC that runs longer than nt!KeDpcTimeoutMs, or a processor that
/// never comes below DISPATCH_LEVEL for nt!KeDpcWatchdogPeriodMs, is DPC_WATCHDOG_VIOLATION on that processor. 0 switches a limit off.
/// </summary>
[NtData("KeDpcTimeoutMs", 4)]
[NtData("KeDpcWatchdogPeriodMs", 4)]
[NtData("KeDpcWatchdogGlobalTriageBlock", DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK.SizeOf, Type = "_DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK")]
public sealed class DpcWatchdog(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint TriageSignature = 0xAEBE_CEDE;
    private const uint TicksPer10Seconds = 640;
    private const ulong SingleDpc = 0, Cumulative = 1;

    internal void Initialize()
    {
        Memory.WriteU32(Kernel.Data(Datum.KeDpcTimeoutMs), Kernel.Options.DpcTimeoutMs);
        Memory.WriteU32(Kernel.Data(Datum.KeDpcWatchdogPeriodMs), Kernel.Options.DpcWatchdogPeriodMs);
        View<DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK> triage = new(Triage);
        triage.Signature = TriageSignature;
        triage.Revision = 1;
        triage.Size = DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK.SizeOf;
    }

    /// <summary>A clock tick has passed: counts it on all processors, and sends the clock interrupt to those that are over a limit.</summary>
    internal void Tick(byte interruptedIrql)
    {
        uint timeout = ToTicks(Datum.KeDpcTimeoutMs), period = ToTicks(Datum.KeDpcWatchdogPeriodMs);
        foreach (Processor processor in Kernel.Computer.Processors)
        {
            View<KPRCB> prcb = Kernel.Processors.Block(processor.Number);
            bool isCurrent = processor == Cpu;
            bool isRaised = (isCurrent ? interruptedIrql : (byte)processor.State.Cr8) >= Irql.Dispatch && processor.State.Halted == 0;
            prcb.DpcTimeLimit = timeout;
            prcb.DpcWatchdogPeriod = (int)period;
            prcb.DpcTimeCount = isRaised && prcb.DpcRoutineActive ? prcb.DpcTimeCount + 1 : 0;
            prcb.DpcWatchdogCount = isRaised ? prcb.DpcWatchdogCount + 1 : 0;
            if (!isCurrent && ViolationOf(prcb) is not null)
                Kernel.Computer.Apics[Cpu.Number].SendIpi(processor.Number, InterruptEntries.ClockVector);
        }
    }

    /// <summary>Behind the tick, on the processor itself.</summary>
    internal void Check()
    {
        if (ViolationOf(Kernel.Processors.Current) is { } violation)
            throw violation;
    }

    [NtExport("KeQueryDpcWatchdogInformation")]
    public NtStatus KeQueryDpcWatchdogInformation(Ptr<KDPC_WATCHDOG_INFORMATION> WatchdogInformation)
    {
        if (CurrentIrql < Irql.Dispatch)
            return NtStatus.Unsuccessful;
        View<KPRCB> prcb = Kernel.Processors.Current;
        View<KDPC_WATCHDOG_INFORMATION> information = WatchdogInformation;
        information.DpcTimeLimit = ToTicks(Datum.KeDpcTimeoutMs);
        information.DpcTimeCount = prcb.DpcTimeCount;
        information.DpcWatchdogLimit = ToTicks(Datum.KeDpcWatchdogPeriodMs);
        information.DpcWatchdogCount = (uint)prcb.DpcWatchdogCount;
        information.Reserved = 0;
        return NtStatus.Success;
    }

    private ulong Triage => Kernel.Data(Datum.KeDpcWatchdogGlobalTriageBlock);

    private GuestBugCheck? ViolationOf(View<KPRCB> prcb)
    {
        if (prcb.DpcTimeLimit != 0 && prcb.DpcTimeCount > prcb.DpcTimeLimit)
            return new GuestBugCheck(BugCheckCode.DPC_WATCHDOG_VIOLATION, SingleDpc, prcb.DpcTimeCount, prcb.DpcTimeLimit, Triage);
        return prcb.DpcWatchdogPeriod != 0 && prcb.DpcWatchdogCount >= prcb.DpcWatchdogPeriod
            ? new GuestBugCheck(BugCheckCode.DPC_WATCHDOG_VIOLATION, Cumulative, (ulong)prcb.DpcWatchdogPeriod, Triage)
            : null;
    }

    /// <summary>A clock tick is 15.625 ms; a limit that is on is at least one.</summary>
    private uint ToTicks(Datum milliseconds)
    {
        uint value = Memory.ReadU32(Kernel.Data(milliseconds));
        return value == 0 ? 0 : Math.Max(1, (uint)((ulong)value * TicksPer10Seconds / 10_000));
    }
}
