namespace KdSim.Machine.Buses;

/// <summary>Where a function sits: bus 0 to 255, device 0 to 31, function 0 to 7.</summary>
public readonly record struct PciAddress(int Bus, int Device, int Function)
{
    public override string ToString() => $"{Bus:x2}:{Device:x2}.{Function:x}";
}

/// <summary>Configuration space as a HAL or bus driver sees it. Offsets 0 to 255, sizes 1, 2 and 4, naturally aligned.</summary>
public interface IPciConfiguration
{
    /// <summary>Functions that are present, in order of address.</summary>
    IEnumerable<PciAddress> Functions { get; }

    /// <summary>Slots that the machine has a function for, present or not, in order of address.</summary>
    IEnumerable<PciAddress> Slots { get; }

    /// <summary>
    /// Plugs the slot's function in (in its power-on state) or pulls it out (its registers read as ones from then on). An input from
    /// outside: the caller records it.
    /// </summary>
    void SetPresent(PciAddress address, bool present);

    /// <summary>All ones if the function is absent.</summary>
    uint Read(PciAddress address, int offset, int size);

    void Write(PciAddress address, int offset, int size, uint value);

    /// <summary>
    /// Writes a register of a function, by the name that its data sheet gives it, as a driver would. False if the function is absent, has no such register, or
    /// the register cannot be written. An input from outside: the caller records it.
    /// </summary>
    bool TrySetRegister(PciAddress address, string register, ulong value);

    /// <summary>The IO-APIC input to which the board wires this function's interrupt pin (what ACPI's _PRT
    /// tells); -1 if it has no pin.</summary>
    int InterruptInput(PciAddress address);
}
