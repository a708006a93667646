using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>What drivers ask about memory as a whole, and copies that never fault.</summary>
public sealed class MemoryQueries(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x50486D4D; // "MmHP"
    private const uint CopyPhysical = 1, CopyVirtual = 2;
    private const ulong LargeSystem = 32UL << 20, MediumSystem = 16UL << 20;

    [NtExport("MmQuerySystemSize")]
    public MM_SYSTEM_SIZE MmQuerySystemSize() => Kernel.Computer.Memory.Size switch
    {
        > LargeSystem => MM_SYSTEM_SIZE.MmLargeSystem,
        > MediumSystem => MM_SYSTEM_SIZE.MmMediumSystem,
        _ => MM_SYSTEM_SIZE.MmSmallSystem,
    };

    /// <summary>The machine runs a workstation.</summary>
    [NtExport("MmIsThisAnNtAsSystem")]
    public bool MmIsThisAnNtAsSystem() => false;

    /// <summary>No driver is verified.</summary>
    [NtExport("MmIsDriverVerifying", MaxIrql = Irql.Dispatch)]
    public uint MmIsDriverVerifying(Ptr<DRIVER_OBJECT> DriverObject) => 0;

    [NtExport("MmIsDriverVerifyingByAddress", MaxIrql = Irql.Dispatch)]
    public uint MmIsDriverVerifyingByAddress(ulong AddressWithinSection) => 0;

    /// <summary>RAM, ended by a row of zeros; the caller frees it.</summary>
    [NtExport("MmGetPhysicalMemoryRanges", MaxIrql = Irql.Passive)]
    public ulong MmGetPhysicalMemoryRanges()
    {
        ulong ranges = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, 2 * PHYSICAL_MEMORY_RANGE.SizeOf, Tag);
        if (ranges == 0)
            return 0;
        Memory.Fill(ranges, 2 * PHYSICAL_MEMORY_RANGE.SizeOf, 0);
        Memory.WriteU64(ranges, PhysicalMemory.PageSize);
        Memory.WriteU64(ranges + 8, Kernel.Computer.Memory.Size - PhysicalMemory.PageSize);
        return ranges;
    }

    /// <summary>Copies what can be read, byte by byte if it must, and says how much that was; never faults on the source.</summary>
    [NtExport("MmCopyMemory", MaxIrql = Irql.Apc)]
    public NtStatus MmCopyMemory(ulong TargetAddress, ulong SourceAddress, ulong NumberOfBytes, uint Flags, Ptr<ulong> NumberOfBytesTransferred)
    {
        if (Flags is not (CopyPhysical or CopyVirtual))
            return NtStatus.InvalidParameter4;
        NumberOfBytesTransferred.Write(0);
        Span<byte> buffer = stackalloc byte[512];
        for (ulong done = 0; done < NumberOfBytes;)
        {
            ulong at = SourceAddress + done;
            int length = (int)Math.Min(Math.Min(NumberOfBytes - done, 512), PhysicalMemory.PageSize - at % PhysicalMemory.PageSize);
            Span<byte> part = buffer[..length];
            if (!(Flags == CopyPhysical ? Kernel.Computer.Memory.TryRead(at, part) : Kernel.IoSpace.MmIsAddressValid(at) && Cpu.TryRead(at, part) == length))
                return NtStatus.PartialCopy;
            Memory.Write(TargetAddress + done, part);
            done += (ulong)length;
            NumberOfBytesTransferred.Write(done);
        }
        Cpu.State.Clock += Kernel.Computer.Costs.Copy(NumberOfBytes);
        return NtStatus.Success;
    }
}
