using KdSim.CommandLine;
using KdSim.ConsoleFront;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>The JavaScript that users copy, and the session's objects as scripts see them, on the demo machine.</summary>
public sealed class SampleScriptTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kdsim-js").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static string Run(string commands)
    {
        Options parsed = OptionTable.Parse(["-kqm", "-c", commands], windows: false, inputIsTerminal: false);
        using StringWriter output = new() { NewLine = "\n" };
        using ConsoleHost host = new(parsed, MachineChoice.From(parsed), TextReader.Null, output);
        host.Run();
        return output.ToString();
    }

    [Fact]
    public void The_sample_shows_the_reads_that_wait()
    {
        string script = Path.Combine(LiveConsole.Root, "extensions", "Sample", "pulse.js");
        string output = Run($"bp pulse!PulseDpcForIsr; g; .scriptload {script}; !reads; q");
        Assert.Matches(@"Device 0x[0-9a-f]{16}: 2 reads wait, 0 interrupts so far\n(    irp [0-9a-f]{16}: [1-9]\d* bytes\n){2}", output);
    }

    [Fact]
    public void Processes_threads_stacks_and_devices()
    {
        string script = Path.Combine(_folder, "session.js");
        File.WriteAllText(script, """
            function invokeScript() {
                const log = text => host.diagnostics.debugLog(text + "\n");
                const processes = host.currentSession.Processes;
                log("first " + processes.First().Name + " " + processes.First().Id.asNumber() + " threads " + (processes.First().Threads.Count() > 1));
                log("reader " + processes.Any(p => p.Name == "reader.exe"));
                const frames = host.currentThread.Stack.Frames;
                log("frame " + frames[0] + " " + (frames[0].Attributes.InstructionOffset == host.currentThread.Registers.User.rip));
                log("module " + host.currentProcess.Modules.Where(m => m.Name == "pulse.sys").Count());
                log("nodes " + host.currentSession.Devices.DeviceTree.Flatten(n => n.Children).Where(n => n.State == 776).Select(n => n.ServiceName).ToArray());
                log("driver " + host.currentSession.Devices.DeviceTree.Flatten(n => n.Children).First(n => n.ServiceName == "pulse")
                    .PhysicalDeviceObject.AttachedDevice.DriverObject.DriverName);
                log("cr " + host.namespace.Debugger.State.DebuggerVariables.curprocess.KernelObject.Pcb.DirectoryTableBase.compareTo(0));
            }
            """);
        string output = Run($"bp pulse!PulseDpcForIsr \".scriptrun {script.Replace(@"\", @"\\")}\"; g; q");
        Assert.Contains("first System 4 threads true\nreader true\nframe pulse!PulseDpcForIsr true\nmodule 1\n", output);
        Assert.Contains("nodes ,ACPI_HAL,ACPI,pci,,pulse\n", output);
        Assert.Matches("driver \"..Driver..pulse\"\ncr 1\n", output.Replace("\"\\", "\"\\\\").Replace("r\\p", "r\\\\p"));
    }

    /// <summary>A breakpoint whose script decides: the target goes on until the script is content.</summary>
    [Fact]
    public void A_breakpoints_script_decides_whether_to_stop()
    {
        string script = Path.Combine(_folder, "third.js");
        File.WriteAllText(script, """
            let hits = 0;
            function initializeScript() { return [new host.functionAlias(hit, "hit")]; }
            function hit() {
                host.diagnostics.debugLog("hit " + ++hits + "\n");
                if (hits < 3)
                    host.namespace.Debugger.Utility.Control.ExecuteCommand("gc");
            }
            """);
        string output = Run($".scriptload {script}; bp pulse!PulseIsr \"!hit\"; g; .echo stopped; q");
        Assert.Contains("hit 1\nhit 2\nhit 3\n", output);
        Assert.Single(output.Split("stopped\n")[0].Split('\n'), l => l.StartsWith("pulse!PulseIsr", StringComparison.Ordinal));
    }
}
