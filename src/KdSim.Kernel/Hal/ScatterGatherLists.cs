using KdSim.Kernel.Mm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Hal;

/// <summary>
/// Whole transfers at once: the device addresses of a buffer (a chain of MDLs) as a list, in pool or in memory of the driver. Behind the elements stands what
/// giving the list back needs; SCATTER_GATHER_LIST.Reserved is its address. DISPATCH_LEVEL.
/// </summary>
public sealed class ScatterGatherLists(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint ListTag = 0x6753_6148, RequestTag = 0x7253_6148; // "HaSg", "HaSr"
    private const int Head = SCATTER_GATHER_LIST.Offsets.Elements, Element = SCATTER_GATHER_ELEMENT.SizeOf;

    // A request that waits for registers: the wait block, then these.
    private const ulong Adapter = WAIT_CONTEXT_BLOCK.SizeOf, FirstMdl = Adapter + 8, Va = Adapter + 16, Bytes = Adapter + 24, Writes = Adapter + 28,
        Routine = Adapter + 32, RoutineContext = Adapter + 40, Buffer = Adapter + 48, RequestSize = Adapter + 56;

    // What stands behind a list.
    private const ulong ListMdl = 0, ListVa = 8, ListBytes = 16, ListRegisterCount = 20, ListRegisters = 24, ListIsOurs = 32, TrailerSize = 40;

    /// <summary>Calls the driver's routine with the list, which the driver gives back with PutScatterGatherList.</summary>
    [NtExport("HalGetScatterGatherList", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> HalGetScatterGatherList(Ptr<ADAPTER_OBJECT> DmaAdapter, Ptr<DEVICE_OBJECT> DeviceObject, Ptr<MDL> Mdl, ulong CurrentVa,
        uint Length, ulong ExecutionRoutine, ulong Context, bool WriteToDevice) =>
        await Request(DmaAdapter, DeviceObject, Mdl, CurrentVa, Length, ExecutionRoutine, Context, WriteToDevice, 0);

    /// <summary>The same with a list in the driver's memory.</summary>
    [NtExport("HalBuildScatterGatherList", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> HalBuildScatterGatherList(Ptr<ADAPTER_OBJECT> DmaAdapter, Ptr<DEVICE_OBJECT> DeviceObject, Ptr<MDL> Mdl, ulong CurrentVa,
        uint Length, ulong ExecutionRoutine, ulong Context, bool WriteToDevice, ulong ScatterGatherBuffer, uint ScatterGatherLength)
    {
        if (ScatterGatherLength < SizeFor(PagesOf(Mdl, CurrentVa, Length)))
            return NtStatus.BufferTooSmall;
        return await Request(DmaAdapter, DeviceObject, Mdl, CurrentVa, Length, ExecutionRoutine, Context, WriteToDevice, ScatterGatherBuffer);
    }

    [NtExport("HalCalculateScatterGatherListSize", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public NtStatus HalCalculateScatterGatherListSize(Ptr<ADAPTER_OBJECT> DmaAdapter, Ptr<MDL> Mdl, ulong CurrentVa, uint Length,
        Ptr<uint> ScatterGatherListSize, Ptr<uint> NumberOfMapRegisters)
    {
        uint pages = PagesOf(Mdl, CurrentVa, Length);
        ScatterGatherListSize.Write((uint)SizeFor(pages));
        if (!NumberOfMapRegisters.IsNull)
            NumberOfMapRegisters.Write(pages);
        return NtStatus.Success;
    }

    [NtExport("HalPutScatterGatherList", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public async KTask HalPutScatterGatherList(Ptr<ADAPTER_OBJECT> DmaAdapter, Ptr<SCATTER_GATHER_LIST> ScatterGather, bool WriteToDevice)
    {
        ulong trailer = ScatterGather.View.Reserved, registers = Memory.ReadU64(trailer + ListRegisters);
        uint count = Memory.ReadU32(trailer + ListRegisterCount);
        FlushAll(DmaAdapter, trailer, WriteToDevice);
        if (Memory.ReadU64(trailer + ListIsOurs) != 0)
            Kernel.Pool.Free(ScatterGather, ListTag);
        await Kernel.AdapterChannels.IoFreeMapRegisters(DmaAdapter, registers, count);
    }

    /// <summary>The buffer as the device sees it; without map registers, the caller's own MDL.</summary>
    [NtExport("HalBuildMdlFromScatterGatherList", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public NtStatus HalBuildMdlFromScatterGatherList(Ptr<ADAPTER_OBJECT> DmaAdapter, Ptr<SCATTER_GATHER_LIST> ScatterGather, Ptr<MDL> OriginalMdl,
        Ptr<Ptr<MDL>> TargetMdl)
    {
        if (DmaAdapter.View.NeedsMapRegisters == 0)
        {
            TargetMdl.Write(OriginalMdl);
            return NtStatus.Success;
        }
        ulong trailer = ScatterGather.View.Reserved;
        Ptr<MDL> made = Kernel.Mdls.IoAllocateMdl(Memory.ReadU64(trailer + ListVa), Memory.ReadU32(trailer + ListBytes), false, false, default);
        if (made.IsNull)
            return NtStatus.InsufficientResources;
        View<MDL> mdl = made;
        ulong page = 0;
        for (uint i = 0; i < ScatterGather.View.NumberOfElements; i++)
        {
            View<SCATTER_GATHER_ELEMENT> element = ElementAt(ScatterGather, i);
            ulong first = (ulong)element.Address_.QuadPart >> 12, last = ((ulong)element.Address_.QuadPart + element.Length - 1) >> 12;
            for (ulong at = first; at <= last; at++)
                Memory.WriteU64(Mdls.PfnSlot(mdl, page++), at);
        }
        mdl.MdlFlags |= MDL_FLAGS.PAGES_LOCKED | MDL_FLAGS.IO_SPACE; // Not the caller's pages: nobody unlocks them.
        TargetMdl.Write(made);
        return NtStatus.Success;
    }

    private async KTask<NtStatus> Request(Ptr<ADAPTER_OBJECT> adapter, Ptr<DEVICE_OBJECT> device, Ptr<MDL> mdl, ulong va, uint length, ulong routine,
        ulong context, bool write, ulong buffer)
    {
        uint pages = PagesOf(mdl, va, length);
        if (pages == 0 || length == 0)
            return NtStatus.InvalidParameter;
        if (pages > adapter.View.MapRegistersPerChannel && adapter.View.NeedsMapRegisters != 0)
            return NtStatus.InsufficientResources;
        ulong request = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, RequestSize, RequestTag);
        ulong list = buffer != 0 || request == 0 ? buffer : Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, SizeFor(pages), ListTag);
        if (list == 0)
        {
            if (request != 0)
                Kernel.Pool.Free(request, RequestTag);
            return NtStatus.InsufficientResources;
        }
        View<WAIT_CONTEXT_BLOCK> block = new(request);
        block.DeviceRoutine = Kernel.Stubs.AddressOf(Stub.HalpScatterGatherReady);
        block.DeviceContext = request;
        block.DeviceObject = device;
        block.CurrentIrp = device.View.CurrentIrp;
        Memory.WriteU64(request + Adapter, adapter);
        Memory.WriteU64(request + FirstMdl, mdl);
        Memory.WriteU64(request + Va, va);
        Memory.WriteU32(request + Bytes, length);
        Memory.WriteU32(request + Writes, write ? 1u : 0);
        Memory.WriteU64(request + Routine, routine);
        Memory.WriteU64(request + RoutineContext, context);
        Memory.WriteU64(request + Buffer, list);
        Memory.WriteU64(list + (ulong)Head + pages * (ulong)Element + ListIsOurs, buffer == 0 ? 1u : 0);
        return await Kernel.AdapterChannels.Allocate(adapter, block, Math.Min(pages, adapter.View.MapRegistersPerChannel));
    }

    /// <summary>The channel's routine of a request: fills the list and calls the driver.</summary>
    [NtRoutine("HalpScatterGatherReady", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public async KTask<ulong> HalpScatterGatherReady(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp, ulong MapRegisterBase, ulong Context)
    {
        ulong list = Memory.ReadU64(Context + Buffer), routine = Memory.ReadU64(Context + Routine), argument = Memory.ReadU64(Context + RoutineContext);
        Fill(Context, MapRegisterBase);
        Kernel.Pool.Free(Context, RequestTag);
        await Guest.Call(routine, DeviceObject, Irp, list, argument);
        return (ulong)IO_ALLOCATION_ACTION.DeallocateObjectKeepRegisters;
    }

    private void Fill(ulong request, ulong registers)
    {
        ulong list = Memory.ReadU64(request + Buffer), va = Memory.ReadU64(request + Va);
        uint length = Memory.ReadU32(request + Bytes);
        View<ADAPTER_OBJECT> adapter = new(Memory.ReadU64(request + Adapter));
        View<MDL> mdl = new(Memory.ReadU64(request + FirstMdl));
        uint pages = PagesOf(mdl, va, length);
        View<SCATTER_GATHER_LIST> view = new(list);
        view.NumberOfElements = 0;
        ulong trailer = list + (ulong)Head + pages * (ulong)Element;
        view.Reserved = trailer;
        Memory.WriteU64(trailer + ListMdl, mdl.Address);
        Memory.WriteU64(trailer + ListVa, va);
        Memory.WriteU32(trailer + ListBytes, length);
        Memory.WriteU32(trailer + ListRegisterCount, Math.Min(pages, adapter.MapRegistersPerChannel));
        Memory.WriteU64(trailer + ListRegisters, registers);
        bool write = Memory.ReadU32(request + Writes) != 0;
        for (; length != 0; mdl = mdl.Next, va = mdl.IsNull ? 0 : StartOf(mdl))
            for (uint left = Math.Min(length, BytesFrom(mdl, va)); left != 0;)
            {
                ulong address = Kernel.MapTransfers.Map(adapter, mdl, registers, va, left, write, out uint mapped);
                Append(view, address, mapped);
                (va, left, length) = (va + mapped, left - mapped, length - mapped);
            }
    }

    private static void Append(View<SCATTER_GATHER_LIST> list, ulong address, uint length)
    {
        uint count = list.NumberOfElements;
        if (count != 0 && ElementAt(list, count - 1) is var last && (ulong)last.Address_.QuadPart + last.Length == address)
        {
            last.Length += length;
            return;
        }
        View<SCATTER_GATHER_ELEMENT> element = ElementAt(list, count);
        element.Address_ = new LARGE_INTEGER { QuadPart = (long)address };
        element.Length = length;
        element.Reserved = 0;
        list.NumberOfElements = count + 1;
    }

    private void FlushAll(View<ADAPTER_OBJECT> adapter, ulong trailer, bool write)
    {
        ulong va = Memory.ReadU64(trailer + ListVa), registers = Memory.ReadU64(trailer + ListRegisters);
        uint length = Memory.ReadU32(trailer + ListBytes);
        View<MDL> mdl = new(Memory.ReadU64(trailer + ListMdl));
        for (uint used = 0; !write && length != 0; mdl = mdl.Next, va = mdl.IsNull ? 0 : StartOf(mdl))
        {
            uint part = Math.Min(length, BytesFrom(mdl, va));
            Kernel.MapTransfers.BringBack(adapter, mdl, registers, va, part, ref used);
            length -= part;
        }
        MapTransfers.Clear(adapter, registers);
    }

    private static View<SCATTER_GATHER_ELEMENT> ElementAt(View<SCATTER_GATHER_LIST> list, uint index) =>
        new(list.Address + (ulong)Head + index * (ulong)Element);

    private static ulong SizeFor(uint pages) => (ulong)Head + pages * (ulong)Element + TrailerSize;

    private static ulong StartOf(View<MDL> mdl) => mdl.StartVa + mdl.ByteOffset;

    private static uint BytesFrom(View<MDL> mdl, ulong va) => mdl.IsNull ? 0 : (uint)(StartOf(mdl) + mdl.ByteCount - va);

    /// <summary>Pages of the buffer; 0 if the chain is shorter than the transfer.</summary>
    private static uint PagesOf(View<MDL> mdl, ulong va, uint length)
    {
        uint pages = 0;
        for (int links = 0; length != 0; links++)
        {
            if (mdl.IsNull || links > 1000)
                return 0;
            uint part = Math.Min(length, BytesFrom(mdl, va));
            pages += (uint)Mdls.PagesOf(va, part);
            length -= part;
            mdl = mdl.Next;
            va = mdl.IsNull ? 0 : StartOf(mdl);
        }
        return pages;
    }
}
