using KdSim.Kernel.Loader;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Ke;

/// <summary>A booted machine with one of the drivers that check the kernel in their DriverEntry.</summary>
internal sealed class TestDriverRun : IDisposable, IKernelObserver
{
    public const ulong Second = 2_000_000_000;
    private readonly string _driver;

    public TestDriverRun(string driver, int processors = 2)
    {
        _driver = driver;
        Machine = TestMachine.Boot(processors, driver);
        Machine.Kernel.Observer = this;
    }

    public TestMachine Machine { get; }

    public List<string> Printed { get; } = [];

    public void DebugPrinted(int cpu, uint component, uint level, string text) => Printed.Add(text.TrimEnd('\n'));

    /// <summary>Its DriverEntry has returned STATUS_SUCCESS, having printed a line for each of its steps.</summary>
    public void AssertPassed(params string[] steps)
    {
        Assert.Null(Machine.Computer.Failure);
        Assert.Empty(Machine.Kernel.Roots.MissingImports);
        Assert.Equal([.. steps.Select(s => $"{_driver}: {s} ok"), $"{_driver}: all {steps.Length} steps ok"], Printed);
        Assert.Equal(new DriverResult(_driver, NtStatus.Success), Machine.Kernel.Roots.DriverResults[0]);
        Assert.Empty(Machine.Kernel.Roots.Findings);
    }

    public void Dispose() => Machine.Dispose();
}
