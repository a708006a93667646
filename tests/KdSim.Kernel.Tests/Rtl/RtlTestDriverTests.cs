using KdSim.Kernel.Loader;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Rtl;

public class RtlTestDriverTests
{
    [Fact]
    public void The_driver_that_checks_strings_memory_and_registry_finds_nothing_wrong()
    {
        using var machine = TestMachine.Boot("rtltest");
        var listener = new Listener();
        machine.Kernel.Observer = listener;
        machine.Run(200_000_000);
        Assert.Empty(machine.Kernel.Roots.MissingImports);
        Assert.Equal("rtltest: all 10 steps ok\n", listener.Printed.LastOrDefault());
        Assert.Equal([new DriverResult("rtltest", NtStatus.Success)], machine.Kernel.Roots.DriverResults);
    }

    private sealed class Listener : IKernelObserver
    {
        public List<string> Printed { get; } = [];

        public void DebugPrinted(int cpu, uint component, uint level, string text) => Printed.Add(text);
    }
}
