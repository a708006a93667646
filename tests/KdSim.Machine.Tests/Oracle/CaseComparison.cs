using Iced.Intel;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>Runs a case on the simulated processor and holds the outcome against the expected one.</summary>
static class CaseComparison
{
    /// <summary>Null if the outcomes agree in all that is defined, else the case and both outcomes as text.</summary>
    public static string? Difference(in OracleCase before, in OracleCase expected, SimulatedProcessor simulated, bool stepwise)
    {
        Instruction instruction = CaseText.Decode(before);
        OracleCase got = before;
        try
        {
            simulated.Run(ref got, stepwise);
        }
        catch (InvalidOperationException e)
        {
            return $"{CaseText.Describe(before)}\n    expected: {Changes(before, expected, instruction)}\n    {e.Message}";
        }
        if (expected.Fault == got.Fault && UndefinedFlags.ResultOf(instruction, before, expected))
            return null;
        string want = Changes(before, expected, instruction), have = Changes(before, got, instruction);
        return want == have ? null : $"{CaseText.Describe(before)}\n    expected: {want}\n    got:      {have}{(stepwise ? " (single-stepped)" : "")}";
    }

    /// <summary>What a case's outcome changed, undefined flags left out.</summary>
    public static string Changes(OracleCase before, OracleCase after, in Instruction instruction)
    {
        ulong compared = UndefinedFlags.Compared & ~UndefinedFlags.Of(instruction, before);
        before.Flags &= compared;
        after.Flags &= compared;
        return CaseText.Changes(before, after);
    }
}
