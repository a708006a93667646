using System.Reflection;
using KdSim.CommandLine;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Live;
using KdSim.Machines;
using Xunit;

namespace KdSim.Tests.Live;

/// <summary>What commands say about themselves, held against the live machine.</summary>
public class ReadsTests
{
    sealed class Sink : IRenderer
    {
        public void BeginCommand(string line) { }
        public void Write(Node node) { }
        public void EndCommand(string? error) { }
        public void TargetText(string text) { }
        public void Stopped(StopReport report) { }
    }

    static IEnumerable<Type> CommandTypes() => new[] { typeof(DebuggerSession).Assembly, Assembly.Load("KdExts") }
        .SelectMany(a => a.GetTypes()).Where(t => !t.IsAbstract && typeof(ICommand).IsAssignableFrom(t));

    /// <summary>Every type and variable that a command binds is in the PDB that the kernel makes.</summary>
    [Fact]
    public void Every_name_that_a_command_reads_is_in_the_kernels_symbols()
    {
        Options options = OptionTable.Parse(["-b", "--driver", LiveConsole.Driver("buffers")], windows: false, inputIsTerminal: false);
        MachineDescription machine = MachineChoice.From(options);
        DriverPackages packages = DriverPackages.Read(machine);
        LiveTarget target = new(() => LiveMachine.Build(machine, packages), new RunOptions(null));
        using LiveMachine live = target.Machine;
        DebuggerSession session = new(target, new Sink());
        List<string> missing = [];
        foreach (Type type in CommandTypes())
            foreach (string name in type.GetCustomAttribute<ReadsAttribute>()?.Names ?? [])
                if (session.Types.Find(name) is null && !session.Symbols.TryGetAddress(name, out _))
                    missing.Add($"{type.Name}: {name}");
        Assert.Empty(missing);
    }

    /// <summary>The example of every command is understood; what it asks for may not be there yet.</summary>
    [Fact]
    public void Every_example_is_understood()
    {
        List<string> examples = CommandTypes().SelectMany(t => t.GetCustomAttributes<CommandAttribute>()).Select(c => c.Example)
            .Where(e => e.Length > 0).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.True(examples.Count > 60);
        List<string> wrong = [];
        // Each on its own machine would take long: those that move the target come last.
        (string output, _) = LiveConsole.Run("buffers", examples.SelectMany(e => new[] { $".echo >>> {e.Replace(';', ',')}", e }), "-b", "--limit", "20ms");
        string last = "";
        foreach (string line in output.Split('\n'))
        {
            int mark = line.IndexOf(">>> ", StringComparison.Ordinal);
            if (mark >= 0)
                last = line[(mark + 4)..];
            if (line.Contains("^ Syntax error") || line.Contains("The command failed") || line.Contains("^ Extra character"))
                wrong.Add($"{last}: {line.Trim()}");
        }
        Assert.Empty(wrong);
    }
}
