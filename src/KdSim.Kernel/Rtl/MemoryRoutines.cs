using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl;

/// <summary>Comparing and filling memory beyond what the C runtime has. Any IRQL where the memory is resident.</summary>
public sealed class MemoryRoutines(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>How many bytes are equal to the pattern from the start; 0 if the buffer is not made of aligned ULONGs.</summary>
    [NtExport("RtlCompareMemoryUlong")]
    public ulong RtlCompareMemoryUlong(ulong Source, ulong Length, uint Pattern)
    {
        if (Source == 0 || Source % 4 != 0 || Length % 4 != 0)
            return 0;
        ulong done = 0;
        while (done < Length && Memory.ReadU32(Source + done) == Pattern)
            done += 4;
        return done;
    }

    [NtExport("RtlFillMemoryUlong")]
    public void RtlFillMemoryUlong(ulong Destination, ulong Length, uint Pattern)
    {
        for (ulong done = 0; done + 4 <= Length; done += 4)
            Memory.WriteU32(Destination + done, Pattern);
    }

    [NtExport("RtlFillMemoryUlonglong")]
    public void RtlFillMemoryUlonglong(ulong Destination, ulong Length, ulong Pattern)
    {
        for (ulong done = 0; done + 8 <= Length; done += 8)
            Memory.WriteU64(Destination + done, Pattern);
    }
}
