using KdSim.Kernel.Routines;
using KdSim.Machine.Time;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>What drivers ask about the machine and its exports. PASSIVE_LEVEL.</summary>
[NtData("ExpUuidCount", 8)]
public sealed class SystemQueries(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong UuidKind = 0x4449_5555; // "UUID": apart from the kinds of the machine's own choices.

    /// <summary>The address of an export of nt or hal; 0 if there is none of the name (case matters).</summary>
    [NtExport("MmGetSystemRoutineAddress", MaxIrql = Irql.Passive)]
    public ulong MmGetSystemRoutineAddress(Ptr<UNICODE_STRING> SystemRoutineName) =>
        Kernel.ImportResolver.Find(Kernel.UnicodeStrings.Read(SystemRoutineName));

    /// <summary>A UUID of version 4, made of the machine's seed: the n-th of two equal machines is the same.</summary>
    [NtExport("ExUuidCreate", MaxIrql = Irql.Passive)]
    public NtStatus ExUuidCreate(ulong Uuid)
    {
        ulong count = Kernel.Data(Datum.ExpUuidCount), ordinal = Memory.ReadU64(count);
        Memory.WriteU64(count, ordinal + 1);
        ulong low = Choices.Hash(Kernel.Computer.Seed, UuidKind, 2 * ordinal), high = Choices.Hash(Kernel.Computer.Seed, UuidKind, 2 * ordinal + 1);
        Memory.WriteU64(Uuid, low & 0x0FFF_FFFF_FFFF_FFFF | 0x4000_0000_0000_0000);
        Memory.WriteU64(Uuid + 8, high & 0xFFFF_FFFF_FFFF_FF3F | 0x80);
        return NtStatus.Success;
    }
}
