using KdSim.CommandLine;

namespace KdSim.Machines;

/// <summary>Which machine the command line asks for: a machine file, or the demo, with what the options change in it.</summary>
static class MachineChoice
{
    static string DemoFile => Path.Combine(AppContext.BaseDirectory, "machines", "demo.toml");

    public static MachineDescription From(Options options)
    {
        MachineDescription machine = MachineFile.Load(options.Machine ?? DemoFile);

        // Drivers given without a machine file get the demo's hardware, but not its drivers and programs.
        if (options.Drivers.Count > 0 && options.Machine is null) machine = machine with { Drivers = [], Scenario = null };
        if (options.Drivers.Count == 0 && options.HardwareId is not null) throw new UsageException("--hwid: needs the --driver whose device it names");

        DriverDescription[] added = [.. options.Drivers.Select(path => new DriverDescription(Path.GetFullPath(path), HardwareIdFor(path, options)))];
        return machine with
        {
            Drivers = [.. machine.Drivers, .. added],
            Scenario = options.Scenario is { } scenario ? Path.GetFullPath(scenario) : machine.Scenario,
            Cpus = options.Cpus ?? machine.Cpus,
            Memory = CheckedMemory(options.Memory ?? machine.Memory),
            Seed = options.Seed ?? machine.Seed,
        };
    }

    static string? HardwareIdFor(string path, Options options)
    {
        string extension = Path.GetExtension(path);
        bool isInf = extension.Equals(".inf", StringComparison.OrdinalIgnoreCase);
        if (!isInf && !extension.Equals(".sys", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"--driver: an .inf or a .sys expected, found '{path}'");
        return isInf ? options.HardwareId : null;
    }

    static ulong CheckedMemory(ulong bytes)
    {
        const ulong Least = 64ul << 20, Most = KdSim.Machine.Memory.PhysicalMemory.MaximumSize;
        return bytes is >= Least and <= Most && bytes % (1 << 20) == 0
            ? bytes
            : throw new UsageException($"memory: whole megabytes from {Least >> 20}M to {Most >> 20}M expected, found {bytes} bytes");
    }
}
