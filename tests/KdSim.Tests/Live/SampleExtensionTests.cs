using KdSim.CommandLine;
using KdSim.ConsoleFront;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>The extension that users copy, loaded as they load it, on the demo machine.</summary>
public class SampleExtensionTests
{
    static string Folder { get; } = Path.Combine(LiveConsole.Root, "extensions", "Sample", "bin",
        new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name);

    static string Run(string commands, params string[] options)
    {
        Options parsed = OptionTable.Parse(["-kqm", "-c", commands, .. options], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using ConsoleHost host = new(parsed, MachineChoice.From(parsed), TextReader.Null, output);
        host.Run();
        return output.ToString();
    }

    [Fact]
    public void It_is_not_loaded_until_it_is_asked_for()
    {
        Assert.Contains("No export pulse found", Run("!pulse; q"));
        Assert.Contains("The call to LoadLibrary(sample) failed", Run(".load sample; q"));
    }

    [Fact]
    public void It_shows_the_devices_and_the_reads_that_wait()
    {
        string output = Run($".extpath {Folder}; .load sample; bp pulse!PulseDpcForIsr; g; !pulse; q");
        Assert.Matches(@"Device           State          Rate us Buffered Interrupts   Reads Dropped\n" +
            @"[0-9a-f]{16} PulseStarted    +\d+ +\d+ +1 +0 +0\n", output);
        string device = output.Split("Dropped\n")[1][..16];
        output = Run($".load {Path.Combine(Folder, "Sample.dll")}; bp pulse!PulseDpcForIsr; g; !sample.pulse {device}; q");
        Assert.Contains($"Pulse device {device} extension ", output);
        Assert.Contains(@"Link     \DosDevices\Pulse0", output);
        Assert.Matches(@"Pending reads: [1-9]\d*\n    [0-9a-f]{16} of thread [0-9a-f]{16}\n", output);
    }

    [Fact]
    public void Its_table_is_data_for_json()
    {
        string output = Run($".load {Path.Combine(Folder, "Sample.dll")}; !pulse; q", "--json");
        Assert.Contains("\"interrupts\":", output);
        Assert.Contains("\"command\":\"!pulse ", output.Replace("\\u0021", "!"));
    }
}
