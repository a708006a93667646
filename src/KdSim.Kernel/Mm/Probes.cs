using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>Checks of the buffers that user mode names. They raise what is wrong; IRQL up to APC_LEVEL.</summary>
public sealed class Probes(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = 0x1000;

    /// <summary>The range must be aligned and lie in user space; nothing is read. A length of 0 is not checked at all.</summary>
    [NtExport("ProbeForRead", MaxIrql = Irql.Apc)]
    public void ProbeForRead(ulong Address, ulong Length, uint Alignment)
    {
        if (Length == 0)
            return;
        CheckRange(Address, Length, Alignment);
    }

    /// <summary>As for reading; and one byte of each page is read and written back.</summary>
    [NtExport("ProbeForWrite", MaxIrql = Irql.Apc)]
    public void ProbeForWrite(ulong Address, ulong Length, uint Alignment)
    {
        if (Length == 0)
            return;
        CheckRange(Address, Length, Alignment);
        ulong last = Address + Length - 1;
        for (ulong at = Address; ; at = (at & ~(Page - 1)) + Page)
        {
            Memory.WriteU8(at, Memory.ReadU8(at));
            if ((at & ~(Page - 1)) == (last & ~(Page - 1)))
                return;
        }
    }

    private void CheckRange(ulong address, ulong length, uint alignment)
    {
        if ((address & (alignment - 1)) != 0)
            throw new GuestException(NtStatus.DatatypeMisalignment);
        ulong end = address + length, limit = Memory.ReadU64(Kernel.Data(Datum.MmUserProbeAddress));
        if (end < address || end > limit)
            throw new GuestException(NtStatus.AccessViolation);
    }
}
