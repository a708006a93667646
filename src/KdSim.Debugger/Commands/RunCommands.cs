using Iced.Intel;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>g gu gc gh gn</c>: lets the target run.</summary>
[Command("g", "g [=start] [address ... [; commands]]", "Go", Example = "g")]
[Command("gc", "gc", "Go from a conditional breakpoint")]
[Command("gh", "gh", "Go, exception handled")]
[Command("gn", "gn", "Go, exception not handled")]
[Command("gN", "gN", "Go, exception not handled")]
[Command("gu", "gu", "Go up: run until the current function returns")]
public sealed class Go : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string text = arguments.Text;
        if (text is ['-', ..])
            throw new CommandException($"{arguments.Name}-: running backwards is not supported");
        if (text.StartsWith('='))
        {
            ulong start = session.Masm.EvaluatePrefix(text[1..], out int used);
            session.RunNested($"r rip = 0x{start:x}");
            text = text[(1 + used)..].TrimStart();
        }
        List<ulong> until = [];
        while (text.Length > 0)
        {
            until.Add(session.Masm.EvaluatePrefix(text, out int used));
            text = text[used..].TrimStart(' ', ',');
        }
        if (session.InBreakpointCommands && arguments.Name is "g" or "gc" or "gh" or "gn" or "gN" && until.Count == 0)
        {
            session.ResumeFromBreakpoint();
            yield break;
        }
        if (arguments.Name is "gh" or "gn" or "gN" && session.Runner.Last is StopEvent.Exception)
            throw new CommandException($"{arguments.Name}: this target's own handlers decide about the exception; use g");
        if (arguments.Name == "gu")
            session.Runner.GoUp();
        else
            session.Runner.Go(until);
    }
}

/// <summary><c>p t</c> and their kin: steps by instruction, or by source line in source mode.</summary>
[Command("p", "p [count] [\"command\"]", "Step over calls", Example = "p")]
[Command("t", "t [count] [\"command\"]", "Step into calls", Example = "t")]
[Command("pa", "pa address", "Step over calls to an address")]
[Command("ta", "ta address", "Step into calls to an address")]
[Command("pc", "pc [count]", "Step to the next call")]
[Command("tc", "tc [count]", "Trace to the next call")]
[Command("pt", "pt [count]", "Step to the next return")]
[Command("tt", "tt [count]", "Trace to the next return")]
[Command("pct", "pct [count]", "Step to the next call or return")]
[Command("tct", "tct [count]", "Trace to the next call or return")]
[Command("ph", "ph [count]", "Step to the next branch")]
[Command("th", "th [count]", "Trace to the next branch")]
[Command("pr", "pr [count]", "Step over calls and switch the register dump")]
[Command("tr", "tr [count]", "Step into calls and switch the register dump")]
public sealed class Step : TextCommand
{
    const int MostSteps = 10_000_000;

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string name = arguments.Name, text = arguments.Text, command = "";
        if (text is ['-', ..])
            throw new CommandException($"{name}-: running backwards is not supported");
        bool over = name[0] == 'p';
        string kind = name[1..];
        if (kind == "r")
        {
            session.Options.Prompt.Registers = !session.Options.Prompt.Registers;
            kind = "";
        }
        int quote = text.IndexOf('"');
        if (quote >= 0)
        {
            command = Quoted.Read(text[quote..]).Value;
            text = text[..quote].TrimEnd();
        }
        if (text.StartsWith('='))
        {
            ulong start = session.Masm.EvaluatePrefix(text[1..], out int used);
            session.RunNested($"r rip = 0x{start:x}");
            text = text[(1 + used)..].TrimStart();
        }
        ulong operand = text.Length == 0 ? kind == "a" ? throw arguments.Wrong("Syntax", 0) : 1UL : session.Evaluate(text);
        ulong count = kind == "a" ? 1 : operand;
        for (ulong i = 0; i < count; i++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            if (!Once(session, over, kind, operand))
                yield break;
            if (i == count - 1 && command.Length > 0)
                session.RunNested(command);
            session.Stops.Report(new StopEvent.Stepped(session.CurrentProcessor));
        }
    }

    /// <summary>One step of the kind; false when something else stopped the target.</summary>
    static bool Once(DebuggerSession session, bool over, string kind, ulong address)
    {
        if (kind.Length == 0)
            return session.Options.SourceMode ? SourceStep(session, over) : session.Runner.Step(over);
        for (int i = 0; i < MostSteps; i++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            if (!session.Runner.Step(over))
                return false;
            if (kind == "a" ? session.Rip == address : IsWanted(session, kind))
                return true;
            if (kind == "a")
                session.Stops.Report(new StopEvent.Stepped(session.CurrentProcessor));
        }
        throw new CommandException($"Not reached within {MostSteps} steps");
    }

    static bool IsWanted(DebuggerSession session, string kind)
    {
        if (!Disassembler.TryDecode(session, session.Rip, out Instruction instruction, out _))
            return true;
        FlowControl flow = instruction.FlowControl;
        bool call = flow is FlowControl.Call or FlowControl.IndirectCall, returns = flow == FlowControl.Return;
        return kind switch
        {
            "c" => call,
            "t" => returns,
            "ct" => call || returns,
            _ => flow is not (FlowControl.Next or FlowControl.Exception),
        };
    }

    /// <summary>Until another line begins. Callees without lines are run through; returning into code without lines ends the step.</summary>
    static bool SourceStep(DebuggerSession session, bool over)
    {
        SourceLine? start = session.Modules.LineAt(session.Rip);
        ulong function = FunctionOf(session);
        for (int i = 0; i < MostSteps; i++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            ulong before = session.Context.Integer!.Rsp;
            if (!session.Runner.Step(over))
                return false;
            if (start is null)
                return true;
            SourceLine? now = session.Modules.LineAt(session.Rip);
            if (now is null && !over && session.Context.Integer!.Rsp < before && FunctionOf(session) != function)
            {
                if (!StepOut(session))
                    return false;
                now = session.Modules.LineAt(session.Rip);
            }
            if (now is null || now.Line != start.Line || now.File != start.File || FunctionOf(session) != function)
                return true;
        }
        throw new CommandException($"The line did not end within {MostSteps} steps");
    }

    static ulong FunctionOf(DebuggerSession session) =>
        session.Symbols.TryGetName(session.Rip, out _, out ulong displacement) ? session.Rip - displacement : 0;

    static bool StepOut(DebuggerSession session)
    {
        ulong target = session.ReturnAddress ?? 0;
        for (int i = 0; i < MostSteps && session.Rip != target; i++)
            if (!session.Runner.Step(over: true))
                return false;
        return true;
    }
}

/// <summary><c>sx*</c>: what happens at events.</summary>
[Command("sx", "sx", "Show the event filters", Example = "sx")]
[Command("sxd", "sxd code|event", "Disable the break at an event", Example = "sxd av")]
[Command("sxe", "sxe [-c \"commands\"] code|event[:pattern]", "Break at an event", Example = "sxe ld:pulse")]
[Command("sxi", "sxi code|event", "Ignore an event", Example = "sxi ld")]
[Command("sxn", "sxn code|event", "Show an event and go on", Example = "sxn ld")]
[Command("sx-", "sx- -c \"commands\" code|event", "Change the commands of an event")]
[Command("sxr", "sxr", "Reset the event filters", Example = "sxr")]
public sealed class SetFilters : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        Control.EventFilters filters = session.Filters;
        if (arguments.Name == "sxr")
        {
            filters.Reset();
            yield break;
        }
        if (arguments.Name == "sx")
        {
            foreach (Control.EventFilter filter in filters.All)
            {
                string handling = filter.Exception == 0 ? "" : " - not handled";
                string patterns = filter.Patterns.Count == 0 ? "" : $":{string.Join(',', filter.Patterns)}";
                yield return new Line(new Text($"{filter.Code,4}{patterns} - {filter.Description} - {filter.ModeName}{handling}"));
                if (filter.Command.Length > 0)
                    yield return new Line(new Text($"       Command: \"{filter.Command}\""));
            }
            yield break;
        }
        Set(arguments, filters);
    }

    static void Set(TextArguments arguments, Control.EventFilters filters)
    {
        ArgumentReader reader = new(arguments.Name, arguments.Text);
        string? first = null, second = null;
        while (reader.Switch() is { } option)
            switch (option)
            {
                case "-c": first = reader.Word(); break;
                case "-c2": second = reader.Word(); break;
                case "-h": throw new CommandException("sx -h is not supported: the target's own handlers decide");
                default: throw arguments.Wrong("Syntax", arguments.Text.Length);
            }
        string word = reader.Word(), pattern = reader.Word();
        if (word.Length == 0)
            throw arguments.Wrong("Syntax", arguments.Text.Length);
        int colon = word.IndexOf(':');
        if (colon > 0)
            (word, pattern) = (word[..colon], word[(colon + 1)..]);
        IEnumerable<Control.EventFilter> chosen = word == "*" ? filters.All : [Chosen(arguments, filters, word)];
        foreach (Control.EventFilter filter in chosen)
        {
            filter.Command = first ?? filter.Command;
            filter.SecondCommand = second ?? filter.SecondCommand;
            if (arguments.Name == "sx-")
                continue;
            filter.Mode = arguments.Name[2] switch
            {
                'e' => Control.FilterMode.Break,
                'd' => Control.FilterMode.SecondChance,
                'n' => Control.FilterMode.Notify,
                _ => Control.FilterMode.Ignore,
            };
            if (pattern.Length == 0 || arguments.Name != "sxe")
                filter.Patterns.Clear();
            if (pattern.Length > 0 && !filter.Patterns.Contains(pattern))
                filter.Patterns.Add(pattern);
        }
    }

    static Control.EventFilter Chosen(TextArguments arguments, Control.EventFilters filters, string word)
    {
        if (filters.Find(word) is { } known)
            return known;
        string digits = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? word[2..] : word;
        return uint.TryParse(digits, System.Globalization.NumberStyles.HexNumber, null, out uint code)
            ? filters.ForException(code, create: true)
            : throw arguments.Wrong("Syntax", arguments.Text.Length);
    }
}

/// <summary>What happened last, and what was made to happen.</summary>
[Command(".lastevent", ".lastevent", "Show the last event", Example = ".lastevent")]
[Command(".bugcheck", ".bugcheck", "Show the bug check code and its parameters", Example = ".bugcheck")]
[Command(".crash", ".crash", "Crash the target")]
[Command(".reboot", ".reboot", "Restart the target")]
public sealed class TargetEvents : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        switch (arguments.Name)
        {
            case ".lastevent":
                yield return new Text(session.Stops.LastEventText.TrimEnd('\n') + "\n");
                break;
            case ".bugcheck":
                ulong[] values = BugCheckData(session);
                yield return new Line(new Text($"Bugcheck code {values[0]:X8}"));
                yield return new Line(new Text($"Arguments {string.Join(' ', values.Skip(1).Select(Addresses.Accent))}"));
                break;
            case ".crash":
                ICrash crash = session.Target.Capability<ICrash>() ?? throw new CommandException("This target cannot be crashed");
                session.Runner.Adopt(crash.Crash);
                break;
            default:
                IReboot reboot = session.Target.Capability<IReboot>() ?? throw new CommandException("This target cannot be restarted");
                reboot.Reboot();
                session.Runner.Restarted();
                yield return new Line(new Text("The target has been restarted; \"g\" lets it boot"));
                break;
        }
    }

    /// <summary>The same data as <c>dq nt!KiBugCheckData L5</c>.</summary>
    static ulong[] BugCheckData(DebuggerSession session)
    {
        if (!session.Symbols.TryGetAddress("nt!KiBugCheckData", out ulong address))
            return session.Pseudo.BugCheck;
        ulong[] values = new ulong[5];
        for (int i = 0; i < 5; i++)
            if (!session.TryReadPointer(address + (ulong)i * 8, out values[i]))
                return session.Pseudo.BugCheck;
        return values;
    }
}

/// <summary><c>.exr</c>: an exception record.</summary>
[Command(".exr", ".exr address|-1", "Show an exception record")]
[Reads("nt!_EXCEPTION_RECORD")]
public sealed class ShowExceptionRecord : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        uint code, flags = 0;
        ulong at;
        IReadOnlyList<ulong> parameters;
        if (arguments.Text == "-1")
        {
            if (session.Runner.Last is not StopEvent.Exception last)
                throw new CommandException("Last event was not an exception");
            (code, at, parameters) = (last.Code, last.Address, last.Parameters);
        }
        else
        {
            StructureValue record = session.Types["nt!_EXCEPTION_RECORD"].Read(session.Evaluate(arguments.Text));
            (code, flags, at) = ((uint)record["ExceptionCode"], (uint)record["ExceptionFlags"], record["ExceptionAddress"]);
            parameters = record.Array("ExceptionInformation").Take((int)Math.Min(record["NumberParameters"], 15)).ToList();
        }
        string place = session.Symbols.TryGetName(at, out string name, out ulong displacement) ? $" ({name}+0x{displacement:x16})" : "";
        string known = new Control.EventFilters().ForException(code, create: false) is { Description: not "Unknown exception" } filter
            ? $" ({filter.Description})" : "";
        yield return new Text($"ExceptionAddress: {at:x16}{place}\n   ExceptionCode: {code:x8}{known}\n" +
            $"  ExceptionFlags: {flags:x8}\nNumberParameters: {parameters.Count}\n");
        for (int i = 0; i < parameters.Count; i++)
            yield return new Line(new Text($"   Parameter[{i}]: {parameters[i]:x16}"));
        if (code == 0xC0000005 && parameters.Count >= 2)
        {
            string access = parameters[0] switch { 0 => "read from", 1 => "write to", _ => "execute" };
            yield return new Line(new Text($"Attempt to {access} address {parameters[1]:x16}"));
        }
    }
}
