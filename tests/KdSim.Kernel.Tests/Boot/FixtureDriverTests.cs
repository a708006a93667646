using KdSim.Kernel.Loader;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Boot;

/// <summary>The compiled drivers that check the kernel from inside: each prints a line a step, and where a check failed.</summary>
public class FixtureDriverTests
{
    [Theory]
    [InlineData("cmtest", 2)]
    [InlineData("haltest", 6)]
    [InlineData("iotest", 12)]
    [InlineData("kerntest", 12)]
    [InlineData("pooltest", 6)]
    [InlineData("rtltest", 10)]
    [InlineData("sehtest", 16)]
    [InlineData("servtest", 7)]
    [InlineData("wmitest", 2)]
    public void A_checking_driver_finds_nothing_wrong(string driver, int steps)
    {
        using var machine = TestMachine.Boot(driver);
        var observer = new Observer();
        machine.Kernel.Observer = observer;
        machine.Run(2_000_000_000);
        Assert.Null(machine.Computer.Failure);
        Assert.Null(machine.Kernel.Roots.BugCheck);
        Assert.Empty(machine.Kernel.Roots.MissingImports);
        Assert.Equal($"{driver}: all {steps} steps ok\n", observer.Printed.LastOrDefault());
        Assert.Contains(new DriverResult(driver, NtStatus.Success), machine.Kernel.Roots.DriverResults);
        Assert.Equal([(driver, 0u)], observer.Returned); // Not for the bus drivers, which are no legacy services.
    }

    [Fact]
    public void The_pool_driver_leaves_no_block_behind()
    {
        const uint Tag = 0x6C6F6F50; // 'looP' in pooltest.c
        using var machine = TestMachine.Boot("pooltest");
        var observer = new Observer();
        machine.Kernel.Observer = observer;
        machine.Run(2_000_000_000);
        Assert.Contains(observer.Tags, tag => tag == Tag);
        Assert.DoesNotContain(observer.Blocks, block => block.Value == Tag);
    }

    private sealed class Observer : IKernelObserver
    {
        public List<string> Printed { get; } = [];

        public List<(string Service, uint Status)> Returned { get; } = [];

        public HashSet<uint> Tags { get; } = [];

        /// <summary>The tags of the blocks that live, by address.</summary>
        public Dictionary<ulong, uint> Blocks { get; } = [];

        public void PoolAllocated(int cpu, ulong address, ulong size, uint tag)
        {
            Tags.Add(tag);
            Blocks.Add(address, tag); // Throws if nt gives a block that lives.
        }

        public void PoolFreed(int cpu, ulong address, uint tag) => Blocks.Remove(address);

        public void DebugPrinted(int cpu, uint component, uint level, string text) => Printed.Add(text);

        public void LegacyDriverStarted(int cpu, string service, uint status) => Returned.Add((service, status));
    }
}
