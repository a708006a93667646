using System.Text.RegularExpressions;
using Xunit;

namespace KdSim.Tidy;

/// <summary>
/// Words that may not stand in code, and what to use instead. The simulated world must not see the host's clock, threads, randomness or
/// hash order, or two runs of the same machine would differ.
/// </summary>
public partial class BanTests
{
    static readonly string[] Simulated = ["src/KdSim.Machine", "src/KdSim.Devices", "src/KdSim.Kernel", "src/KdSim.Nt"];

    static readonly (string Pattern, string Instead)[] Bans =
    [
        (@"\bDateTime(Offset)?\.(Utc)?Now\b", "virtual time from the machine's clock"),
        (@"\bStopwatch\b", "virtual time from the machine's clock"),
        (@"\bEnvironment\.TickCount", "virtual time from the machine's clock"),
        (@"\bnew Random\b|\bRandom\.Shared\b", "a hash of (seed, kind, ordinal)"),
        (@"\bGuid\.NewGuid\b", "a GUID hashed from content"),
        (@"\bnew Thread\b|\bThreadPool\b|\bTask\.Run\b|\bParallel\.", "the machine's run loop: nothing simulated has host threads"),
        (@"\block\s*\(|\bMonitor\.|\bSemaphoreSlim\b|\bInterlocked\.", "nothing: the simulated world is single-threaded on the host"),
        (@"\bConsole\.", "an observer: only the tool talks to the console"),
        (@"\bEnvironment\.(GetEnvironmentVariable|MachineName|UserName|ProcessorCount|CurrentDirectory)", "options given by the tool"),
        (@"\.GetHashCode\(\)", "a hash of the content (System.IO.Hashing): string hash codes differ from run to run"),
        (@"\bdouble\s+\w*([Tt]ime|[Tt]icks|[Cc]lock|[Dd]ue)", "ulong ticks"),
    ];

    [Fact]
    public void The_simulated_world_does_not_see_the_host()
    {
        var wrong = new List<string>();
        foreach (string path in Simulated.SelectMany(folder => Repository.Sources(folder)))
        {
            string[] lines = Repository.Lines(path);
            for (int i = 0; i < lines.Length; i++)
            {
                string code = Comment().Replace(lines[i], "");
                foreach ((string pattern, string instead) in Bans)
                    if (Regex.IsMatch(code, pattern))
                        wrong.Add($"{path}:{i + 1}: {lines[i].Trim()}\n    use {instead}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void No_file_names_a_machine_of_ours_or_leaves_unfinished_work()
    {
        Regex unfinished = new(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException|\[Fact\(Skip");
        Regex absolute = new(@"(^|[^A-Za-z0-9_.])/(home|root|Users)/\w");
        var wrong = new List<string>();
        foreach (string path in new[] { "src", "extensions", "tests" }.SelectMany(folder => Repository.Sources(folder)))
        {
            if (path.StartsWith("tests/KdSim.Tidy/", StringComparison.Ordinal)) continue;
            string[] lines = Repository.Lines(path);
            for (int i = 0; i < lines.Length; i++)
                if (unfinished.IsMatch(lines[i]) || absolute.IsMatch(lines[i]))
                    wrong.Add($"{path}:{i + 1}: {lines[i].Trim()}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Lines_and_files_stay_readable()
    {
        const int MostColumns = 160, MostLines = 900;
        var wrong = new List<string>();
        foreach (string path in new[] { "src", "extensions", "tests" }.SelectMany(folder => Repository.Sources(folder)))
        {
            string[] lines = Repository.Lines(path);
            if (lines.Length > MostLines) wrong.Add($"{path}: {lines.Length} lines, at most {MostLines}: split it by idea");
            for (int i = 0; i < lines.Length; i++)
                if (lines[i].Length > MostColumns)
                    wrong.Add($"{path}:{i + 1}: {lines[i].Length} columns, at most {MostColumns}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();
}
