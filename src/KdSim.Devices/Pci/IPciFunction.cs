using KdSim.Machine.Buses;

namespace KdSim.Devices.Pci;

/// <summary>A function as its bus sees it.</summary>
public interface IPciFunction
{
    PciAddress Address { get; }

    PciIdentity Identity { get; }

    bool IsPresent { get; }

    uint ReadConfiguration(int offset, int size);

    void WriteConfiguration(int offset, int size, uint value);

    void SetPresent(bool present);

    /// <inheritdoc cref="IPciConfiguration.TrySetRegister"/>
    bool TrySetRegister(string register, ulong value);

    /// <summary>Makes function 0 say that its device has others.</summary>
    void MarkMultifunction();
}
