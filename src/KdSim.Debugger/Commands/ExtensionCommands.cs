using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>.load .unload .chain .extpath</c>.</summary>
[Command(".load", ".load name|path", "Load an extension DLL")]
[Command(".unload", ".unload name", "Unload an extension DLL")]
[Command(".chain", ".chain", "List loaded extension DLLs", Example = ".chain")]
[Command(".extpath", ".extpath[+] [path]", "Show or set the path that extensions are looked for in", Example = ".extpath")]
public sealed class LoadExtension : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string name = arguments.Text.Trim('"');
        switch (arguments.Name)
        {
            case ".load" or ".unload" when name.Length == 0:
                throw arguments.Wrong("Syntax", 0);
            case ".load":
                session.Extensions.Load(name);
                break;
            case ".unload":
                session.Extensions.Unload(name);
                yield return new Line(new Text($"Unloading {name} extension DLL"));
                break;
            case ".extpath":
                bool add = name.StartsWith('+') && session.Options.ExtensionPath.Length > 0;
                if (name.Length > 0)
                    session.Options.ExtensionPath = add ? $"{session.Options.ExtensionPath};{name[1..].Trim()}"
                        : name.TrimStart('+').Trim();
                yield return new Line(new Text($"Extension search path is: {session.Options.ExtensionPath}"));
                break;
            default:
                yield return new Line(new Text("Extension DLL chain:"));
                foreach ((string loaded, string path, int commands) in session.Extensions.Loaded)
                    yield return new Line(
                        new Text($"    {loaded}: {commands} commands, API {DebuggerExtensionAttribute.CurrentVersion}\n        [path: {path}]"));
                break;
        }
    }
}

/// <summary><c>!list</c>: runs commands for each element of a linked list.</summary>
[Command("!list", "!list -t type.field -x \"commands\" [-a \"arguments\"] [-m max] start",
    "Run commands for each element of a linked list")]
public sealed class WalkList : EngineCommand<WalkList.Arguments>
{
    const int MostElements = 100000;

    public sealed record Arguments(string? Field, string Commands, string Extra, bool Echo, string? Most, string Start);

    protected override Arguments Parse(ArgumentReader reader)
    {
        string text = reader.Text.Trim();
        // The whole list of arguments may stand in quotes, with \" inside.
        ArgumentReader arguments = text.StartsWith('"') ? new ArgumentReader(reader.Name, Unquoted(text)) : reader;
        string? field = null, most = null;
        string commands = "dp", extra = "";
        bool echo = false;
        while (arguments.Switch() is { } option)
            switch (option)
            {
                case "-t": field = arguments.Word(); break;
                case "-x": commands = arguments.Word(); break;
                case "-a": extra = arguments.Word(); break;
                case "-m": most = arguments.Word(); break;
                case "-e": echo = true; break;
                default: throw new CommandException($"!list: {option} is not known");
            }
        string start = arguments.Rest();
        return start.Length > 0 ? new(field, commands, extra, echo, most, start)
            : throw new CommandException("!list: the start address is missing");
    }

    static string Unquoted(string text) => Quoted.Read(text).Value;

    protected override IEnumerable<Node> Run(Arguments arguments, DebuggerSession session)
    {
        ulong offset = 0;
        if (arguments.Field is { } field)
        {
            int dot = field.IndexOf('.');
            if (dot < 0)
                throw new CommandException("!list: -t needs type.field");
            offset = session.Types[field[..dot]].OffsetOf(field[(dot + 1)..]);
        }
        ulong start = session.Evaluate(arguments.Start), element = start;
        ulong most = arguments.Most is { } limit ? session.Evaluate(limit) : MostElements;
        bool mentions = arguments.Commands.Contains("$extret", StringComparison.OrdinalIgnoreCase);
        for (ulong i = 0; i < most && element != 0; i++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            session.Pseudo.ListElement = element;
            string command = mentions ? arguments.Commands : $"{arguments.Commands} 0x{element:x} {arguments.Extra}".TrimEnd();
            if (arguments.Echo)
                yield return new Line(new Text($"---- {command}"));
            session.RunNested(command);
            yield return new Text("\n");
            if (!session.TryReadPointer(element + offset, out ulong next))
                throw new CommandException($"Cannot read next element at {element + offset:x16}");
            // A LIST_ENTRY points to the next entry, not to the next element.
            element = next == 0 ? 0 : arguments.Field is not null && IsEntry(session, arguments.Field)
                ? next - EntryOffset(session, arguments.Field) : next;
            if (element == start)
                yield break;
        }
    }

    static bool IsEntry(DebuggerSession session, string field) => EntryPath(session, field) is { Type.Name: "_LIST_ENTRY" };

    static ulong EntryOffset(DebuggerSession session, string field) => EntryPath(session, field)?.Offset ?? 0;

    static FieldPath? EntryPath(DebuggerSession session, string field)
    {
        int dot = field.IndexOf('.'), last = field.LastIndexOf('.');
        return last > dot ? session.Types[field[..dot]].Type.Find(field[(dot + 1)..last]) : null;
    }
}

/// <summary>What the recorder and the simulated kernel tell beyond memory.</summary>
[Command("!log", "!log [count]", "Show the latest recorded events", Example = "!log 10")]
[Command("!dpcisr", "!dpcisr", "Show how often and how long ISRs and DPCs ran", Example = "!dpcisr")]
[Command("!kframes", "!kframes [ETHREAD]", "Show suspended routines of the simulated kernel with their locals", Example = "!kframes")]
[Command("!findings", "!findings", "Show what the kernel's checks found", Example = "!findings")]
public sealed class Recorded : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        T Need<T>(string what) where T : class =>
            session.Target.Capability<T>() ?? throw new CommandException($"This target has no {what}");
        switch (arguments.Name)
        {
            case "!log":
                int count = arguments.Text.Length == 0 ? 32 : (int)Math.Min(session.Evaluate(arguments.Text), 1 << 20);
                yield return new Table([new("time", "Time (ns)", 15, true), new("cpu", "CPU", 3, true), new("event", "Event", 22),
                    new("text", "Details")],
                    Need<IEventSource>("recorded events").Latest(count).Select(e =>
                        (IReadOnlyList<Node>)[$"{e.Ticks}", $"{e.Processor}", e.Name, e.Text]));
                break;
            case "!dpcisr":
                yield return new Table(
                    [new("kind", "Kind", 4), new("count", "Count", 10, true), new("min", "Min (ns)", 10, true),
                        new("mean", "Mean (ns)", 10, true),
                        new("max", "Max (ns)", 10, true), new("routine", "Routine")],
                    Need<IEventSource>("recorded events").RoutineStatistics().Select(s => (IReadOnlyList<Node>)
                        [s.Kind, $"{s.Count}", $"{s.Minimum}", $"{s.Mean}", $"{s.Maximum}",
                            new Symbol(session.SymbolAt(s.Routine), s.Routine)]));
                break;
            case "!kframes":
                ulong thread = arguments.Text.Length == 0 ? 0 : session.Evaluate(arguments.Text);
                foreach (KernelFrame frame in Need<IKernelFrames>("simulated kernel").Frames(session.CurrentProcessor, thread))
                    yield return new Line(new Address(frame.StackPointer), $" {frame.Routine}" +
                        string.Concat(frame.Locals.Select(l => $"\n    {l.Key} = {l.Value}")));
                break;
            default:
                foreach (Finding finding in Need<IFindings>("checks").Findings)
                    yield return new Line($"{finding.Ticks,15} {finding.Processor} {finding.Rule}: {finding.Text} ({session.SymbolAt(finding.Address)})");
                break;
        }
    }
}

/// <summary>Ports, without side effects where the device allows it.</summary>
[Command("ib", "ib port", "Read a byte from a port")]
[Command("iw", "iw port", "Read a word from a port")]
[Command("id", "id port", "Read a doubleword from a port")]
[Command("ob", "ob port value", "Write a byte to a port")]
[Command("ow", "ow port value", "Write a word to a port")]
[Command("od", "od port value", "Write a doubleword to a port")]
public sealed class Ports : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        IDeviceAccess devices = session.Target.Capability<IDeviceAccess>() ?? throw new CommandException("This target's ports cannot be reached");
        int size = arguments.Name[1] switch { 'b' => 1, 'w' => 2, _ => 4 };
        ulong port = session.Masm.EvaluatePrefix(arguments.Text, out int used);
        string rest = arguments.Text[used..].Trim();
        if (arguments.Name[0] == 'o')
        {
            if (rest.Length == 0)
                throw arguments.Wrong("Syntax", arguments.Text.Length);
            if (!devices.TryWritePort((ushort)port, size, (uint)session.Evaluate(rest)))
                throw new CommandException($"No device at port {port:x}");
            yield break;
        }
        if (!devices.TryReadPort((ushort)port, size, out uint value))
            throw new CommandException($"No device at port {port:x}");
        yield return new Line($"{port:x8}: {value.ToString("x" + size * 2)}");
    }
}

/// <summary><c>.fnent</c>: the function table row of an address.</summary>
[Command(".fnent", ".fnent address", "Show the function table entry of an address", Example = ".fnent @rip")]
public sealed class FunctionEntry : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ulong address = arguments.Text.Length == 0 ? session.Rip : session.Evaluate(arguments.Text);
        if (Stacks.FrameUnwinder.RowAt(session, address) is not { } row)
            throw new CommandException($"No function entry for {Addresses.Accent(address)}");
        yield return new Line($"{session.SymbolAt(address)}");
        yield return new Line($"BeginAddress      = {row.Begin:x16}\nEndAddress        = {row.End:x16}\nUnwindInfoAddress = {row.Unwind:x16}");
    }
}
