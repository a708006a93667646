using KdSim.Kernel.Routines;
using KdSim.Machine.Buses;
using KdSim.Nt;

namespace KdSim.Kernel.Hal;

/// <summary>
/// Configuration space by bus and slot, for drivers that know no Plug and Play. PCI only: other kinds of bus have no data in this machine. Up to
/// DISPATCH_LEVEL.
/// </summary>
public sealed class BusData(NtKernel kernel) : KernelComponent(kernel)
{
    private const ushort NoVendor = 0xFFFF;

    [NtExport("HalGetBusData", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public uint HalGetBusData(BUS_DATA_TYPE BusDataType, uint BusNumber, uint SlotNumber, ulong Buffer, uint Length) =>
        HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);

    [NtExport("HalSetBusData", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public uint HalSetBusData(BUS_DATA_TYPE BusDataType, uint BusNumber, uint SlotNumber, ulong Buffer, uint Length) =>
        HalSetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);

    /// <summary>How many bytes were read: 0 if there is no such bus; 2, the vendor being FFFF, if the slot is empty.</summary>
    [NtExport("HalGetBusDataByOffset", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public uint HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, uint BusNumber, uint SlotNumber, ulong Buffer, uint Offset, uint Length)
    {
        if (!Exists(BusDataType, BusNumber))
            return 0;
        if (TryFind(BusNumber, SlotNumber, out PciAddress function))
            return Kernel.PciFunctions.Transfer(function, false, Buffer, Offset, Length);
        if (Offset != 0 || Length < sizeof(ushort))
            return 0;
        Memory.WriteU16(Buffer, NoVendor);
        return sizeof(ushort);
    }

    /// <summary>How many bytes were written.</summary>
    [NtExport("HalSetBusDataByOffset", Image = ImageNames.Hal, MaxIrql = Irql.Dispatch)]
    public uint HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, uint BusNumber, uint SlotNumber, ulong Buffer, uint Offset, uint Length) =>
        Exists(BusDataType, BusNumber) && TryFind(BusNumber, SlotNumber, out PciAddress function)
            ? Kernel.PciFunctions.Transfer(function, true, Buffer, Offset, Length) : 0;

    private bool Exists(BUS_DATA_TYPE type, uint bus) => type == BUS_DATA_TYPE.PCIConfiguration && bus == 0 && Kernel.Computer.Pci is not null;

    private bool TryFind(uint bus, uint slot, out PciAddress function)
    {
        function = new PciAddress((int)bus, (int)(slot & 31), (int)(slot >> 5 & 7)); // PCI_SLOT_NUMBER.
        return Kernel.Computer.Pci!.Functions.Contains(function);
    }
}
