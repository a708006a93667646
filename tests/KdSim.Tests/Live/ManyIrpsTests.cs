using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>Pool scans of a machine with very many requests count them all, and each of them agrees.</summary>
public class ManyIrpsTests
{
    [Fact]
    public void Scans_of_the_pool_find_a_hundred_thousand_irps()
    {
        (string output, _) = LiveConsole.Run("irpstorm",
        [
            "g", "!irpfind", ".echo ==", "!poolfind Irp", ".echo ==", "!poolused 0 Irp", ".echo ==", "!irpfind 0 0 arg 1869f", ".echo ==",
            "!irpfind 0 -1 device poi(irpstorm!StormDevice)", ".echo ==", "!irpfind 4",
        ], "-b", "--limit", "50ms");
        string[] parts = output.Split("==\n");
        int Rows(int part, string text) => Regex.Count(parts[part], text);
        const string Row = @" irpStack: \( [34], 0\)  [0-9a-f]{16} \[ .Driver.irpstorm\]";
        Assert.Equal(100_000, Rows(0, Row));
        int found = Rows(1, @"\(Allocated\)  Irp");
        Assert.True(found >= 100_000);
        Match used = Regex.Match(parts[2], @"^ Irp  +(\d+)", RegexOptions.Multiline);
        Assert.Equal(found, int.Parse(used.Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.Equal(1, Rows(3, Row));
        Assert.Equal(100_000, Rows(4, Row));
        Assert.Contains("pool type 4 is not searched", parts[5]);
    }
}
