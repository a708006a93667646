using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>Pseudo-random numbers from a seed that the caller keeps: the same seed gives the same numbers.</summary>
public sealed class Randoms(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Lehmer's generator modulo 2^31 - 1, as the WDK page of RtlRandom describes the family.</summary>
    [NtExport("RtlRandom", MaxIrql = Irql.Apc)]
    public uint RtlRandom(Ptr<uint> Seed) => Next(Seed);

    [NtExport("RtlRandomEx", MaxIrql = Irql.Apc)]
    public uint RtlRandomEx(Ptr<uint> Seed) => Next(Seed);

    [NtExport("RtlUniform", MaxIrql = Irql.Apc)]
    public uint RtlUniform(Ptr<uint> Seed) => Next(Seed);

    private static uint Next(Ptr<uint> seed)
    {
        uint value = (uint)((seed.Read() * 0x7FFFFFEDul + 0x7FFFFFC3) % 0x7FFFFFFF);
        seed.Write(value);
        return value;
    }
}
