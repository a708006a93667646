using KdSim.Kernel.Mm;
using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Machine.Memory;
using KdSim.Nt;

namespace KdSim.Kernel.Hal;

/// <summary>
/// DMA adapters of bus masters: making and giving them back, common buffers. Device addresses are physical addresses. A device that reaches all of RAM and
/// takes scattered pages uses its buffers as they are; any other gets map registers: pages it can reach, through which data is copied. There is no system DMA
/// controller: a description of a slave device gets no adapter. PASSIVE_LEVEL.
/// </summary>
[NtData("HalpDmaOperations", DMA_OPERATIONS.SizeOf, Image = ImageNames.Hal, Type = "_DMA_OPERATIONS")]
public sealed class DmaAdapters(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Page = PhysicalMemory.PageSize;
    private const uint Tag = 0x206C6148; // "Hal "
    private const uint NewestDescription = 2, MostRegisters = 1024;
    private const ulong Reach24 = 0xFF_FFFF, Reach32 = 0xFFFF_FFFF;

    private ulong Operations => Kernel.Data(Datum.HalpDmaOperations);

    /// <summary>At boot: the table behind every adapter.</summary>
    internal void Initialize()
    {
        View<DMA_OPERATIONS> table = new(Operations);
        table.Size = DMA_OPERATIONS.SizeOf;
        table.PutDmaAdapter = Kernel.Stubs.AddressOf(Stub.HalPutDmaAdapter);
        table.AllocateCommonBuffer = Kernel.Stubs.AddressOf(Stub.HalAllocateCommonBuffer);
        table.FreeCommonBuffer = Kernel.Stubs.AddressOf(Stub.HalFreeCommonBuffer);
        table.AllocateAdapterChannel = Kernel.Stubs.AddressOf(Stub.HalRealAllocateAdapterChannel);
        table.FlushAdapterBuffers = Kernel.Stubs.AddressOf(Stub.IoFlushAdapterBuffers);
        table.FreeAdapterChannel = Kernel.Stubs.AddressOf(Stub.IoFreeAdapterChannel);
        table.FreeMapRegisters = Kernel.Stubs.AddressOf(Stub.IoFreeMapRegisters);
        table.MapTransfer = Kernel.Stubs.AddressOf(Stub.IoMapTransfer);
        table.GetDmaAlignment = Kernel.Stubs.AddressOf(Stub.HalGetDmaAlignment);
        table.ReadDmaCounter = Kernel.Stubs.AddressOf(Stub.HalReadDmaCounter);
        table.GetScatterGatherList = Kernel.Stubs.AddressOf(Stub.HalGetScatterGatherList);
        table.PutScatterGatherList = Kernel.Stubs.AddressOf(Stub.HalPutScatterGatherList);
        table.CalculateScatterGatherList = Kernel.Stubs.AddressOf(Stub.HalCalculateScatterGatherListSize);
        table.BuildScatterGatherList = Kernel.Stubs.AddressOf(Stub.HalBuildScatterGatherList);
        table.BuildMdlFromScatterGatherList = Kernel.Stubs.AddressOf(Stub.HalBuildMdlFromScatterGatherList);
        View<OBJECT_TYPE_INITIALIZER> type = Kernel.ObjectTypes.Of(ObjectKind.Adapter).TypeInfo;
        type.DeleteProcedure = Kernel.Stubs.AddressOf(Stub.HalpDeleteAdapter);
    }

    /// <summary>A bus master's adapter, and how many map registers its longest transfer takes; null for what this machine cannot do.</summary>
    [NtExport("IoGetDmaAdapter", MaxIrql = Irql.Passive)]
    public Ptr<ADAPTER_OBJECT> IoGetDmaAdapter(Ptr<DEVICE_OBJECT> PhysicalDeviceObject, Ptr<DEVICE_DESCRIPTION> DeviceDescription,
        Ptr<uint> NumberOfMapRegisters)
    {
        DEVICE_DESCRIPTION description = DeviceDescription.Read();
        if (description.Version > NewestDescription || !description.Master)
            return default;
        uint registers = (uint)Math.Min((description.MaximumLength + Page - 1) / Page + 1, MostRegisters);
        View<ADAPTER_OBJECT> adapter = new(Kernel.Objects.Allocate(ObjectKind.Adapter, ADAPTER_OBJECT.SizeOf));
        Fill(adapter, description, registers);
        adapter.PhysicalDeviceObject = PhysicalDeviceObject;
        if (!TryGiveRegisters(adapter, registers))
        {
            Kernel.Objects.Free(adapter.Address);
            return default;
        }
        NumberOfMapRegisters.Write(registers);
        return adapter.Ptr;
    }

    /// <summary>The older form, for drivers without a physical device object.</summary>
    [NtExport("HalGetAdapter", Image = ImageNames.Hal, MaxIrql = Irql.Passive)]
    public Ptr<ADAPTER_OBJECT> HalGetAdapter(Ptr<DEVICE_DESCRIPTION> DeviceDescription, Ptr<uint> NumberOfMapRegisters) =>
        IoGetDmaAdapter(default, DeviceDescription, NumberOfMapRegisters);

    [NtExport("HalPutDmaAdapter", Image = ImageNames.Hal, MaxIrql = Irql.Passive)]
    public async KTask HalPutDmaAdapter(Ptr<ADAPTER_OBJECT> DmaAdapter) => await Kernel.Objects.Dereference(DmaAdapter);

    /// <summary>The type's DeleteProcedure.</summary>
    [NtRoutine("HalpDeleteAdapter", Image = ImageNames.Hal, MaxIrql = Irql.Passive)]
    public void HalpDeleteAdapter(Ptr<ADAPTER_OBJECT> Adapter)
    {
        View<ADAPTER_OBJECT> adapter = Adapter;
        if (adapter.NeedsMapRegisters != 0)
            for (uint i = 0; i < adapter.NumberOfMapRegisters; i++)
                Kernel.PhysicalPages.Free(RegisterAt(adapter, i).MapRegister);
        Kernel.Pool.Free(adapter.MapRegisterBase, Tag);
        Kernel.Pool.Free(adapter.MapRegisters, Tag);
    }

    /// <summary>Memory that device and driver use at the same time, contiguous and within the device's reach; 0 if there is none.</summary>
    [NtExport("HalAllocateCommonBuffer", Image = ImageNames.Hal, MaxIrql = Irql.Passive)]
    public ulong HalAllocateCommonBuffer(Ptr<ADAPTER_OBJECT> DmaAdapter, uint Length, Ptr<ulong> LogicalAddress, bool CacheEnabled)
    {
        PteBits bits = PteBits.KernelData | (CacheEnabled ? 0 : PteBits.CacheDisable);
        ulong address = Kernel.IoSpace.Allocate(Length, 0, ReachOf(DmaAdapter), 0, bits);
        if (address != 0)
            LogicalAddress.Write(Kernel.IoSpace.MmGetPhysicalAddress(address));
        return address;
    }

    [NtExport("HalFreeCommonBuffer", Image = ImageNames.Hal, MaxIrql = Irql.Passive)]
    public void HalFreeCommonBuffer(Ptr<ADAPTER_OBJECT> DmaAdapter, uint Length, ulong LogicalAddress, ulong VirtualAddress, bool CacheEnabled) =>
        Kernel.IoSpace.FreeRange(VirtualAddress);

    [NtExport("HalGetDmaAlignment", Image = ImageNames.Hal, MaxIrql = Irql.Passive)]
    public uint HalGetDmaAlignment(Ptr<ADAPTER_OBJECT> DmaAdapter) => 1;

    /// <summary>What a system DMA channel has still to transfer; a bus master has none.</summary>
    [NtExport("HalReadDmaCounter", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public uint HalReadDmaCounter(Ptr<ADAPTER_OBJECT> DmaAdapter) => 0;

    /// <summary>The highest address that the device puts on the bus.</summary>
    internal static ulong ReachOf(View<ADAPTER_OBJECT> adapter) => (ulong)adapter.MaximumPhysicalAddress.QuadPart;

    internal static View<MAP_REGISTER_ENTRY> RegisterAt(View<ADAPTER_OBJECT> adapter, uint index) =>
        new(adapter.MapRegisterBase + index * (ulong)MAP_REGISTER_ENTRY.SizeOf);

    private void Fill(View<ADAPTER_OBJECT> adapter, in DEVICE_DESCRIPTION description, uint registers)
    {
        View<DMA_ADAPTER> header = adapter.DmaHeader;
        header.Version = 1;
        header.Size = ADAPTER_OBJECT.SizeOf;
        header.DmaOperations = (Ptr<DMA_OPERATIONS>)Operations;
        adapter.MapRegistersPerChannel = registers;
        ulong reach = description.Dma64BitAddresses ? ulong.MaxValue >> 1 : description.Dma32BitAddresses ? Reach32 : Reach24;
        adapter.MaximumPhysicalAddress = new LARGE_INTEGER { QuadPart = (long)reach };
        adapter.Dma64BitAddresses = description.Dma64BitAddresses ? (byte)1 : (byte)0;
        adapter.Width32Bits = description.Dma32BitAddresses ? (byte)1 : (byte)0;
        adapter.ScatterGather = description.ScatterGather ? (byte)1 : (byte)0;
        adapter.IgnoreCount = description.IgnoreCount ? (byte)1 : (byte)0;
        adapter.DeviceMaximumLength = description.MaximumLength;
        adapter.NeedsMapRegisters = description.ScatterGather && Kernel.Computer.Memory.Size - 1 <= reach ? (byte)0 : (byte)1;
        Kernel.DeviceQueues.KeInitializeDeviceQueue(adapter.ChannelWaitQueue.Ptr);
    }

    /// <summary>Contiguous pages within reach; an adapter that needs none has one register that stands for all.</summary>
    private bool TryGiveRegisters(View<ADAPTER_OBJECT> adapter, uint count)
    {
        bool needed = adapter.NeedsMapRegisters != 0;
        ulong pages = 0;
        if (needed)
        {
            pages = Kernel.PhysicalPages.TryAllocateContiguous(count);
            if (pages == 0 || pages + count * Page - 1 > ReachOf(adapter))
            {
                for (uint i = 0; pages != 0 && i < count; i++)
                    Kernel.PhysicalPages.Free(pages + i * Page);
                return false;
            }
        }
        adapter.NumberOfMapRegisters = needed ? count : 1;
        adapter.MapRegisterBase = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, adapter.NumberOfMapRegisters * (ulong)MAP_REGISTER_ENTRY.SizeOf, Tag);
        for (uint i = 0; needed && i < count; i++)
        {
            View<MAP_REGISTER_ENTRY> register = RegisterAt(adapter, i);
            register.MapRegister = pages + i * Page;
        }
        ulong words = (adapter.NumberOfMapRegisters + 31) / 32;
        ulong bitmap = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, RTL_BITMAP.SizeOf + words * 4, Tag);
        Kernel.Bitmaps.RtlInitializeBitMap(new Ptr<RTL_BITMAP>(bitmap), new Ptr<uint>(bitmap + RTL_BITMAP.SizeOf), adapter.NumberOfMapRegisters);
        adapter.MapRegisters = new Ptr<RTL_BITMAP>(bitmap);
        return true;
    }
}
