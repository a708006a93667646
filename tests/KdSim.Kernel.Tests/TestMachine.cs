using KdSim.Kernel.Boot;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Scenarios;
using KdSim.Machine;

namespace KdSim.Kernel.Tests;

/// <summary>A computer with a kernel that has booted, and the drivers of this repository by name.</summary>
internal sealed class TestMachine : IDisposable
{
    private TestMachine(MachineOptions options, BootOptions boot)
    {
        Computer = new Computer(options);
        Kernel = new NtKernel(Computer, boot);
        Kernel.Boot();
    }

    public Computer Computer { get; }

    public NtKernel Kernel { get; }

    public static TestMachine Boot(params string[] drivers) => Boot(2, drivers);

    public static TestMachine Boot(int processors, params string[] drivers) =>
        new(new MachineOptions { Processors = processors }, new BootOptions { Drivers = [.. drivers.Select(Driver)] });

    public static TestMachine Boot(Registry registry, params string[] drivers) =>
        new(new MachineOptions { Processors = 2 }, new BootOptions { Registry = registry, Drivers = [.. drivers.Select(Driver)] });

    public static TestMachine Boot(ScenarioProgram scenario, params string[] drivers) =>
        new(new MachineOptions { Processors = 2 }, new BootOptions { Scenario = scenario, Drivers = [.. drivers.Select(Driver)] });

    /// <summary>Runs, but at most this much virtual time (ticks; 10 ms unless told).</summary>
    public RunResult Run(ulong ticks = 20_000_000) => Computer.Run(RunRequest.Until(ticks));

    public void Dispose() => Computer.Dispose();

    private static BootDriver Driver(string name) => new(name, File.ReadAllBytes(FindDriver(name)));

    private static string FindDriver(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            foreach (string place in new[] { "src/drivers", "tests/fixtures/drivers" })
                if (Path.Combine(folder.FullName, place, name, name + ".sys") is var path && File.Exists(path))
                    return path;
        throw new FileNotFoundException($"no driver {name}.sys in src/drivers or tests/fixtures/drivers");
    }
}
