using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;

namespace KdSim.Kernel;

/// <summary>
/// A part of an executive component: one idea, one class, one file. It holds the kernel and constants, never state: state lives in guest memory or in an
/// immutable root. Its constructor takes the kernel and touches nothing of it (the generator makes one of each, as <c>kernel.ClassName</c>).
/// </summary>
public abstract class KernelComponent(NtKernel kernel)
{
    protected NtKernel Kernel { get; } = kernel;

    /// <summary>Virtual memory of the current processor and process.</summary>
    protected KernelMemory Memory => Kernel.Memory;

    /// <summary>For sequences: calls of guest code, scratch space on the guest stack.</summary>
    protected Guest Guest => Kernel.Guest;

    /// <summary>The processor whose trap is being handled.</summary>
    protected Processor Cpu => Kernel.Cpu;

    /// <summary>The current IRQL, which is CR8.</summary>
    protected byte CurrentIrql => (byte)Kernel.Cpu.State.Cr8;

    /// <summary>Null when nobody listens: <c>Observer?.DpcQueued(...)</c>.</summary>
    protected IKernelObserver? Observer => Kernel.Observer;
}
