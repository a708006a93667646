using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>The processor's features as KUSER_SHARED_DATA has them for user mode and drivers. PASSIVE_LEVEL.</summary>
public sealed class ProcessorFeatures(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Features = 0xFFFF_F780_0000_0274;
    private const uint Count = 64;

    /// <summary>
    /// PF_* numbers of what CPUID of the simulated processor says: CMPXCHG8B, SSE, RDTSC, PAE, SSE2, NX, SSE3, CMPXCHG16B, the fail-fast interrupt, RDTSCP,
    /// SSSE3, SSE4.1, SSE4.2. Neither MMX nor AVX.
    /// </summary>
    internal static ReadOnlySpan<byte> Present => [2, 6, 8, 9, 10, 12, 13, 14, 23, 32, 36, 37, 38];

    [NtExport("ExIsProcessorFeaturePresent", MaxIrql = Irql.Passive)]
    public bool ExIsProcessorFeaturePresent(uint ProcessorFeature) => ProcessorFeature < Count && Memory.ReadU8(Features + ProcessorFeature) != 0;
}
