using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Machine.Time;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Time. The clock interrupt comes to processor 0 every 15.625 ms; it updates the shared times, looks for expired timers and ended quanta, as NT does:
/// a timer expires at the first clock interrupt at or behind its due time. Times in 100 ns; KeQuery* at any IRQL.
/// </summary>
public sealed class Clock(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Units of 100 ns between clock interrupts.</summary>
    public const uint Increment = 156_250;

    public const ulong TicksPerIncrement = Increment * Ticks.PerNtTimeUnit;

    /// <summary>A quantum is two clock intervals.</summary>
    public const ulong QuantumTicks = 2 * TicksPerIncrement;

    public const ulong Frequency = 10_000_000;

    /// <summary>Time since boot as of the latest clock interrupt.</summary>
    public ulong InterruptTime => Memory.ReadU64(SystemLayout.SharedUserData + KUSER_SHARED_DATA.Offsets.InterruptTime);

    public long SystemTime => (long)Memory.ReadU64(SystemLayout.SharedUserData + KUSER_SHARED_DATA.Offsets.SystemTime);

    public ulong TickCount => Memory.ReadU64(SystemLayout.SharedUserData + KUSER_SHARED_DATA.Offsets.TickCount);

    /// <summary>Time since boot, exactly.</summary>
    public ulong PreciseInterruptTime => Cpu.State.Clock / Ticks.PerNtTimeUnit;

    /// <summary>
    /// The work of a clock interrupt, at CLOCK_LEVEL on processor 0. Timers themselves expire in the DISPATCH interrupt that it asks for.
    /// </summary>
    public void Tick()
    {
        ulong clock = Cpu.State.Clock;
        Kernel.SharedUserData.SetTimes(clock / TicksPerIncrement * Increment);
        View<KPRCB> prcb = Processors.Current;
        prcb.ClockInterrupts++;
        for (int number = 0; number < Processors.Count; number++)
            Kernel.Scheduler.CheckQuantum(Processors.Block(number), clock);
        if (Kernel.Timers.IsAnyDue(InterruptTime))
            Processors.RequestDispatch(Cpu.Number);
    }

    private Processors Processors => Kernel.Processors;

    [NtExport("KeQueryInterruptTime")]
    public ulong KeQueryInterruptTime() => InterruptTime;

    [NtExport("KeQueryInterruptTimePrecise")]
    public ulong KeQueryInterruptTimePrecise(Ptr<ulong> QpcTimeStamp)
    {
        if (!QpcTimeStamp.IsNull)
            QpcTimeStamp.Write(PreciseInterruptTime);
        return PreciseInterruptTime;
    }

    [NtExport("KeQueryUnbiasedInterruptTime")]
    public ulong KeQueryUnbiasedInterruptTime() => InterruptTime;

    [NtExport("KeQuerySystemTime")]
    public void KeQuerySystemTime(Ptr<long> CurrentTime) => CurrentTime.Write(SystemTime);

    [NtExport("KeQuerySystemTimePrecise")]
    public void KeQuerySystemTimePrecise(Ptr<long> CurrentTime) =>
        CurrentTime.Write(SystemTime - (long)InterruptTime + (long)PreciseInterruptTime);

    [NtExport("KeQueryTickCount")]
    public void KeQueryTickCount(Ptr<ulong> CurrentCount) => CurrentCount.Write(TickCount);

    [NtExport("KeQueryTimeIncrement")]
    public uint KeQueryTimeIncrement() => Increment;

    [NtExport("KeQueryPerformanceCounter")]
    public ulong KeQueryPerformanceCounter(Ptr<ulong> PerformanceFrequency)
    {
        if (!PerformanceFrequency.IsNull)
            PerformanceFrequency.Write(Frequency);
        return PreciseInterruptTime;
    }

    [NtExport("ExQueryTimerResolution")]
    public void ExQueryTimerResolution(Ptr<uint> MaximumTime, Ptr<uint> MinimumTime, Ptr<uint> CurrentTime)
    {
        MaximumTime.Write(Increment);
        MinimumTime.Write(Increment);
        CurrentTime.Write(Increment);
    }

    /// <summary>The clock has one rate: the request is taken and the rate in force is returned, as the documentation allows.</summary>
    [NtExport("ExSetTimerResolution", MaxIrql = Irql.Apc)]
    public uint ExSetTimerResolution(uint DesiredTime, bool SetResolution) => Increment;
}
