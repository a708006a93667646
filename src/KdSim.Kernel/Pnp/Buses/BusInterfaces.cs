using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp.Buses;

/// <summary>BUS_INTERFACE_STANDARD of a PCI function: configuration space through function pointers, at up to DISPATCH_LEVEL.</summary>
public sealed class BusInterfaces(NtKernel kernel) : KernelComponent(kernel)
{
    private static readonly Guid Standard = new("496b8280-6f25-11d0-beaf-08002be2092f");

    internal NtStatus Query(View<BUS_EXTENSION> child, View<IRP> irp, ulong parameters, ref ulong information)
    {
        Span<byte> type = stackalloc byte[16];
        Memory.Read(Memory.ReadU64(parameters), type);
        information = irp.IoStatus.Information;
        if (new Guid(type) != Standard)
            return irp.IoStatus.Status;
        if (Memory.ReadU16(parameters + 8) < BUS_INTERFACE_STANDARD.SizeOf)
            return NtStatus.InvalidParameter;
        View<BUS_INTERFACE_STANDARD> table = new(Memory.ReadU64(parameters + 16));
        table.Size = BUS_INTERFACE_STANDARD.SizeOf;
        table.Version = 1;
        table.Context = child.Address;
        table.InterfaceReference = Kernel.Stubs.AddressOf(Stub.PciInterfaceReference);
        table.InterfaceDereference = Kernel.Stubs.AddressOf(Stub.PciInterfaceDereference);
        table.TranslateBusAddress = Kernel.Stubs.AddressOf(Stub.PciTranslateBusAddress);
        table.GetDmaAdapter = Kernel.Stubs.AddressOf(Stub.PciGetDmaAdapter);
        table.SetBusData = Kernel.Stubs.AddressOf(Stub.PciSetBusData);
        table.GetBusData = Kernel.Stubs.AddressOf(Stub.PciGetBusData);
        child.InterfaceReferences++;
        return NtStatus.Success;
    }

    [NtRoutine("PciInterfaceReference", Image = ImageNames.Pci, MaxIrql = Irql.Dispatch)]
    public void PciInterfaceReference(ulong Context)
    {
        View<BUS_EXTENSION> child = new(Context);
        child.InterfaceReferences++;
    }

    [NtRoutine("PciInterfaceDereference", Image = ImageNames.Pci, MaxIrql = Irql.Dispatch)]
    public void PciInterfaceDereference(ulong Context)
    {
        View<BUS_EXTENSION> child = new(Context);
        child.InterfaceReferences--;
    }

    /// <summary>Bus addresses are processor addresses here.</summary>
    [NtRoutine("PciTranslateBusAddress", Image = ImageNames.Pci, MaxIrql = Irql.Dispatch)]
    public bool PciTranslateBusAddress(ulong Context, ulong BusAddress, uint Length, Ptr<uint> AddressSpace, Ptr<ulong> TranslatedAddress)
    {
        TranslatedAddress.Write(BusAddress);
        return true;
    }

    [NtRoutine("PciGetDmaAdapter", Image = ImageNames.Pci, MaxIrql = Irql.Passive)]
    public async KTask<ulong> PciGetDmaAdapter(ulong Context, ulong DeviceDescriptor, ulong NumberOfMapRegisters) =>
        await Guest.Call(Kernel.NtExports["IoGetDmaAdapter"], new View<BUS_EXTENSION>(Context).Self, DeviceDescriptor, NumberOfMapRegisters);

    [NtRoutine("PciSetBusData", Image = ImageNames.Pci, MaxIrql = Irql.Dispatch)]
    public uint PciSetBusData(ulong Context, uint DataType, ulong Buffer, uint Offset, uint Length) =>
        DataType == 0 ? Kernel.PciFunctions.Transfer(new View<BUS_EXTENSION>(Context), true, Buffer, Offset, Length) : 0;

    [NtRoutine("PciGetBusData", Image = ImageNames.Pci, MaxIrql = Irql.Dispatch)]
    public uint PciGetBusData(ulong Context, uint DataType, ulong Buffer, uint Offset, uint Length) =>
        DataType == 0 ? Kernel.PciFunctions.Transfer(new View<BUS_EXTENSION>(Context), false, Buffer, Offset, Length) : 0;
}
