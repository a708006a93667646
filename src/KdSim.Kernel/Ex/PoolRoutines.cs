using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>What drivers call to get and give back pool.</summary>
public sealed class PoolRoutines(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint NoTag = 0x656E6F4E; // "None"
    private const int RaiseIfExhausted = 0x10;
    private const ulong FlagPaged = 0x100;
    private const ulong FlagUninitialized = 2;
    private const ulong FlagRaise = 0x20;

    [NtExport("ExAllocatePoolWithTag", MaxIrql = Irql.Dispatch)]
    public ulong ExAllocatePoolWithTag(POOL_TYPE PoolType, ulong NumberOfBytes, uint Tag)
    {
        ulong address = Kernel.Pool.TryAllocate(PoolType, NumberOfBytes, Tag);
        if (address == 0 && ((int)PoolType & RaiseIfExhausted) != 0)
            throw new GuestException(NtStatus.InsufficientResources);
        return address;
    }

    [NtExport("ExAllocatePool", MaxIrql = Irql.Dispatch)]
    public ulong ExAllocatePool(POOL_TYPE PoolType, ulong NumberOfBytes) => ExAllocatePoolWithTag(PoolType, NumberOfBytes, NoTag);

    [NtExport("ExAllocatePoolWithTagPriority", MaxIrql = Irql.Dispatch)]
    public ulong ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, ulong NumberOfBytes, uint Tag, int Priority) =>
        Kernel.Pool.TryAllocate(PoolType, NumberOfBytes, Tag);

    [NtExport("ExAllocatePoolWithQuotaTag", MaxIrql = Irql.Dispatch)]
    public ulong ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ulong NumberOfBytes, uint Tag)
    {
        const int QuotaFailInsteadOfRaise = 8;
        ulong address = Kernel.Pool.TryAllocate(PoolType, NumberOfBytes, Tag);
        if (address == 0 && ((int)PoolType & QuotaFailInsteadOfRaise) == 0)
            throw new GuestException(NtStatus.InsufficientResources);
        return address;
    }

    /// <summary>Zeroed, unless the caller asks for uninitialized memory.</summary>
    [NtExport("ExAllocatePool2", MaxIrql = Irql.Dispatch)]
    public ulong ExAllocatePool2(ulong Flags, ulong NumberOfBytes, uint Tag)
    {
        POOL_TYPE type = (Flags & FlagPaged) != 0 ? POOL_TYPE.PagedPool : POOL_TYPE.NonPagedPool;
        ulong address = Kernel.Pool.TryAllocate(type, NumberOfBytes, Tag);
        if (address == 0 && (Flags & FlagRaise) != 0)
            throw new GuestException(NtStatus.InsufficientResources);
        if (address != 0 && (Flags & FlagUninitialized) == 0)
            Memory.Fill(address, NumberOfBytes, 0);
        return address;
    }

    /// <summary>ExAllocatePool2 with extended parameters: a priority and a NUMA node make no difference here, others only if they are optional.</summary>
    [NtExport("ExAllocatePool3", MaxIrql = Irql.Dispatch)]
    public ulong ExAllocatePool3(ulong Flags, ulong NumberOfBytes, uint Tag, ulong ExtendedParameters, uint ExtendedParametersCount)
    {
        const ulong Priority = 1, NumaNode = 3, Optional = 0x100, ParameterSize = 16;
        for (uint i = 0; i < ExtendedParametersCount; i++)
        {
            ulong kind = Memory.ReadU64(ExtendedParameters + i * ParameterSize);
            if ((kind & 0xFF) is not (Priority or NumaNode) && (kind & Optional) == 0)
                return (Flags & FlagRaise) == 0 ? 0ul : throw new GuestException(NtStatus.InvalidParameter);
        }
        return ExAllocatePool2(Flags, NumberOfBytes, Tag);
    }

    [NtExport("ExAllocatePoolQuotaZero", MaxIrql = Irql.Dispatch)]
    public ulong ExAllocatePoolQuotaZero(POOL_TYPE PoolType, ulong NumberOfBytes, uint Tag)
    {
        ulong address = ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
        if (address != 0)
            Memory.Fill(address, NumberOfBytes, 0);
        return address;
    }

    [NtExport("ExFreePoolWithTag", MaxIrql = Irql.Dispatch)]
    public void ExFreePoolWithTag(ulong P, uint Tag) => Kernel.Pool.Free(P, Tag);

    [NtExport("ExFreePool", MaxIrql = Irql.Dispatch)]
    public void ExFreePool(ulong P) => Kernel.Pool.Free(P);
}
