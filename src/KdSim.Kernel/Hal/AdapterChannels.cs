using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Hal;

/// <summary>
/// An adapter's channel and its map registers: one request at a time has the channel, the others wait in its queue; a request whose registers are not free yet
/// keeps the channel and waits for them. DISPATCH_LEVEL.
/// </summary>
public sealed class AdapterChannels(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint WaitsForRegisters = 1; // ADAPTER_OBJECT.Flags.
    private const int HeldRegisters = 0, HeldCount = 1; // ADAPTER_OBJECT.AdapterSpare: what a driver that keeps the channel keeps with it.

    /// <summary>Calls the driver's routine with map registers, now or when they are free: AllocateAdapterChannel of DMA_OPERATIONS.</summary>
    [NtExport("HalRealAllocateAdapterChannel", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    [NtExport("IoAllocateAdapterChannel", MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> IoAllocateAdapterChannel(Ptr<ADAPTER_OBJECT> DmaAdapter, Ptr<DEVICE_OBJECT> DeviceObject, uint NumberOfMapRegisters,
        ulong ExecutionRoutine, ulong Context)
    {
        View<WAIT_CONTEXT_BLOCK> block = DeviceObject.View.Queue.Wcb;
        block.DeviceRoutine = ExecutionRoutine;
        block.DeviceContext = Context;
        block.DeviceObject = DeviceObject;
        block.CurrentIrp = DeviceObject.View.CurrentIrp;
        return await Allocate(DmaAdapter, block, NumberOfMapRegisters);
    }

    /// <summary>As <see cref="IoAllocateAdapterChannel"/>, for a wait block that is filled in.</summary>
    [NtExport("HalAllocateAdapterChannel", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> HalAllocateAdapterChannel(Ptr<ADAPTER_OBJECT> AdapterObject, Ptr<WAIT_CONTEXT_BLOCK> Wcb, uint NumberOfMapRegisters,
        ulong ExecutionRoutine)
    {
        View<WAIT_CONTEXT_BLOCK> block = Wcb;
        block.DeviceRoutine = ExecutionRoutine;
        return await Allocate(AdapterObject, block, NumberOfMapRegisters);
    }

    /// <summary>For a driver whose routine answered KeepObject: the channel and the registers with it.</summary>
    [NtExport("IoFreeAdapterChannel", MaxIrql = Irql.Dispatch)]
    public async KTask IoFreeAdapterChannel(Ptr<ADAPTER_OBJECT> DmaAdapter)
    {
        View<ADAPTER_OBJECT> adapter = DmaAdapter;
        if (adapter.AdapterSpare[HeldRegisters] is var held and not 0)
            GiveBack(adapter, held, (uint)adapter.AdapterSpare[HeldCount]);
        adapter.AdapterSpare.Set(HeldRegisters, 0);
        await StartNext(DmaAdapter);
    }

    /// <summary>For a driver whose routine answered DeallocateObjectKeepRegisters, when its transfer is done.</summary>
    [NtExport("IoFreeMapRegisters", MaxIrql = Irql.Dispatch)]
    public async KTask IoFreeMapRegisters(Ptr<ADAPTER_OBJECT> DmaAdapter, ulong MapRegisterBase, uint NumberOfMapRegisters)
    {
        View<ADAPTER_OBJECT> adapter = DmaAdapter;
        GiveBack(adapter, MapRegisterBase, NumberOfMapRegisters);
        if ((adapter.Flags & WaitsForRegisters) == 0)
            return;
        adapter.Flags &= ~WaitsForRegisters;
        if (await Run(DmaAdapter, adapter.CurrentWcb))
            await StartNext(DmaAdapter);
    }

    internal async KTask<NtStatus> Allocate(Ptr<ADAPTER_OBJECT> adapter, View<WAIT_CONTEXT_BLOCK> block, uint registers)
    {
        if (registers > adapter.View.MapRegistersPerChannel)
            return NtStatus.InsufficientResources;
        block.NumberOfMapRegisters = registers;
        if (!Kernel.DeviceQueues.KeInsertDeviceQueue(adapter.View.ChannelWaitQueue.Ptr, block.WaitQueueEntry.Ptr) && await Run(adapter, block))
            await StartNext(adapter);
        return NtStatus.Success;
    }

    private async KTask StartNext(Ptr<ADAPTER_OBJECT> adapter)
    {
        while (Kernel.DeviceQueues.KeRemoveDeviceQueue(adapter.View.ChannelWaitQueue.Ptr) is var next and not 0)
            if (!await Run(adapter, new View<WAIT_CONTEXT_BLOCK>(next)))
                return;
    }

    /// <summary>Calls the routine of the request that has the channel; true if the channel is free afterwards.</summary>
    private async KTask<bool> Run(Ptr<ADAPTER_OBJECT> address, Ptr<WAIT_CONTEXT_BLOCK> blockAddress)
    {
        View<ADAPTER_OBJECT> adapter = address;
        adapter.CurrentWcb = blockAddress;
        uint count = blockAddress.View.NumberOfMapRegisters;
        ulong registers = Take(adapter, count);
        if (registers == 0)
        {
            adapter.Flags |= WaitsForRegisters;
            return false;
        }
        View<WAIT_CONTEXT_BLOCK> block = blockAddress;
        ulong action = await Guest.Call(block.DeviceRoutine, block.DeviceObject, block.CurrentIrp, registers, block.DeviceContext);
        adapter = address;
        switch ((IO_ALLOCATION_ACTION)(uint)action)
        {
            case IO_ALLOCATION_ACTION.DeallocateObject:
                GiveBack(adapter, registers, count);
                return true;
            case IO_ALLOCATION_ACTION.DeallocateObjectKeepRegisters:
                return true;
            default:
                adapter.AdapterSpare.Set(HeldRegisters, registers);
                adapter.AdapterSpare.Set(HeldCount, count);
                return false;
        }
    }

    /// <summary>Consecutive registers, the first one's use count cleared; 0 if there are not enough free.</summary>
    private ulong Take(View<ADAPTER_OBJECT> adapter, uint count)
    {
        if (adapter.NeedsMapRegisters == 0 || count == 0)
            return adapter.MapRegisterBase;
        uint index = Kernel.Bitmaps.RtlFindClearBitsAndSet(adapter.MapRegisters, count, 0);
        if (index == uint.MaxValue)
            return 0;
        adapter.CommittedMapRegisters += count;
        View<MAP_REGISTER_ENTRY> first = DmaAdapters.RegisterAt(adapter, index);
        first.Counter = 0;
        return first.Address;
    }

    private void GiveBack(View<ADAPTER_OBJECT> adapter, ulong registers, uint count)
    {
        if (adapter.NeedsMapRegisters == 0 || count == 0)
            return;
        ulong index = (registers - adapter.MapRegisterBase) / MAP_REGISTER_ENTRY.SizeOf;
        if (registers < adapter.MapRegisterBase || index + count > adapter.NumberOfMapRegisters
            || !Kernel.Bitmaps.RtlAreBitsSet(adapter.MapRegisters, (uint)index, count))
        {
            Kernel.Report(FindingKind.Other, adapter.Address, registers, count, "map registers were freed that are not allocated");
            return;
        }
        Kernel.Bitmaps.RtlClearBits(adapter.MapRegisters, (uint)index, count);
        adapter.CommittedMapRegisters -= count;
    }
}
