using Xunit;

namespace KdSim.Kernel.Tests.Ke;

public class ExecutiveDriverTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void The_driver_that_checks_the_executive_finds_nothing_wrong(int processors)
    {
        using var run = new TestDriverRun("extest", processors);
        run.Machine.Run(2 * TestDriverRun.Second);
        run.AssertPassed("threads", "push locks", "timers", "callbacks", "IPI", "attach", "resources");
    }
}
