using System.Collections.Immutable;
using KdSim.CommandLine;
using KdSim.Kernel.Boot;
using KdSim.Kernel.Pnp.Installation;
using KdSim.Kernel.Scenarios;
using KdSim.Symbols.Pdb;
using KdSim.Symbols.Pe;

namespace KdSim.Machines;

/// <summary>
/// The host files of a machine, read once: INFs with the files beside them, images of legacy drivers, the scenario. What is wrong with one of
/// them is said before the machine starts.
/// </summary>
sealed class DriverPackages
{
    readonly HostFiles _files;
    readonly List<DriverPackage> _packages = [];
    readonly List<BootDriver> _legacy = [];
    readonly List<string> _rootDevices = [];
    readonly Dictionary<string, string> _hostPaths = [];
    ScenarioProgram? _scenario;

    DriverPackages(HostFiles files) => _files = files;

    /// <summary>The files that were read, in that order.</summary>
    public IReadOnlyList<(string Path, byte[] Bytes)> Files => _files.All;

    /// <summary>Host paths of images, by file name in lower case.</summary>
    public IReadOnlyDictionary<string, string> HostPaths => _hostPaths;

    /// <summary>The folders that images came from: their PDBs and sources are there.</summary>
    public IEnumerable<string> Folders =>
        _hostPaths.Values.Select(path => Path.GetDirectoryName(path)!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <exception cref="UsageException">A file is missing or broken.</exception>
    public static DriverPackages Read(MachineDescription machine, HostFiles? files = null)
    {
        var packages = new DriverPackages(files ?? new HostFiles());
        foreach (DriverDescription driver in machine.Drivers)
            if (Path.GetExtension(driver.Path).Equals(".inf", StringComparison.OrdinalIgnoreCase)) packages.AddPackage(driver);
            else packages.AddLegacy(driver.Path);
        if (machine.Scenario is { } scenario) packages._scenario = packages.ReadScenario(scenario);
        return packages;
    }

    public BootOptions BootOptions(MachineDescription machine) => new()
    {
        SystemTime = machine.Boot.ToFileTimeUtc(),
        ForceIrqlChecking = machine.ForceIrqlChecking,
        DpcTimeoutMs = machine.DpcTimeoutMs,
        DpcWatchdogPeriodMs = machine.DpcWatchdogPeriodMs,
        Drivers = [.. _legacy],
        Packages = [.. _packages],
        RootDevices = [.. _rootDevices],
        DeviceNames = machine.Devices.ToImmutableSortedDictionary(
            device => device.Name, device => (device.Slot, device.Function), StringComparer.OrdinalIgnoreCase),
        Scenario = _scenario,
    };

    void AddPackage(DriverDescription driver)
    {
        InfFile inf = ReadInf(driver.Path);
        string folder = Path.GetDirectoryName(driver.Path)!;
        var files = ImmutableSortedDictionary.CreateBuilder<string, ReadOnlyMemory<byte>>(StringComparer.OrdinalIgnoreCase);
        foreach (string source in SourcesOf(inf))
        {
            string path = Path.Combine(folder, source);
            if (!_files.Exists(path)) throw new UsageException($"{driver.Path}: the file '{source}' that it copies is not in {folder}");
            byte[] bytes = _files.Read(path);
            if (Path.GetExtension(source).Equals(".sys", StringComparison.OrdinalIgnoreCase)) AddImage(path, bytes);
            files[source] = bytes;
        }
        _packages.Add(new DriverPackage(inf, files.ToImmutable()));
        if (driver.HardwareId is { } id) _rootDevices.Add(id);
    }

    void AddLegacy(string path)
    {
        byte[] bytes = _files.Read(path);
        AddImage(path, bytes);
        _legacy.Add(new BootDriver(Path.GetFileNameWithoutExtension(path), bytes));
    }

    void AddImage(string path, byte[] bytes)
    {
        try
        {
            PeImage.Parse(bytes, path).EnsureDriver();
        }
        catch (BadImageException error)
        {
            throw new UsageException(error.Message);
        }
        string host = _files.Find(path);
        CheckSymbols(Path.ChangeExtension(host, ".pdb"));
        _hostPaths[Path.GetFileName(path).ToLowerInvariant()] = host;
    }

    /// <summary>A broken PDB beside an image is said at once, not when the first symbol is looked up. One that is missing is no mistake.</summary>
    static void CheckSymbols(string path)
    {
        if (!File.Exists(path)) return;
        try
        {
            _ = PdbFile.Parse(File.ReadAllBytes(path), path).Modules;
        }
        catch (BadPdbException error)
        {
            throw new UsageException(error.Message);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {error.Message}");
        }
    }

    /// <summary>The files that the INF's sections copy, by the name that they have beside it.</summary>
    static IEnumerable<string> SourcesOf(InfFile inf)
    {
        var names = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            foreach (string section in inf.SectionNames)
                foreach (InfLine line in inf.Lines(section))
                {
                    if (!"CopyFiles".Equals(line.Key, StringComparison.OrdinalIgnoreCase)) continue;
                    for (int i = 0; i < line.Fields.Length; i++)
                    {
                        string copied = inf.Text(line, i);
                        if (copied.StartsWith('@')) names.Add(copied[1..]);
                        else
                            foreach (InfLine file in inf.Lines(copied))
                                names.Add(inf.Text(file, 1) is { Length: > 0 } source ? source : inf.Text(file, 0));
                    }
                }
        }
        catch (InfException error)
        {
            throw new UsageException(error.Message);
        }
        return names;
    }

    InfFile ReadInf(string path)
    {
        try
        {
            return InfFile.Parse(path, _files.Read(path));
        }
        catch (InfException error)
        {
            throw new UsageException(error.Message);
        }
    }

    ScenarioProgram ReadScenario(string path)
    {
        try
        {
            return ScenarioProgram.Compile(ScenarioGrammar.Parse(path, System.Text.Encoding.UTF8.GetString(_files.Read(path))));
        }
        catch (ScenarioException error)
        {
            throw new UsageException(error.Message);
        }
    }
}
