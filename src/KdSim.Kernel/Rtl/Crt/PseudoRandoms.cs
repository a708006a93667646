using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl.Crt;

/// <summary>rand and srand: Microsoft's linear congruential generator, one state for all callers. Any IRQL.</summary>
[NtData("RtlpRandomState", 4)]
public sealed class PseudoRandoms(NtKernel kernel) : KernelComponent(kernel)
{
    internal void Initialize() => srand(1);

    [NtExport("srand")]
    public void srand(uint Seed) => Memory.WriteU32(Kernel.Data(Datum.RtlpRandomState), Seed);

    /// <summary>0 to 32767.</summary>
    [NtExport("rand")]
    public int rand()
    {
        uint state = unchecked(Memory.ReadU32(Kernel.Data(Datum.RtlpRandomState)) * 214013 + 2531011);
        srand(state);
        return (int)(state >> 16 & 0x7FFF);
    }
}
