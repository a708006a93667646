using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using KdSim.CommandLine;
using KdSim.ConsoleFront;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>The tool in this process: a machine with one driver, lines on its standard input, and all that it writes.</summary>
static partial class LiveConsole
{
    public static string Root { get; } = FindRoot();

    /// <summary>A committed driver by its name.</summary>
    public static string Driver(string name)
    {
        string sample = Path.Combine(Root, "src", "drivers", name, name + ".sys");
        return File.Exists(sample) ? sample : Path.Combine(Root, "tests", "fixtures", "drivers", name, name + ".sys");
    }

    /// <summary>Runs lines; what comes back is what a pipe would get. The exit code is the tool's.</summary>
    public static (string Output, int Code) Run(string driver, IEnumerable<string> lines, params string[] options)
    {
        Options parsed = OptionTable.Parse(["-kqm", "--driver", Driver(driver), .. options], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using StringReader input = new(string.Concat(lines.Select(line => line + "\n")));
        using ConsoleHost host = new(parsed, MachineChoice.From(parsed), input, output);
        int code = host.Run();
        return (output.ToString(), code);
    }

    /// <summary>Runs lines on the demo machine, and gives what a pipe would get.</summary>
    public static string RunDemo(IEnumerable<string> lines, params string[] options)
    {
        Options parsed = OptionTable.Parse(["-kqm", .. options], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using StringReader input = new(string.Concat(lines.Select(line => line + "\n")));
        using ConsoleHost host = new(parsed, MachineChoice.From(parsed), input, output);
        host.Run();
        return output.ToString();
    }

    /// <summary>All that the tool says from its banner on, with these options; the scenario, if there is one, is text.</summary>
    public static string Session(string? scenario, string[] options, params string[] lines)
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            string file = Path.Combine(folder, "test.scenario");
            File.WriteAllText(file, scenario);
            Options parsed = OptionTable.Parse(scenario is null ? options : [.. options, "--scenario", file], windows: false, inputIsTerminal: false);
            using StringWriter output = new() { NewLine = "\n" };
            using StringReader input = new(string.Concat(lines.Select(line => line + "\n")));
            using ConsoleHost host = new(parsed, MachineChoice.From(parsed), input, output);
            host.Run();
            return output.ToString();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A transcript with what was typed after each prompt, and paths of this checkout made relative.</summary>
    public static string Transcript(string driver, string[] lines, params string[] options) =>
        Transcript(lines, ["--driver", Driver(driver), .. options]);

    /// <summary>The same on the demo machine: three drivers, two programs.</summary>
    public static string Demo(params string[] lines) => Transcript(lines, []);

    static string Transcript(string[] lines, string[] options)
    {
        Options parsed = OptionTable.Parse(["-kqm", .. options], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using EchoingReader input = new(lines, output);
        using ConsoleHost host = new(parsed, MachineChoice.From(parsed), input, output);
        host.Run();
        return Settled(output.ToString().Replace(Root + Path.DirectorySeparatorChar, "").Replace(Root, "."));
    }

    /// <summary>A transcript of the demo machine.</summary>
    public static string DemoTranscript(params string[] lines)
    {
        Options parsed = OptionTable.Parse(["-kqm"], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using EchoingReader input = new(lines, output);
        using ConsoleHost host = new(parsed, MachineChoice.From(parsed), input, output);
        host.Run();
        return Settled(output.ToString().Replace(Root + Path.DirectorySeparatorChar, "").Replace(Root, "."));
    }

    /// <summary>
    /// What grows with the kernel gets a name: addresses in its own images, on stacks and in pool. Addresses in the driver stay as they are.
    /// </summary>
    static string Settled(string text)
    {
        text = KernelImage().Replace(text, "<in nt>");
        text = InKernel().Replace(text, "$1+<n>");
        text = Stack().Replace(text, "<stack>");
        return Pool().Replace(text, "<pool>");
    }

    [GeneratedRegex("(fffff800`?0[0-9a-f]{7}|fffffc00`?[0-9a-f]{8})")]
    private static partial Regex KernelImage();

    [GeneratedRegex(@"(nt!\w+)\+0x[0-9a-f]+")]
    private static partial Regex InKernel();

    [GeneratedRegex("fffff880`?[0-9a-f]{8}")]
    private static partial Regex Stack();

    [GeneratedRegex("fffff(a80|8a0)`?[0-9a-f]{8}")]
    private static partial Regex Pool();

    public static void CheckGolden(string actual, [CallerMemberName] string name = "")
    {
        string path = Path.Combine(Root, "tests", "KdSim.Tests", "golden", name + ".txt");
        if (Environment.GetEnvironmentVariable("KDSIM_UPDATE") == "1")
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} is missing: run with KDSIM_UPDATE=1 and read it");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "KdSim.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("KdSim.sln is above no test");
    }

    sealed class EchoingReader(string[] lines, TextWriter output) : TextReader
    {
        int _next;

        public override string? ReadLine()
        {
            if (_next >= lines.Length)
                return null;
            output.Write(lines[_next] + "\n");
            return lines[_next++];
        }
    }
}
