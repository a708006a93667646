using Xunit;

namespace KdSim.Debugger.Tests;

/// <summary>
/// The command language as tables: <c>language/*.txt</c> hold commands behind <c>kd&gt; </c> and below each its exact answer. <c>===</c> begins
/// a new session, <c>//</c> a comment. Each session stands at <c>pulse!DriverEntry</c> with a page of zeros at ffffb10c`77f0a000.
/// </summary>
public class LanguageTests
{
    const string Typed = "kd> ";

    static string Folder => Path.Combine(Pulse.Root, "tests", "KdSim.Debugger.Tests", "language");

    public static TheoryData<string> Tables => [.. Directory.GetFiles(Folder, "*.txt").Select(f => Path.GetFileNameWithoutExtension(f)).Order()];

    [Theory]
    [MemberData(nameof(Tables))]
    public void Every_command_answers_as_its_table_says(string table)
    {
        string path = Path.Combine(Folder, table + ".txt");
        string expected = File.ReadAllText(path).ReplaceLineEndings("\n"), actual = Run(expected);
        if (Environment.GetEnvironmentVariable("KDSIM_UPDATE") == "1")
            File.WriteAllText(path, actual);
        else
            Assert.Equal(expected, actual);
    }

    [Fact]
    public void There_are_more_than_three_hundred_examples() =>
        Assert.InRange(Directory.GetFiles(Folder, "*.txt").Sum(f => File.ReadLines(f).Count(l => l.StartsWith(Typed))), 300, 10000);

    /// <summary>The table again, with what the commands answer now.</summary>
    static string Run(string table)
    {
        StringWriter output = new() { NewLine = "\n" };
        Pulse pulse = Start();
        foreach (string line in table.Split('\n').SkipLast(1))
        {
            if (line.StartsWith("===", StringComparison.Ordinal))
                pulse = Start();
            if (line.StartsWith("===", StringComparison.Ordinal) || line.StartsWith("//", StringComparison.Ordinal))
                output.WriteLine(line);
            if (!line.StartsWith(Typed, StringComparison.Ordinal))
                continue;
            output.WriteLine(line);
            string answer = pulse.Run(line[Typed.Length..].Replace("SCRIPTS", Path.Combine(Folder, "scripts")))
                .Replace(Pulse.Root.Replace('\\', '/'), "ROOT").Replace(Pulse.Root, "ROOT");
            output.Write(answer.Length == 0 || answer.EndsWith('\n') ? answer : answer + "\n");
        }
        return output.ToString();
    }

    static Pulse Start()
    {
        Pulse pulse = new();
        pulse.Target.MoveTo(pulse.AddressOf("pulse!DriverEntry"));
        pulse.Target.Set(0, s => s.WithGeneral(4, Pulse.Stack + 0x7000));
        return pulse;
    }
}
