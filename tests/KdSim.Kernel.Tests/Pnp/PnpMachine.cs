using System.Collections.Immutable;
using System.Text;
using KdSim.Devices.Pci;
using KdSim.Devices.Pulse;
using KdSim.Kernel.Boot;
using KdSim.Kernel.Pnp.Installation;
using KdSim.Machine;
using KdSim.Machine.Buses;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Pnp;

/// <summary>A machine with PCI, its host bridge, one Pulse, and driver packages of this repository in its store.</summary>
internal sealed class PnpMachine : IDisposable
{
    public PnpMachine(string[] packages, params string[] rootDevices)
    {
        Computer = new Computer(new MachineOptions { Processors = 2 });
        PciBus bus = Computer.AddDevice(new PciBus());
        Computer.AddDevice(new PciHostBridge(bus));
        Computer.AddDevice(new PulseFunction(bus, new PciAddress(0, 5, 0)));
        PciFirmware.Assign(bus);
        Kernel = new NtKernel(Computer, new BootOptions
        {
            Packages = [.. packages.Select(Package)],
            RootDevices = [.. rootDevices],
            DeviceNames = ImmutableSortedDictionary<string, (int, int)>.Empty.Add("pulse0", (5, 0)),
        });
        Kernel.Boot();
    }

    public Computer Computer { get; }

    public NtKernel Kernel { get; }

    /// <summary>Runs, at most 50 ms of virtual time.</summary>
    public RunResult Run()
    {
        RunResult result = Computer.Run(RunRequest.Until(100_000_000));
        Kernel.Enter(Computer.Processors[0]);
        Assert.True(Computer.Failure is null && Kernel.Roots.BugCheck is null, $"{result} {Computer.Failure} {Kernel.Roots.BugCheck}\n{Tree()}");
        return result;
    }

    /// <summary>The device tree, one line a node: path, service, state, problem.</summary>
    public string Tree()
    {
        var text = new StringBuilder();
        for (View<DEVICE_NODE> node = Kernel.DeviceNodes.Root; !node.IsNull; node = Kernel.DeviceNodes.Next(node))
        {
            text.Append(' ', (int)node.Level * 2).Append(Kernel.DeviceNodes.PathOf(node)).Append(" [").Append(Kernel.DeviceNodes.Text(node.ServiceName));
            text.Append("] ").Append(node.State.ToString()["DeviceNode".Length..]);
            text.Append(node.Problem != 0 ? $" problem {node.Problem} ({(uint)node.ProblemStatus:x8})\n" : "\n");
        }
        return text.ToString();
    }

    /// <summary>The drivers of a device's stack, bottom first.</summary>
    public string[] Stack(View<DEVICE_NODE> node)
    {
        var names = new List<string>();
        for (Ptr<DEVICE_OBJECT> device = node.PhysicalDeviceObject; !device.IsNull; device = device.View.AttachedDevice)
            names.Add(Kernel.DeviceNodes.Text(device.View.DriverObject.View.DriverName));
        return [.. names];
    }

    public void Dispose() => Computer.Dispose();

    private static DriverPackage Package(string name)
    {
        string folder = Folder(name);
        return new DriverPackage(InfFile.Parse(name + ".inf", File.ReadAllText(Path.Combine(folder, name + ".inf"))),
            ImmutableSortedDictionary.Create<string, ReadOnlyMemory<byte>>(StringComparer.OrdinalIgnoreCase)
                .Add(name + ".sys", File.ReadAllBytes(Path.Combine(folder, name + ".sys"))));
    }

    private static string Folder(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            foreach (string place in new[] { "src/drivers", "tests/fixtures/drivers" })
                if (Path.Combine(folder.FullName, place, name) is var path && File.Exists(Path.Combine(path, name + ".inf")))
                    return path;
        throw new FileNotFoundException($"no package {name} in src/drivers or tests/fixtures/drivers");
    }
}
