using KdSim.Machine.Buses;

namespace KdSim.Devices.Pci;

/// <summary>The host bridge at 00:00.0: a header and nothing behind it. Its numbers are KdSim's own.</summary>
public sealed class PciHostBridge(PciBus bus)
    : PciFunction<PciHostBridge.State>("PCI host bridge", bus, new PciAddress(0, 0, 0), new PciIdentity(0x1AF5, 0x0100, 1, 0x060000), 0, true)
{
    public struct State
    {
        /// <summary>A struct needs a field; the bridge needs none.</summary>
        public uint Reserved;
    }

    protected override ulong ReadRegister(ulong offset, int size) => throw NoRegisters(offset);

    protected override ulong PeekRegister(ulong offset, int size) => throw NoRegisters(offset);

    protected override void WriteRegister(ulong offset, int size, ulong value) => throw NoRegisters(offset);

    protected override void ResetOwn()
    {
    }

    protected override void OnPowerDown()
    {
    }

    private BadRegisterException NoRegisters(ulong offset) => new(Name, offset, "the bridge has no registers");
}
