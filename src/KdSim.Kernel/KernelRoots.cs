using System.Collections.Immutable;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Dbg;
using KdSim.Kernel.Loader;
using KdSim.Kernel.Routines;

namespace KdSim.Kernel;

/// <summary>
/// The kernel's state that is no structure in guest memory: immutable values only. A component replaces the record
/// (<c>Kernel.Roots = Kernel.Roots with { ... }</c>); a snapshot keeps the reference.
/// </summary>
public sealed record KernelRoots
{
    public Registry Registry { get; init; } = Registry.Empty;

    /// <summary>What drivers did against contracts, in order.</summary>
    public ImmutableList<Finding> Findings { get; init; } = [];

    /// <summary>Imports that nobody implements, in the order of loading.</summary>
    public ImmutableList<MissingImport> MissingImports { get; init; } = [];

    /// <summary>Null while the system lives.</summary>
    public BugCheckRecord? BugCheck { get; init; }

    /// <summary>What the DriverEntry of each driver returned, in order.</summary>
    public ImmutableList<DriverResult> DriverResults { get; init; } = [];
}
