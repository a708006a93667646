using System.Globalization;
using System.Reflection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>.help .hh</c>: from the declarations of the commands.</summary>
[Command(".help", ".help [pattern]", "List commands", Example = ".help b*")]
[Command(".hh", ".hh command", "Show what a command is for", Example = ".hh bp")]
public sealed class Help : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Name == ".help" || arguments.Text.Length == 0)
        {
            foreach (Node node in List(session, arguments.Text))
                yield return node;
            yield break;
        }
        CommandEntry entry = session.Commands.Find(arguments.Text) ?? throw new CommandException($"There is no command {arguments.Text}");
        foreach (Node node in CommandReference.Describe(entry))
            yield return node;
    }

    public static IEnumerable<Node> List(DebuggerSession session, string pattern = "")
    {
        IEnumerable<CommandEntry> entries = session.Commands.All.Where(e => pattern.Length == 0 || Wildcard.Matches(pattern, e.Name));
        yield return new Table([new("name", "", 10), new("summary", "")],
            entries.Select(e => (IReadOnlyList<Node>)[new Link(e.Name, $".hh {e.Name}"), new Text(e.Declaration.Summary)]));
    }
}

/// <summary>Leaving.</summary>
[Command("q", "q", "Quit")]
[Command("qq", "qq", "Quit")]
[Command("qd", "qd", "Quit and detach")]
[Command(".exit", ".exit [code]", "Quit with an exit code")]
public sealed class Quit : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        session.ExitCode = arguments.Name == ".exit" && arguments.Text.Length > 0 ? (int)(session.Evaluate(arguments.Text) & 0xff) : 0;
        yield break;
    }
}

/// <summary>What is debugged, and by what.</summary>
[Command("vertarget", "vertarget", "Show the target's version", Example = "vertarget")]
[Command("version", "version", "Show the versions of target and debugger", Example = "version")]
[Command(".time", ".time", "Show the target's time", Example = ".time")]
public sealed class ShowVersion : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ITarget target = session.Target;
        if (arguments.Name != ".time")
        {
            string processors = target.ProcessorCount == 1 ? "UP" : $"MP ({target.ProcessorCount} procs)";
            yield return new Line(new Text($"{target.Description} {processors} Free x64"));
            string list = session.Symbols.TryGetAddress("nt!PsLoadedModuleList", out ulong modules)
                ? $" PsLoadedModuleList = 0x{Addresses.Accent(modules)}" : "";
            yield return new Line(new Text($"Kernel base = 0x{Addresses.Accent(target.Hints.KernelBase)}{list}"));
        }
        if (target.Capability<ITargetClock>() is { } clock)
        {
            yield return new Line(new Text($"Debug session time: {Control.StopReporter.FormatTime(clock.UtcNow)}"));
            TimeSpan up = TimeSpan.FromTicks((long)(clock.Ticks / 100));
            yield return new Line(new Text(string.Create(CultureInfo.InvariantCulture,
                $"System Uptime: {up.Days} days {up.Hours}:{up.Minutes:d2}:{up.Seconds:d2}.{up.Milliseconds:d3}")));
        }
        if (arguments.Name == "version")
            yield return new Line(new Text($"KdSim debugger {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}"));
    }
}
