using Xunit;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>Runs of instructions against the host processor: whole blocks as guest code runs them, and the same cut after every instruction.</summary>
public class SequenceTests
{
    const int Sequences = 8000;

    [Fact]
    public void Runs_of_instructions_do_what_the_host_processor_does()
    {
        Assert.SkipWhen(NativeProcessor.Unsupported is not null, NativeProcessor.Unsupported ?? "");
        using NativeProcessor native = new();
        using SimulatedProcessor simulated = new();
        SequenceGenerator generator = new();
        OracleCase[] before = new OracleCase[Sequences];
        ulong[] undefined = new ulong[Sequences];
        for (int i = 0; i < Sequences; i++)
            before[i] = generator.Make(i, out undefined[i]);
        OracleCase[] expected = [.. before];
        native.Run(expected);
        for (int i = 0; i < Sequences; i++)
        {
            Assert.Equal(OracleFault.None, expected[i].Fault);
            foreach (bool stepwise in (bool[])[false, true])
            {
                OracleCase got = before[i];
                simulated.Run(ref got, stepwise);
                string want = Changes(before[i], expected[i], undefined[i]), have = Changes(before[i], got, undefined[i]);
                Assert.True(want == have, $"sequence {i}{(stepwise ? ", single-stepped" : "")}\n{CaseText.Listing(before[i])}"
                    + $"{CaseText.Describe(before[i])}\n    expected: {want}\n    got:      {have}");
            }
        }
    }

    static string Changes(OracleCase before, OracleCase after, ulong undefined)
    {
        ulong compared = UndefinedFlags.Compared & ~undefined;
        before.Flags &= compared;
        after.Flags &= compared;
        return CaseText.Changes(before, after);
    }
}
