using KdSim.CommandLine;
using KdSim.Devices.Pci;
using KdSim.Devices.Pulse;
using KdSim.Kernel;
using KdSim.Machine;
using KdSim.Machine.Buses;
using KdSim.Machines;

namespace KdSim.Live;

/// <summary>
/// A machine built from its description: computer, devices, kernel, the drivers' files read once. Building the same description again gives
/// the same machine: that is what a reboot does.
/// </summary>
sealed class LiveMachine : IDisposable
{
    LiveMachine(MachineDescription description, Computer computer, NtKernel kernel, DriverPackages packages)
    {
        Description = description;
        Computer = computer;
        Kernel = kernel;
        HostPaths = packages.HostPaths;
        Files = packages.Files;
    }

    public MachineDescription Description { get; }
    public Computer Computer { get; }
    public NtKernel Kernel { get; }

    /// <summary>Where the images of drivers came from, by file name in lower case.</summary>
    public IReadOnlyDictionary<string, string> HostPaths { get; }

    /// <summary>The host files that it was made of.</summary>
    public IReadOnlyList<(string Path, byte[] Bytes)> Files { get; }

    /// <exception cref="UsageException">A file is missing or unusable, or a device model is not known.</exception>
    public static LiveMachine Build(MachineDescription description, DriverPackages packages)
    {
        var computer = new Computer(new MachineOptions { Processors = description.Cpus, MemorySize = description.Memory, Seed = description.Seed });
        AddDevices(computer, description);
        var kernel = new NtKernel(computer, packages.BootOptions(description));
        return new LiveMachine(description, computer, kernel, packages);
    }

    public void Dispose() => Computer.Dispose();

    static void AddDevices(Computer computer, MachineDescription description)
    {
        PciBus bus = computer.AddDevice(new PciBus());
        computer.AddDevice(new PciHostBridge(bus));
        foreach (DeviceDescription device in description.Devices)
        {
            var address = new PciAddress(0, (byte)device.Slot, (byte)device.Function);
            switch (device.Model.ToLowerInvariant())
            {
                case "pulse":
                    computer.AddDevice(new PulseFunction(bus, address));
                    break;
                default:
                    throw new UsageException($"device '{device.Name}': the model '{device.Model}' is not known; pulse is");
            }
        }
        PciFirmware.Assign(bus);
    }
}
