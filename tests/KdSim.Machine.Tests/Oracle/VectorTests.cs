using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Iced.Intel;
using KdSim.Machine.Cpu;
using Xunit;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>
/// The interpreter against outcomes recorded from a real processor, on every host. `vectors.txt` holds, for each code, the instructions and what
/// they changed; the states they start from are drawn again. KDSIM_UPDATE=1 on an x64 host records it anew.
/// </summary>
public class VectorTests
{
    const int CasesPerCode = 12;
    const string UndefinedResult = "undefined";

    [Fact]
    public void Claimed_instructions_do_what_was_recorded()
    {
        if (Environment.GetEnvironmentVariable("KDSIM_UPDATE") == "1")
            Record();
        Dictionary<string, List<string>> recorded = Read();
        using SimulatedProcessor simulated = new();
        StringBuilder wrong = new();
        foreach (Code code in SupportedCodes.All)
        {
            if (NotCompared.Contains(code))
                continue;
            if (!recorded.TryGetValue(code.ToString(), out List<string>? lines) || lines.Count != CasesPerCode)
                wrong.AppendLine($"{code}: no vectors; record them with KDSIM_UPDATE=1 on an x64 host");
            else
                Check(code, lines, simulated, wrong);
        }
        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    static void Check(Code code, List<string> lines, SimulatedProcessor simulated, StringBuilder wrong)
    {
        CaseGenerator generator = new(code);
        for (int i = 0; i < lines.Count; i++)
        {
            OracleCase before = generator.Make(i, unmasked: false);
            Instruction instruction = CaseText.Decode(before);
            string bytes = Convert.ToHexStringLower(before.Instruction);
            if (lines[i] == $"{bytes} {UndefinedResult}")
                continue;
            if (!lines[i].StartsWith(bytes + " ", StringComparison.Ordinal))
            {
                wrong.AppendLine($"{code} {i}: the vectors are of another generator ({lines[i]}, now {bytes}); record them with KDSIM_UPDATE=1");
                return;
            }
            OracleCase after = before;
            simulated.Run(ref after, stepwise: i % 2 == 1);
            string got = $"{bytes} {CaseComparison.Changes(before, after, instruction)}";
            if (got != lines[i])
                wrong.AppendLine($"{code} {i}: recorded {lines[i]}\n    got {got}\n    {CaseText.Describe(before)}");
        }
    }

    static void Record()
    {
        Assert.SkipWhen(NativeProcessor.Unsupported is not null, NativeProcessor.Unsupported ?? "");
        using NativeProcessor native = new();
        StringBuilder text = new("# Recorded from an x64 processor by VectorTests with KDSIM_UPDATE=1: code, then instruction and what it changed.\n");
        foreach (Code code in SupportedCodes.All)
        {
            if (NotCompared.Contains(code))
                continue;
            text.Append(CultureInfo.InvariantCulture, $"{code}\n");
            CaseGenerator generator = new(code);
            OracleCase[] before = [.. Enumerable.Range(0, CasesPerCode).Select(i => generator.Make(i, unmasked: false))];
            OracleCase[] after = [.. before];
            native.Run(after);
            for (int i = 0; i < before.Length; i++)
            {
                Instruction instruction = CaseText.Decode(before[i]);
                string changes = UndefinedFlags.ResultOf(instruction, before[i], after[i])
                    ? UndefinedResult
                    : CaseComparison.Changes(before[i], after[i], instruction);
                text.Append(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(before[i].Instruction)} {changes}\n");
            }
        }
        File.WriteAllText(VectorFile(), text.ToString());
    }

    static Dictionary<string, List<string>> Read()
    {
        Dictionary<string, List<string>> all = [];
        List<string> current = [];
        foreach (string line in File.ReadLines(VectorFile()))
        {
            if (line.StartsWith('#'))
                continue;
            if (line.Contains(' '))
                current.Add(line);
            else
                all.Add(line, current = []);
        }
        return all;
    }

    static string VectorFile([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "vectors.txt");
}
