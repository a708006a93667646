using KdSim.Machine;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Pnp;

/// <summary>The sample driver and its filter, installed by their INFs on a machine with the hardware.</summary>
public class PulseTests
{
    private const ulong End = 100_000_000;
    private static readonly string[] Packages = ["pulse", "pulseflt"];

    [Fact]
    public void The_filter_stands_over_the_function_driver_over_the_bus()
    {
        using var machine = new PnpMachine(Packages);
        RunResult result = machine.Run();
        Assert.True(result.Reason == StopReason.TimeLimit, result.Text);
        Assert.Empty(machine.Kernel.Roots.MissingImports);
        Assert.Empty(machine.Kernel.Roots.Findings);
        View<DEVICE_NODE> pulse = PulseOf(machine);
        Assert.Equal("pulse", machine.Kernel.DeviceNodes.Text(pulse.ServiceName));
        Assert.Equal(0u, (uint)pulse.Problem);
        Assert.Equal([@"\Driver\pci", @"\Driver\pulse", @"\Driver\pulseflt"], machine.Stack(pulse));
    }

    [Fact]
    public void Every_device_with_a_driver_is_started()
    {
        using var machine = new PnpMachine(Packages);
        machine.Run();
        string[] lines = machine.Tree().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(lines, line => line.TrimStart().StartsWith(@"PCI\VEN_1AF5&DEV_0001", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.EndsWith("] Started", line));
        Assert.All(machine.Kernel.Roots.DriverResults, driver => Assert.True(driver.Status.IsSuccess, driver.Service));
        Assert.Equal(["ACPI_HAL", "ACPI", "pci", "pulse", "pulseflt"], machine.Kernel.Roots.DriverResults.Select(driver => driver.Service));
    }

    [Fact]
    public void Two_runs_are_equal()
    {
        using var first = new PnpMachine(Packages);
        using var second = new PnpMachine(Packages);
        first.Run();
        second.Run();
        Assert.Equal(first.Tree(), second.Tree());
        Assert.Equal(first.Computer.Hash(), second.Computer.Hash());
    }

    /// <summary>The moments: pci is not there yet, pulse is loaded, so is pulseflt, the device is being started, all is quiet.</summary>
    [Theory]
    [InlineData(150_000)]
    [InlineData(291_500)]
    [InlineData(295_000)]
    [InlineData(325_000)]
    [InlineData(1_000_000)]
    public void A_snapshot_within_the_start_goes_on_as_an_unbroken_run(ulong moment)
    {
        using var unbroken = new PnpMachine(Packages);
        unbroken.Computer.Run(RunRequest.Until(End));
        using var machine = new PnpMachine(Packages);
        machine.Computer.Run(RunRequest.Until(moment));
        UInt128 before = machine.Computer.Hash();
        var snapshot = machine.Computer.TakeSnapshot();
        Assert.Equal(before, machine.Computer.Hash());
        for (int turn = 0; turn < 2; turn++)
        {
            machine.Computer.Run(RunRequest.Until(End));
            Assert.Null(machine.Computer.Failure);
            Assert.Equal(unbroken.Computer.Hash(), machine.Computer.Hash());
            Assert.Equal(unbroken.Kernel.Roots.DriverResults, machine.Kernel.Roots.DriverResults);
            machine.Computer.Restore(snapshot);
            Assert.Equal(before, machine.Computer.Hash());
        }
    }

    private static View<DEVICE_NODE> PulseOf(PnpMachine machine)
    {
        for (View<DEVICE_NODE> node = machine.Kernel.DeviceNodes.Root; !node.IsNull; node = machine.Kernel.DeviceNodes.Next(node))
            if (machine.Kernel.DeviceNodes.PathOf(node).StartsWith(@"PCI\VEN_1AF5&DEV_0001", StringComparison.Ordinal))
                return node;
        throw new InvalidOperationException("no Pulse in the device tree:\n" + machine.Tree());
    }
}
