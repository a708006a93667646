using System.Diagnostics;
using System.Runtime.InteropServices;
using KdSim.CommandLine;
using KdSim.ConsoleFront;
using KdSim.Tests.Live;
using Xunit;

namespace KdSim.Tests;

/// <summary>The console as a person's tool: settings, and Ctrl+C as a signal.</summary>
public partial class ConsoleTests
{
    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    const int Interrupt = 2, Terminate = 15;

    static Process Start(params string[] arguments)
    {
        string configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}") ? "Debug" : "Release";
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(LiveConsole.Root, "src", "KdSim", "bin", configuration, "net10.0", "kdsim.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Nobody types here: a signal ends the run at once, what was logged is on disk, and the exit code tells which it was.</summary>
    [Theory]
    [InlineData(Interrupt, 130)]
    [InlineData(Terminate, 0)]
    public void A_signal_ends_a_run_that_nobody_types_at(int signal, int code)
    {
        Assert.SkipWhen(RuntimeInformation.IsOSPlatform(OSPlatform.Windows), "signals are Unix's");
        string log = Path.GetTempFileName();
        try
        {
            using Process tool = Start("-kqm", "--no-settings", "-logo", log);
            tool.StandardInput.WriteLine(".echo ready");
            tool.StandardInput.WriteLine(".while (1) { }");
            tool.StandardInput.Flush();
            Assert.Contains("ready", tool.StandardOutput.ReadLine());
            Kill(tool.Id, signal);
            Assert.True(tool.WaitForExit(20_000));
            Assert.Equal(code, tool.ExitCode);
            Assert.Contains(".echo ready\nready\n", File.ReadAllText(log));
        }
        finally
        {
            File.Delete(log);
        }
    }

    [Fact]
    public void Ctrl_c_means_what_the_moment_makes_of_it()
    {
        bool typing = true;
        List<string> done = [];
        using BreakKey key = new(true, () => typing && Note("cleared"), () => Note("broke in"), code => Note($"left with {code}"));
        bool Note(string what)
        {
            done.Add(what);
            return true;
        }
        key.Press();
        key.Press();
        typing = false;
        key.Press();
        key.Answered();
        key.Press();
        key.Press();
        using BreakKey unattended = new(false, () => true, () => Note("broke in"), code => Note($"left with {code}"));
        unattended.Press();
        Assert.Equal(["cleared", "cleared", "broke in", "broke in", "left with 130", "left with 130"], done);
    }

    /// <summary>kd's options that act on a session: scripts at the start and after reboots, extensions, logs in UTF-16, exceptions.</summary>
    [Fact]
    public void Options_act_on_the_session()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            string script = Path.Combine(folder, "start.kd"), log = Path.Combine(folder, "log.txt");
            File.WriteAllText(script, ".echo the script runs");
            (string output, _) = LiveConsole.Run("buffers", [".reboot", ".echo done"], "-b", "-cfr", script);
            Assert.Equal(3, output.Split("\nthe script runs\n").Length);
            (output, _) = LiveConsole.Run("buffers", [".reboot", ".echo done"], "-b", "-cf", script);
            Assert.Equal(2, output.Split("\nthe script runs\n").Length);
            LiveConsole.Run("buffers", [".echo wide"], "-b", "-logou", log);
            Assert.Contains(".echo wide\nwide\n", File.ReadAllText(log, System.Text.Encoding.Unicode));
            (output, _) = LiveConsole.Run("buffers", ["sx"], "-b", "-x", "-aKdExts");
            Assert.Contains("av - Access violation - break", output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Settings_are_read()
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            Assert.Equal(folder, UserSettings.Load(folder).Folder);
            File.WriteAllText(Path.Combine(folder, "settings.toml"), """
                symbol_path = "/a;/b"
                evaluator = "c++"   # as in code
                colours = false
                history = 50
                context = "registers stack"
                keep_workspace = true
                commands = ".echo hello"
                """);
            UserSettings settings = UserSettings.Load(folder);
            Assert.Equal(("/a;/b", "c++", false, 50, true),
                (settings.SymbolPath, settings.Evaluator, settings.Colours, settings.History, settings.KeepWorkspace));
            Options options = OptionTable.Parse(["-kqm", "--driver", LiveConsole.Driver("buffers"), "-b"], windows: false, inputIsTerminal: false);
            using StringWriter output = new();
            using ConsoleHost host = new(options, Machines.MachineChoice.From(options), new StringReader(".expr\n.stopview\n"), output, settings);
            host.Run();
            Assert.StartsWith("hello\n", output.ToString());
            Assert.Contains("C++ source expressions", output.ToString());
            Assert.Contains("Stops show registers, stack", output.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("colour = true", "settings.toml(1): there is no setting 'colour'")]
    [InlineData("\nhistory = -1", "settings.toml(2): history: 0 to 100000 expected")]
    [InlineData("colours = 1", "settings.toml(1): colours: true or false expected")]
    [InlineData("evaluator = \"basic\"", "settings.toml(1): evaluator: \"masm\" or \"c++\" expected")]
    [InlineData("context = \"moon\"", "settings.toml(1): context: moon: one of registers")]
    [InlineData("x = ", "settings.toml(1): ")]
    [InlineData("[a]\nb = 1", "settings.toml(1): the file has no tables")]
    public void Mistakes_in_settings_name_the_line(string text, string expected)
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "settings.toml"), text);
            Assert.Contains(expected, Assert.Throws<UsageException>(() => UserSettings.Load(folder)).Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
