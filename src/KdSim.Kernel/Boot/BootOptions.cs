using System.Collections.Immutable;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Pnp.Installation;
using KdSim.Kernel.Scenarios;

namespace KdSim.Kernel.Boot;

/// <summary>A driver file that is loaded as a legacy service: \Driver\NAME, without a device node.</summary>
/// <param name="Name">The service's name; the image is NAME.sys.</param>
/// <param name="File">The bytes of the file.</param>
public sealed record BootDriver(string Name, ReadOnlyMemory<byte> File);

/// <summary>
/// A driver package in the machine's driver store. When a device is found that has no driver yet, the packages are matched against it and the best
/// one is installed (<see cref="InfInstaller"/>); an INF with a [DefaultInstall] section is installed at boot.
/// </summary>
/// <param name="Inf">The INF.</param>
/// <param name="Files">The files that it may copy, by their source name.</param>
public sealed record DriverPackage(InfFile Inf, ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> Files);

/// <summary>What a machine boots with. Part of its identity: equal options give equal runs.</summary>
public sealed record BootOptions
{
    /// <summary>2026-01-01 00:00:00 UTC as a FILETIME.</summary>
    public const long DefaultTime = 134_116_992_000_000_000;

    /// <summary>System time at boot in 100 ns since 1601.</summary>
    public long SystemTime { get; init; } = DefaultTime;

    /// <summary>
    /// Which levels of DbgPrint, and of the components of hardware vendors, are shown from the start (bits, as in nt!Kd_DEFAULT_Mask). All of them: who runs
    /// a driver here wants to see what it prints. NT's own default is 0.
    /// </summary>
    public uint DebugPrintMask { get; init; } = 0xF;

    /// <summary>
    /// As under Driver Verifier's force IRQL checking: pageable code and data (PAGE sections, paged pool, pageable routines of nt) are gone at DISPATCH_LEVEL
    /// and above, so that each use there is a page fault. Without it they stay in memory, as they do on a machine with memory to spare.
    /// </summary>
    public bool ForceIrqlChecking { get; init; } = true;

    /// <summary>How long one DPC may run (nt!KeDpcTimeoutMs), in milliseconds; 0: as long as it likes.</summary>
    public uint DpcTimeoutMs { get; init; } = 20_000;

    /// <summary>How long a processor may stay at DISPATCH_LEVEL or above (nt!KeDpcWatchdogPeriodMs), in milliseconds; 0: as long as it likes.</summary>
    public uint DpcWatchdogPeriodMs { get; init; } = 120_000;

    /// <summary>Drivers whose DriverEntry the initial system thread calls, in order, before devices are enumerated.</summary>
    public ImmutableArray<BootDriver> Drivers { get; init; } = [];

    /// <summary>Driver packages for the devices that enumeration finds.</summary>
    public ImmutableArray<DriverPackage> Packages { get; init; } = [];

    /// <summary>Hardware IDs for which the root bus makes a device node each, such as ROOT\PNPTEST.</summary>
    public ImmutableArray<string> RootDevices { get; init; } = [];

    /// <summary>The registry to begin with; installations add to it.</summary>
    public Registry Registry { get; init; } = Registry.Empty;

    /// <summary>Devices of the machine by the name that scenarios use, as PCI (device, function) on bus 0.</summary>
    public ImmutableSortedDictionary<string, (int Device, int Function)> DeviceNames { get; init; } =
        ImmutableSortedDictionary.Create<string, (int, int)>(StringComparer.OrdinalIgnoreCase);

    /// <summary>What user programs and the world do once the device tree is started.</summary>
    public ScenarioProgram? Scenario { get; init; }
}
