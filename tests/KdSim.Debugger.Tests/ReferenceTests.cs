using System.Text.RegularExpressions;
using KdSim.Debugger.Commands;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdExts.Io;
using Xunit;

namespace KdSim.Debugger.Tests;

/// <summary>The pages about commands say what the declarations say.</summary>
public partial class ReferenceTests
{
    static string Folder => Path.Combine(Pulse.Root, "src", "KdSim.Debugger");

    static List<CommandEntry> Declared =>
        [.. CommandEntry.DeclaredIn(typeof(DebuggerSession).Assembly), .. CommandEntry.DeclaredIn(typeof(IrpCommand).Assembly)];

    [Fact]
    public void The_command_reference_is_what_the_declarations_make()
    {
        string path = Path.Combine(Folder, "COMMANDS.md"), page = CommandReference.Page(Declared);
        if (Environment.GetEnvironmentVariable("KDSIM_UPDATE") == "1")
            File.WriteAllText(path, page);
        else
            Assert.Equal(page, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Every_command_has_a_syntax_and_a_sentence() => Assert.All(Declared, entry =>
    {
        Assert.Contains(entry.Name.TrimStart('!', '.')[..1], entry.Declaration.Syntax, StringComparison.OrdinalIgnoreCase);
        Assert.Matches("^[A-Z][^\n]*[^.]$", entry.Declaration.Summary);
    });

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex InCode();

    /// <summary>What the page calls the same or new is there; what it calls missing is not.</summary>
    [Fact]
    public void The_page_for_those_who_know_windbg_is_true()
    {
        Dictionary<string, CommandEntry> known = Declared.GroupBy(e => e.Name).ToDictionary(g => g.Key, g => g.Last());
        string chapter = "";
        HashSet<string> seen = [];
        foreach (string line in File.ReadLines(Path.Combine(Folder, "COMING-FROM-WINDBG.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                chapter = line[3..];
            if (!line.StartsWith("| `", StringComparison.Ordinal))
                continue;
            foreach (Match match in InCode().Matches(line.Split('|')[1]))
            {
                string name = match.Groups[1].Value;
                bool there = known.TryGetValue(name, out CommandEntry? entry) && !CommandReference.IsMissing(entry);
                Assert.True(there == (chapter != "Missing"), $"{name}, under '{chapter}'");
                Assert.True(seen.Add(name), $"{name} stands twice");
            }
        }
        Assert.InRange(seen.Count, 100, 1000);
    }
}
