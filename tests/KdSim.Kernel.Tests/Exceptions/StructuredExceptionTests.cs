using Xunit;

namespace KdSim.Kernel.Tests.Exceptions;

public class StructuredExceptionTests
{
    [Fact]
    public void Scope_tables_filters_and_unwinds_of_compiled_code_run_as_its_author_expects()
    {
        using var machine = TestMachine.Boot(1, "sehtest");
        var witness = new Witness();
        machine.Kernel.Observer = witness;
        machine.Run(2_000_000_000);
        Assert.Null(machine.Computer.Failure);
        Assert.Null(machine.Kernel.Roots.BugCheck);
        string[] steps = ["catch", "search", "continue", "finally", "unwind", "target frame", "fault in filter", "nested", "collided",
            "fault in finally", "processor", "routines", "many times", "apc level", "noncontinuable", "in a DPC"];
        Assert.Equal([.. steps.Select(s => $"sehtest: {s} ok"), "sehtest: all 16 steps ok"], witness.Printed);
        Assert.All(witness.Exceptions, e => Assert.True(e.IsFirstChance));
    }
}
