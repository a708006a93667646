using KdSim.Machine.Memory;

namespace KdSim.Machine.Buses;

/// <summary>What a device may ask of the machine around it.</summary>
public interface IDeviceHost
{
    /// <summary>Virtual time now: of the processor that runs, or of the event that is being delivered.</summary>
    ulong Now { get; }

    ulong Seed { get; }

    /// <summary>RAM for DMA: snapshots, decoded code and translations are looked after.</summary>
    PhysicalMemory Memory { get; }

    AddressBus Mmio { get; }

    AddressBus Ports { get; }

    void Schedule(ulong due, int owner, int code, ulong argument = 0);

    /// <summary>Removes the owner's pending events with this code.</summary>
    int Cancel(int owner, int code);

    /// <summary>A new source on an IO-APIC input. Call while the machine is being built.</summary>
    IIrqLine ConnectInterrupt(int input);

    /// <summary>A message-signalled interrupt: a write of <paramref name="data"/> to the local APICs' address range.</summary>
    void SendMessage(ulong address, uint data);
}
