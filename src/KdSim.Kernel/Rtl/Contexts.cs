using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>CONTEXT records: capturing and loading the registers of the caller.</summary>
public sealed class Contexts(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Goes on with the registers of the context. Never returns to its caller.</summary>
    [NtExport("RtlRestoreContext")]
    public Outcome RtlRestoreContext(Ptr<CONTEXT> ContextRecord, ulong ExceptionRecord) => Outcome.Resume(ContextRecord);
}
