using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// Lookaside lists. Allocating and freeing are inlines of the headers (an SLIST, then the Allocate or Free of the structure); here is what makes and ends
/// a list. Initialize at IRQL up to DISPATCH (paged: APC).
/// </summary>
[NtData("ExNPagedLookasideListHead", 16, Type = "_LIST_ENTRY")]
[NtData("ExPagedLookasideListHead", 16, Type = "_LIST_ENTRY")]
public sealed class LookasideLists(NtKernel kernel) : KernelComponent(kernel)
{
    private const ushort FirstDepth = 4, LargestDepth = 256;
    private const uint RaiseOnFail = 1, FailNoRaise = 2;

    [NtExport("ExInitializeNPagedLookasideList", MaxIrql = Irql.Dispatch)]
    public void ExInitializeNPagedLookasideList(Ptr<GENERAL_LOOKASIDE> Lookaside, ulong Allocate, ulong Free, uint Flags, ulong Size, uint Tag, ushort Depth) =>
        Initialize(Lookaside.As<GENERAL_LOOKASIDE_POOL>(), Allocate, Free, (POOL_TYPE)((uint)POOL_TYPE.NonPagedPool | Flags), Size, Tag, isEx: false);

    [NtExport("ExInitializePagedLookasideList", MaxIrql = Irql.Apc)]
    public void ExInitializePagedLookasideList(Ptr<GENERAL_LOOKASIDE> Lookaside, ulong Allocate, ulong Free, uint Flags, ulong Size, uint Tag, ushort Depth) =>
        Initialize(Lookaside.As<GENERAL_LOOKASIDE_POOL>(), Allocate, Free, (POOL_TYPE)((uint)POOL_TYPE.PagedPool | Flags), Size, Tag, isEx: false);

    [NtExport("ExInitializeLookasideListEx", MaxIrql = Irql.Dispatch)]
    public NtStatus ExInitializeLookasideListEx(Ptr<GENERAL_LOOKASIDE_POOL> Lookaside, ulong Allocate, ulong Free, POOL_TYPE PoolType, uint Flags, ulong Size,
        uint Tag, ushort Depth)
    {
        if ((Flags & ~(RaiseOnFail | FailNoRaise)) != 0 || Flags == (RaiseOnFail | FailNoRaise))
            return NtStatus.InvalidParameter5;
        Initialize(Lookaside, Allocate, Free, PoolType, Size, Tag, isEx: true);
        return NtStatus.Success;
    }

    [NtExport("ExDeleteNPagedLookasideList", MaxIrql = Irql.Dispatch)]
    [NtExport("ExDeletePagedLookasideList", MaxIrql = Irql.Apc)]
    public async KTask ExDeleteNPagedLookasideList(Ptr<GENERAL_LOOKASIDE_POOL> Lookaside) => await Delete(Lookaside, isEx: false);

    [NtExport("ExDeleteLookasideListEx", MaxIrql = Irql.Dispatch)]
    public async KTask ExDeleteLookasideListEx(Ptr<GENERAL_LOOKASIDE_POOL> Lookaside) => await Delete(Lookaside, isEx: true);

    [NtExport("ExFlushLookasideListEx", MaxIrql = Irql.Dispatch)]
    public async KTask ExFlushLookasideListEx(Ptr<GENERAL_LOOKASIDE_POOL> Lookaside) => await Flush(Lookaside, isEx: true);

    /// <summary>The default Allocate of a LOOKASIDE_LIST_EX: it gets the list as its fourth argument.</summary>
    [NtRoutine("ExAllocatePoolEx")]
    public ulong ExAllocatePoolEx(POOL_TYPE PoolType, ulong NumberOfBytes, uint Tag, ulong Lookaside) =>
        Kernel.PoolRoutines.ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);

    [NtRoutine("ExFreePoolEx")]
    public void ExFreePoolEx(ulong Buffer, ulong Lookaside) => Kernel.Pool.Free(Buffer);

    private void Initialize(View<GENERAL_LOOKASIDE_POOL> list, ulong allocate, ulong free, POOL_TYPE type, ulong size, uint tag, bool isEx)
    {
        list.Clear();
        list.Depth = FirstDepth;
        list.MaximumDepth = LargestDepth;
        list.Type = type;
        list.Tag = tag;
        list.Size = (uint)Math.Max(size, 8);
        list.Allocate = allocate != 0 ? allocate : Kernel.Stubs.AddressOf(isEx ? Stub.ExAllocatePoolEx : Stub.ExAllocatePoolWithTag);
        list.Free = free != 0 ? free : Kernel.Stubs.AddressOf(isEx ? Stub.ExFreePoolEx : Stub.ExFreePool);
        ulong head = Kernel.Data(((int)type & 1) != 0 ? Datum.ExPagedLookasideListHead : Datum.ExNPagedLookasideListHead);
        if (Memory.ReadU64(head) == 0)
            Memory.InitializeList(head);
        Memory.InsertTail(head, list.ListEntryView.Address);
    }

    private async KTask Delete(Ptr<GENERAL_LOOKASIDE_POOL> Lookaside, bool isEx)
    {
        Memory.RemoveEntry(Lookaside.View.ListEntryView.Address);
        await Flush(Lookaside, isEx);
    }

    /// <summary>Takes the whole SLIST, then frees its entries one by one.</summary>
    private async KTask Flush(Ptr<GENERAL_LOOKASIDE_POOL> Lookaside, bool isEx)
    {
        const ulong DepthBits = 0xFFFF, FlagBits = 0xF;
        ulong low = Memory.ReadU64(Lookaside), high = Memory.ReadU64(Lookaside.Address + 8);
        Memory.WriteU64(Lookaside, low & ~DepthBits);
        Memory.WriteU64(Lookaside.Address + 8, high & FlagBits);
        ulong entry = high & ~FlagBits;
        for (ulong left = low & DepthBits; left > 0 && entry != 0; left--)
        {
            ulong next = Memory.ReadU64(entry);
            await Guest.Call(Lookaside.View.Free, entry, isEx ? Lookaside.Address : 0);
            entry = next;
        }
    }
}
