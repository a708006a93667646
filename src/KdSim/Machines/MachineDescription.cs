namespace KdSim.Machines;

/// <summary>What happens when all user threads are done and nothing is pending but the clock.</summary>
enum OnIdle { Break, Run, Exit }

/// <summary>A device on a bus of the machine.</summary>
/// <param name="Name">What scenarios and messages call it.</param>
/// <param name="Model">The hardware model: `pulse`.</param>
/// <param name="Slot">Its device number on PCI bus 0.</param>
/// <param name="Plugged">False where a scenario plugs it later.</param>
sealed record DeviceDescription(string Name, string Model, int Slot, int Function, bool Plugged);

/// <summary>A driver package or image on the host.</summary>
/// <param name="Path">An .inf or a .sys, absolute.</param>
/// <param name="HardwareId">For an INF of a root-enumerated device: the ID of the device node to make.</param>
sealed record DriverDescription(string Path, string? HardwareId);

/// <summary>A machine file, checked: everything that decides what the machine does, with absolute host paths.</summary>
sealed record MachineDescription
{
    public string Name { get; init; } = "machine";
    public int Cpus { get; init; } = 2;
    public ulong Memory { get; init; } = 256ul << 20;
    public ulong Seed { get; init; } = 1;

    /// <summary>The virtual date of boot, UTC.</summary>
    public DateTime Boot { get; init; } = new(2026, 1, 5, 9, 0, 0, DateTimeKind.Utc);

    /// <summary>Pageable memory is gone at DISPATCH_LEVEL and above; false keeps it, as a machine with memory to spare does.</summary>
    public bool ForceIrqlChecking { get; init; } = true;

    /// <summary>How long one DPC may run, and a processor stay at DISPATCH_LEVEL or above, in virtual milliseconds; 0: no limit.</summary>
    public uint DpcTimeoutMs { get; init; } = 20_000;
    public uint DpcWatchdogPeriodMs { get; init; } = 120_000;

    public OnIdle OnIdle { get; init; }
    public string? Scenario { get; init; }
    public IReadOnlyList<DeviceDescription> Devices { get; init; } = [];
    public IReadOnlyList<DriverDescription> Drivers { get; init; } = [];
}
