using System.Text;
using Iced.Intel;
using KdSim.Machine.Cpu;
using Xunit;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>The interpreter against the host processor: every form it claims, random operands and states, a fixed seed.</summary>
public class OracleTests
{
    const int CasesPerCode = 240;
    const int FaultingCasesPerCode = 60;

    /// <summary>Every claimed code is compared with the host, or stands in the short list of those that cannot be.</summary>
    [Fact]
    public void Every_claimed_code_is_compared_or_excused()
    {
        foreach (Code code in SupportedCodes.All)
            if (!NotCompared.Contains(code))
                new CaseGenerator(code).Make(0, unmasked: false);
        foreach (Code code in NotCompared.Codes)
            Assert.True(SupportedCodes.Contains(code), $"{code} is excused but not claimed");
    }

    [Fact]
    public void Claimed_instructions_do_what_the_host_processor_does() => Compare(0, CasesPerCode, mayFault: false);

    [Fact]
    public void Faults_are_those_of_the_host_processor()
    {
        Assert.SkipUnless(NativeProcessor.CatchesFaults, "this host's child cannot catch faults");
        Compare(1_000_000, FaultingCasesPerCode, mayFault: true);
    }

    static void Compare(int first, int count, bool mayFault)
    {
        Assert.SkipWhen(NativeProcessor.Unsupported is not null, NativeProcessor.Unsupported ?? "");
        using NativeProcessor native = new();
        using SimulatedProcessor simulated = new();
        StringBuilder wrong = new();
        int wrongCodes = 0;
        OracleCase[] before = new OracleCase[count];
        foreach (Code code in SupportedCodes.All)
        {
            if (NotCompared.Contains(code))
                continue;
            CaseGenerator generator = new(code);
            for (int i = 0; i < count; i++)
                before[i] = generator.Make(first + i, mayFault);
            string? difference = FirstDifference(before, native, simulated, out int differences);
            if (difference is null)
                continue;
            wrongCodes++;
            wrong.AppendLine($"{code}: {differences} of {count} cases differ, the first is {difference}");
        }
        Assert.True(wrongCodes == 0, $"{wrongCodes} codes differ\n{wrong}");
    }

    static string? FirstDifference(OracleCase[] before, NativeProcessor native, SimulatedProcessor simulated, out int differences)
    {
        OracleCase[] expected = [.. before];
        if (!NativeProcessor.CatchesFaults)
            expected = [.. before.Where(one => DoesNotFault(one, simulated))];
        before = [.. expected];
        native.Run(expected);
        differences = 0;
        string? found = null;
        for (int i = 0; i < before.Length; i++)
        {
            string? difference = CaseComparison.Difference(before[i], expected[i], simulated, stepwise: i % 2 == 1);
            if (difference is null)
                continue;
            differences++;
            found ??= difference;
        }
        return found;
    }

    static bool DoesNotFault(OracleCase one, SimulatedProcessor simulated)
    {
        simulated.Run(ref one, stepwise: true);
        return one.Fault == OracleFault.None;
    }
}
