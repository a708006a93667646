using Xunit;

namespace KdSim.Kernel.Tests.Exceptions;

public class StructuredExceptionTests
{
    /// <summary>
    /// The ninth step, "collided", expects a termination handler for which the compiled driver has no row in its scope table (its inner handler never
    /// ends, so clang dropped the outer one): DriverEntry ends there.
    /// </summary>
    [Fact]
    public void Scope_tables_filters_and_unwinds_of_compiled_code_run_as_its_author_expects()
    {
        using var machine = TestMachine.Boot(1, "sehtest");
        var witness = new Witness();
        machine.Kernel.Observer = witness;
        machine.Run(2_000_000_000);
        Assert.Null(machine.Computer.Failure);
        Assert.Null(machine.Kernel.Roots.BugCheck);
        string[] steps = ["catch", "search", "continue", "finally", "unwind", "target frame", "fault in filter", "nested"];
        Assert.Equal(steps.Select(s => $"sehtest: {s} ok"), witness.Printed.Take(steps.Length));
        Assert.All(witness.Exceptions, e => Assert.True(e.IsFirstChance));
    }
}
