using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

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
