using KdSim.Machine;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Pnp;

public class EnumerationTests
{
    [Fact]
    public void A_machine_without_packages_has_its_buses_and_a_function_without_driver()
    {
        using var machine = new PnpMachine([]);
        machine.Run();
        Assert.Null(machine.Computer.Failure);
        Assert.Equal("""
            HTREE\ROOT\0 [] Started
              ROOT\ACPI_HAL\0000 [ACPI_HAL] Started
                ACPI_HAL\PNP0C08\0 [ACPI] Started
                  ACPI\PNP0A08\0 [pci] Started
            """.ReplaceLineEndings("\n"), string.Join('\n', machine.Tree().Split('\n').Take(4)));
        Assert.Contains(@"PCI\VEN_1AF5&DEV_0001&SUBSYS_00011AF5&REV_01\", machine.Tree());
        Assert.Contains("&28 [] Initialized problem 28", machine.Tree());
    }

    [Fact]
    public void The_host_bridge_has_a_null_driver_and_runs()
    {
        using var machine = new PnpMachine([]);
        machine.Run();
        string line = machine.Tree().Split('\n').Single(l => l.Contains(@"PCI\VEN_1AF5&DEV_0100"));
        Assert.EndsWith("[] Started", line);
        View<DEVICE_NODE> bridge = machine.Kernel.DeviceNodes.Find(line.Trim().Split(' ')[0]);
        Assert.Equal([@"\Driver\pci"], machine.Stack(bridge));
        Assert.Equal("PCI host bridge", machine.Kernel.DeviceKeys.Text(bridge, "DeviceDesc"));
        Assert.Equal("System", machine.Kernel.DeviceKeys.Text(bridge, "Class"));
    }

    [Fact]
    public void A_bus_driver_reports_two_children_that_its_package_starts()
    {
        using var machine = new PnpMachine(["pnptest"], @"ROOT\PNPTEST");
        RunResult result = machine.Run();
        Assert.True(result.Reason == StopReason.TimeLimit, result.Text);
        View<DEVICE_NODE> bus = machine.Kernel.DeviceNodes.Find(@"ROOT\PNPTEST\0000");
        Assert.Equal(PNP_DEVNODE_STATE.DeviceNodeStarted, bus.State);
        Assert.Equal([@"\Driver\PnpManager", @"\Driver\pnptest"], machine.Stack(bus));
        int children = 0;
        for (View<DEVICE_NODE> child = bus.Child; !child.IsNull; child = child.Sibling, children++)
        {
            Assert.Equal(PNP_DEVNODE_STATE.DeviceNodeStarted, child.State);
            Assert.Equal([@"\Driver\pnptest", @"\Driver\pnptest"], machine.Stack(child));
        }
        Assert.Equal(2, children);
    }

    [Fact]
    public void Two_runs_are_equal()
    {
        string[] trees = new string[2];
        UInt128[] clocks = new UInt128[2];
        for (int i = 0; i < 2; i++)
        {
            using var machine = new PnpMachine(["pnptest"], @"ROOT\PNPTEST");
            machine.Run();
            trees[i] = machine.Tree();
            clocks[i] = machine.Computer.Hash();
        }
        Assert.Equal(trees[0], trees[1]);
        Assert.Equal(clocks[0], clocks[1]);
    }
}
