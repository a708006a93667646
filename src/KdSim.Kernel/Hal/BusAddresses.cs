using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Hal;

/// <summary>
/// What a bus calls an address or an interrupt, as the processor knows it: for drivers that know no Plug and Play. There is PCI bus 0, and the ISA bus
/// behind it whose lines 0 to 15 are the first IO-APIC inputs. Any IRQL.
/// </summary>
public sealed class BusAddresses(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint MemorySpace = 0, PortSpace = 1;
    private const uint IsaLines = 16, PciLines = 24;

    /// <summary>Memory and ports are the same seen from the bus and from the processor. False for a bus or a space that there is not.</summary>
    [NtExport("HalTranslateBusAddress", Image = ImageNames.Hal)]
    [NtExport("IoTranslateBusAddress")]
    public bool HalTranslateBusAddress(INTERFACE_TYPE InterfaceType, uint BusNumber, ulong BusAddress, Ptr<uint> AddressSpace, Ptr<ulong> TranslatedAddress)
    {
        uint space = AddressSpace.Read();
        if (LinesOf(InterfaceType, BusNumber) == 0 || space > PortSpace || (space == PortSpace && BusAddress > ushort.MaxValue))
            return false;
        TranslatedAddress.Write(BusAddress);
        return true;
    }

    /// <summary>The vector of a bus interrupt, with its IRQL and the processors that can take it; 0 if the bus has no such interrupt.</summary>
    [NtExport("HalGetInterruptVector", Image = ImageNames.Hal)]
    public uint HalGetInterruptVector(INTERFACE_TYPE InterfaceType, uint BusNumber, uint BusInterruptLevel, uint BusInterruptVector, Ptr<byte> Irql,
        Ptr<ulong> Affinity)
    {
        uint line = BusInterruptLevel;
        if (line >= LinesOf(InterfaceType, BusNumber))
            return 0;
        Irql.Write(Interrupts.IrqlOfLine((int)line));
        Affinity.Write(Kernel.Processors.ActiveMask);
        return Interrupts.VectorOfLine((int)line);
    }

    /// <summary>How many interrupt lines a bus has; 0: there is no such bus.</summary>
    private static uint LinesOf(INTERFACE_TYPE type, uint number) => (type, number) switch
    {
        (INTERFACE_TYPE.Isa or INTERFACE_TYPE.Eisa, 0) => IsaLines,
        (INTERFACE_TYPE.Internal or INTERFACE_TYPE.PCIBus, 0) => PciLines,
        _ => 0,
    };
}
