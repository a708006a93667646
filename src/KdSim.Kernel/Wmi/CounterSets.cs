using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Wmi;

/// <summary>
/// Performance counter sets of drivers (Pcw). Nobody collects counters in this machine, so a provider's callback is never called; instances are what the driver
/// makes and closes. Up to APC_LEVEL.
/// </summary>
public sealed class CounterSets(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x77635750; // "PWcw"
    private const ulong Size = 0x20, Set = 0, Callback = 8, Context = 16;

    // PCW_REGISTRATION_INFORMATION: version, name, count, counters, callback, context.
    private const ulong Version = 0, InformationCallback = 0x20, InformationContext = 0x28;
    private const uint SupportedVersion = 0x0100;

    [NtExport("PcwRegister", MaxIrql = Irql.Apc)]
    public NtStatus PcwRegister(Ptr<ulong> Registration, ulong Info)
    {
        if (Memory.ReadU32(Info + Version) >> 8 != SupportedVersion >> 8)
            return NtStatus.InvalidParameter;
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.PagedPool, Size, Tag);
        if (block == 0)
            return NtStatus.InsufficientResources;
        Memory.WriteU64(block + Callback, Memory.ReadU64(Info + InformationCallback));
        Memory.WriteU64(block + Context, Memory.ReadU64(Info + InformationContext));
        Registration.Write(block);
        return NtStatus.Success;
    }

    [NtExport("PcwUnregister", MaxIrql = Irql.Apc)]
    public void PcwUnregister(ulong Registration) => Kernel.Pool.Free(Registration, Tag);

    [NtExport("PcwCreateInstance", MaxIrql = Irql.Apc)]
    public NtStatus PcwCreateInstance(Ptr<ulong> Instance, ulong Registration, Ptr<UNICODE_STRING> Name, uint Count, ulong Data)
    {
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.PagedPool, Size, Tag);
        if (block == 0)
            return NtStatus.InsufficientResources;
        Memory.WriteU64(block + Set, Registration);
        Instance.Write(block);
        return NtStatus.Success;
    }

    [NtExport("PcwCloseInstance", MaxIrql = Irql.Apc)]
    public void PcwCloseInstance(ulong Instance) => Kernel.Pool.Free(Instance, Tag);
}
