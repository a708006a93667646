using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Who is charged with a tick of the clock, on each processor: user mode, the kernel, a DPC or an interrupt; the thread and its process. CLOCK_LEVEL.
/// </summary>
public sealed class RunTimes(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>With the frame of what the clock has interrupted on this processor; the others are asked what they do, as their clock would have.</summary>
    internal void Update(View<KTRAP_FRAME> interrupted)
    {
        foreach (Processor processor in Kernel.Computer.Processors)
        {
            bool isOwn = processor == Cpu;
            ref CpuState state = ref processor.State;
            Charge(Kernel.Processors.Block(processor.Number), isOwn ? TrapFrames.IsUser(interrupted) : state.Cpl != 0,
                isOwn ? interrupted.PreviousIrql : (byte)state.Cr8);
        }
    }

    private static void Charge(View<KPRCB> prcb, bool isUser, byte irql)
    {
        View<KTHREAD> thread = prcb.CurrentThread;
        View<KPROCESS> process = thread.Process;
        if (isUser)
        {
            prcb.UserTime++;
            thread.UserTime++;
            process.UserTime++;
            return;
        }
        prcb.KernelTime++;
        if (irql > Irql.Dispatch)
        {
            prcb.InterruptTime++;
        }
        else if (irql == Irql.Dispatch && prcb.DpcRoutineActive)
        {
            prcb.DpcTime++;
        }
        else
        {
            thread.KernelTime++;
            process.KernelTime++;
        }
    }
}
