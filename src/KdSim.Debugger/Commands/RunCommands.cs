using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>g gu gc gh gn</c>: lets the target run.</summary>
[Command("g", "g [=start] [address ... [; commands]]", "Go", Example = "g")]
[Command("ga", "ga [=start] [address ...]", "Go; the addresses are hardware breakpoints")]
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
        if (text.StartsWith('='))
        {
            ulong start = session.Masm.EvaluatePrefix(text[1..], out int used);
            session.RunNested($"r rip = 0x{start:x}");
            text = text[(1 + used)..].TrimStart();
        }
        List<(string Expression, ulong? Address)> until = [];
        while (text.Length > 0)
        {
            string expression = text[..session.Masm.Parse(text).Length].Trim();
            text = text[session.Masm.Parse(text).Length..].TrimStart(' ', ',');
            until.Add((expression, SetBreakpoint.Resolve(session, expression)));
            if (until[^1].Address is null)
                yield return new Line(new Text(SetBreakpoint.Deferred(expression)));
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
                ulong[] values = Inspection.BugCheckData.Read(session);
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
            if (last.Record != 0)
                flags = (uint)session.Types["nt!_EXCEPTION_RECORD"].Read(last.Record)["ExceptionFlags"];
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
