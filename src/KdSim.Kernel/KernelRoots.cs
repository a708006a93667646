using System.Collections.Immutable;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Dbg;
using KdSim.Kernel.Loader;
using KdSim.Kernel.Pnp.Installation;
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

    /// <summary>INF files from which new devices get their drivers.</summary>
    public ImmutableArray<InfFile> DriverStore { get; init; } = [];

    /// <summary>Files that installations copied: NT path to the name of the source file.</summary>
    public ImmutableSortedDictionary<string, string> InstalledFiles { get; init; } = InfInstaller.NoFiles;

    /// <summary>Driver images by the NT path of their file.</summary>
    public ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> DriverFiles { get; init; } =
        ImmutableSortedDictionary.Create<string, ReadOnlyMemory<byte>>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Writes the content in one fixed order: what a machine's hash takes in. Files of drivers are the machine's identity, their names do.</summary>
    internal void WriteTo(BinaryWriter writer)
    {
        Registry.WriteTo(writer);
        foreach (Finding finding in Findings)
            writer.Write(finding.ToString());
        foreach (MissingImport missing in MissingImports)
            writer.Write(missing.ToString());
        writer.Write(BugCheck?.ToString() ?? "");
        foreach (DriverResult driver in DriverResults)
            writer.Write(driver.ToString());
        foreach (InfFile inf in DriverStore)
            writer.Write(inf.FileName);
        foreach ((string path, string source) in InstalledFiles)
        {
            writer.Write(path);
            writer.Write(source);
        }

        foreach (string path in DriverFiles.Keys)
            writer.Write(path);
    }
}
