using System.Text.RegularExpressions;
using KdSim.Nt;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary><c>!analyze</c> knows each bug check that the kernel can raise.</summary>
public class AnalyzeTests
{
    /// <summary>All codes that the kernel's sources name.</summary>
    static BugCheckCode[] Raised() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(LiveConsole.Root, "src", "KdSim.Kernel"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"BugCheckCode\.([A-Z][A-Z0-9_]+)").Select(match => match.Groups[1].Value))
            .Distinct().Order(StringComparer.Ordinal).Select(Enum.Parse<BugCheckCode>),
    ];

    [Fact]
    public void Every_bug_check_of_the_kernel_has_an_explanation()
    {
        BugCheckCode[] codes = Raised();
        Assert.True(codes.Length > 35, $"only {codes.Length} codes are found in the sources");
        (string output, _) = LiveConsole.Run("spin", codes.Select(code => $"!analyze -show {(uint)code:x} 11 22 33 44"), "-b");
        foreach (BugCheckCode code in codes)
        {
            int at = output.IndexOf($"{code} ({(uint)code:x})\n", StringComparison.Ordinal);
            Assert.True(at >= 0, $"!analyze -show {(uint)code:x} does not name {code}");
            string[] lines = output[at..].Split('\n');
            int arguments = Array.IndexOf(lines, "Arguments:");
            Assert.True(arguments is > 1 and < 8, $"{code}: no paragraph");
            Assert.DoesNotContain("no explanation", lines[1]);
            for (int i = 1; i <= 4; i++)
                Assert.Matches($"^Arg{i}: 00000000000000{i}{i}, \\S", lines[arguments + i]);
        }
    }

    [Theory]
    [InlineData("133 0 501 500 0", "Arg2: 0000000000000501, the DPC's time so far, in clock ticks")]
    [InlineData("133 1 1e00 0 0", "Arg2: 0000000000001e00, the watchdog period, in clock ticks")]
    [InlineData("c2 7 0 0 1", "Arg1: 0000000000000007, Attempt to free pool which was already freed")]
    [InlineData("139 3", "Arg1: 0000000000000003, A LIST_ENTRY is corrupted")]
    [InlineData("50 1 2 3 0", "Arg2: 0000000000000002, value 0 = read operation, 2 = write operation, 10 = execute operation")]
    public void Parameters_are_explained_by_their_kind(string bugCheck, string expected) =>
        Assert.Contains(expected, LiveConsole.Run("spin", [$"!analyze -show {bugCheck}"], "-b").Output);
}
