using System.Collections.Immutable;

namespace KdSim.Kernel.Boot;

/// <summary>A driver file to load at boot.</summary>
/// <param name="Name">The service's name; the image is NAME.sys.</param>
/// <param name="File">The bytes of the file.</param>
public sealed record BootDriver(string Name, ReadOnlyMemory<byte> File);

/// <summary>What a machine boots with. Part of its identity: equal options give equal runs.</summary>
public sealed record BootOptions
{
    /// <summary>2026-01-01 00:00:00 UTC as a FILETIME.</summary>
    public const long DefaultTime = 134_116_992_000_000_000;

    /// <summary>System time at boot in 100 ns since 1601.</summary>
    public long SystemTime { get; init; } = DefaultTime;

    /// <summary>Drivers whose DriverEntry the initial system thread calls, in order.</summary>
    public ImmutableArray<BootDriver> Drivers { get; init; } = [];
}
