using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using KdSim.Traces;
using KdSim.Tracing.Etl.Reading;
using Xunit;

namespace KdSim.Tests.Recording;

/// <summary>
/// The traces in sample-traces: each is recorded twice with the same bytes, says what its committed digest says, and its committed file is sound.
/// KDSIM_UPDATE=1 writes files and digests anew.
/// </summary>
public class SampleTraceTests
{
    const int LargestFile = 256 << 10;

    static string Folder([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(path, "../../../../sample-traces"));

    static bool Update => Environment.GetEnvironmentVariable("KDSIM_UPDATE") is "1";

    public static TheoryData<string> Names() =>
        [.. Directory.EnumerateDirectories(Folder()).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Names))]
    public void A_sample_is_recorded_again_and_says_the_same(string name)
    {
        byte[] first = Record(name);
        Assert.Equal(first, Record(name));
        Assert.InRange(first.Length, 1, LargestFile);
        string digest = TraceDigest.Of(first), folder = Path.Combine(Folder(), name);
        if (Update)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{name}.etl"), first);
            File.WriteAllText(Path.Combine(folder, "digest.txt"), digest);
        }
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "digest.txt")), digest);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_committed_sample_is_sound_and_says_what_its_digest_says(string name)
    {
        string folder = Path.Combine(Folder(), name);
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, $"{name}.etl"));
        using EtlFile file = EtlFile.Open(TraceBytes.Of(bytes));
        Assert.Empty(file.Problems.Kept);
        Assert.Equal($"{name}.etl", file.Header!.LogFileName);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "digest.txt")), TraceDigest.Of(bytes));
    }

    /// <summary>The commands of a README that read the trace all find something.</summary>
    [Theory, MemberData(nameof(Names))]
    public void The_commands_that_show_it_show_something(string name)
    {
        string folder = Path.Combine(Folder(), name);
        string[] commands = [.. File.ReadLines(Path.Combine(folder, "README.md")).Where(line => line.StartsWith("kdsim trace ", StringComparison.Ordinal))];
        Assert.NotEmpty(commands);
        foreach (string command in commands)
        {
            using var output = new MemoryStream();
            string[] words = [.. CommandLineParser.SplitCommandLine(command).Skip(2).Select(word => word == $"{name}.etl" ? Path.Combine(folder, word) : word)];
            Assert.Equal(0, TraceCommand.Run(words, new TraceRun(output, TestContext.Current.CancellationToken)));
            Assert.True(output.Length > 0, $"{command} showed nothing");
        }
    }

    [Fact]
    public void There_are_at_least_eight_samples() => Assert.True(Names().Count >= 8);

    static byte[] Record(string name) => Recorded.Run($"{name}.etl", "g; q", name == "interrupt-storm" ? "light" : "",
        "--machine", Path.Combine(Folder(), name, "machine.toml"), "--limit", "100ms");
}
