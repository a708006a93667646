using KdSim.Machine.Buses;

namespace KdSim.Devices.Pci;

/// <summary>
/// What a PC's firmware does before the system starts: gives each memory BAR an address and writes the wired input into the interrupt line
/// register. Decoding stays off. Slots without a function get nothing; the system assigns what is plugged in later.
/// </summary>
public static class PciFirmware
{
    public const ulong FirstAddress = 0xE0000000;
    public const ulong LastAddress = 0xFEBFFFFF;

    public static void Assign(IPciConfiguration pci)
    {
        ulong next = FirstAddress;
        foreach (PciAddress function in pci.Functions)
        {
            ulong size = BarSize(pci, function);
            if (size != 0)
            {
                ulong address = (next + size - 1) & ~(size - 1);
                if (address + size - 1 > LastAddress)
                    throw new InvalidOperationException($"no room for BAR0 of {function} ({size:x}h bytes)");
                pci.Write(function, PciRegister.Bar0, 4, (uint)address);
                next = address + size;
            }

            int input = pci.InterruptInput(function);
            if (input >= 0)
                pci.Write(function, PciRegister.InterruptLine, 1, (uint)input);
        }
    }

    /// <summary>Bytes of BAR0 by the usual way: write ones, read back, restore. 0 if there is none. Decoding must be off.</summary>
    public static ulong BarSize(IPciConfiguration pci, PciAddress function)
    {
        uint before = pci.Read(function, PciRegister.Bar0, 4);
        pci.Write(function, PciRegister.Bar0, 4, uint.MaxValue);
        uint mask = pci.Read(function, PciRegister.Bar0, 4) & ~15u;
        pci.Write(function, PciRegister.Bar0, 4, before);
        return mask == 0 ? 0 : ~mask + 1;
    }
}
