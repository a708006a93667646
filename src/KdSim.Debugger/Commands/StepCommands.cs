using Iced.Intel;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Language;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>p t</c> and their kin: steps by instruction, or by source line in source mode.</summary>
[Command("p", "p[r] [=start] [count] [\"command\"]", "Step over calls", Example = "p")]
[Command("t", "t[r] [=start] [count] [\"command\"]", "Step into calls", Example = "t")]
[Command("pa", "pa[r] [=start] address [\"command\"]", "Step over calls to an address")]
[Command("ta", "ta[r] [=start] address [\"command\"]", "Step into calls to an address")]
[Command("pc", "pc[r] [=start] [count] [\"command\"]", "Step to the next call")]
[Command("tc", "tc[r] [=start] [count] [\"command\"]", "Trace to the next call")]
[Command("pt", "pt[r] [=start] [count] [\"command\"]", "Step to the next return")]
[Command("tt", "tt[r] [=start] [count] [\"command\"]", "Trace to the next return")]
[Command("pct", "pct[r] [=start] [count] [\"command\"]", "Step to the next call or return")]
[Command("tct", "tct[r] [=start] [count] [\"command\"]", "Trace to the next call or return")]
[Command("ph", "ph[r] [=start] [count] [\"command\"]", "Step to the next branch")]
[Command("th", "th[r] [=start] [count] [\"command\"]", "Trace to the next branch")]
[Command("tb", "tb[r] [=start] [count] [\"command\"]", "Trace to the next branch that is taken")]
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
        if (text is ['r'] or ['r', ' ' or '=' or '"', ..])
        {
            session.Options.Prompt.Registers = !session.Options.Prompt.Registers;
            text = text[1..].TrimStart();
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
            return session.Options.SourceMode ? SourceStep(session, over) : Instruction(session, over);
        SourceLine? line = session.Options.SourceMode ? session.Modules.LineAt(session.Rip) : null;
        for (int i = 0; i < MostSteps; i++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            Disassembler.TryDecode(session, session.Rip, out Instruction before, out _);
            if (!Instruction(session, over))
                return false;
            if (kind == "a" ? session.Rip == address : IsWanted(session, kind, before, line))
                return true;
            if (IsHalt(session))
            {
                session.Stops.Report(new StopEvent.Stepped(session.CurrentProcessor));
                throw new CommandException("The processor is idle: nothing runs on it until an interrupt comes");
            }
            if (kind == "a")
                session.Stops.Report(new StopEvent.Stepped(session.CurrentProcessor));
        }
        throw new CommandException($"Not reached within {MostSteps} steps");
    }

    /// <summary>One instruction. Functions that <c>.step_filter</c> names are run through when they are called.</summary>
    static bool Instruction(DebuggerSession session, bool over)
    {
        if (over || session.Options.StepFilter.Count == 0 || !Disassembler.TryDecode(session, session.Rip, out Instruction instruction, out _) ||
            instruction.FlowControl is not (FlowControl.Call or FlowControl.IndirectCall))
            return session.Runner.Step(over);
        ulong stack = session.Context.Integer!.Rsp;
        if (!session.Runner.Step(over))
            return false;
        return session.Rip == instruction.NextIP || !session.Symbols.TryGetName(session.Rip, out string name, out _) ||
            !session.Options.StepFilter.Any(p => Wildcard.Matches(p, name)) || session.Runner.RunTo(instruction.NextIP, stack);
    }

    static bool IsHalt(DebuggerSession session) =>
        Disassembler.TryDecode(session, session.Rip, out Instruction instruction, out _) && instruction.Mnemonic == Mnemonic.Hlt;

    /// <summary>Whether the search ends here. In source mode instructions of the line that it began in do not count.</summary>
    static bool IsWanted(DebuggerSession session, string kind, in Instruction before, SourceLine? line)
    {
        if (line is not null && session.Modules.LineAt(session.Rip) is { } now && now.Line == line.Line && now.File == line.File)
            return false;
        if (kind == "b")
            return IsBranch(before.FlowControl) && session.Rip != before.NextIP;
        if (!Disassembler.TryDecode(session, session.Rip, out Instruction instruction, out _))
            return true;
        FlowControl flow = instruction.FlowControl;
        bool call = flow is FlowControl.Call or FlowControl.IndirectCall, returns = flow == FlowControl.Return;
        return kind switch
        {
            "c" => call,
            "t" => returns,
            "ct" => call || returns,
            _ => IsBranch(flow),
        };
    }

    static bool IsBranch(FlowControl flow) => flow is not (FlowControl.Next or FlowControl.Exception);

    /// <summary>Until another line begins. Callees without lines are run through; returning into code without lines ends the step.</summary>
    static bool SourceStep(DebuggerSession session, bool over)
    {
        SourceLine? start = session.Modules.LineAt(session.Rip);
        ulong function = FunctionOf(session);
        for (int i = 0; i < MostSteps; i++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            ulong before = session.Context.Integer!.Rsp;
            if (!Instruction(session, over))
                return false;
            if (start is null)
                return true;
            SourceLine? now = session.Modules.LineAt(session.Rip);
            if (now is null && !over && session.Context.Integer!.Rsp < before && FunctionOf(session) != function)
            {
                if (session.ReturnAddress is not { } back || !session.Runner.RunTo(back, before))
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
}

/// <summary><c>.step_filter</c>: functions that <c>t</c> steps over.</summary>
[Command(".step_filter", ".step_filter [/c] [\"pattern;pattern\"]", "Choose functions that t steps over", Example = ".step_filter \"nt!*;hal!*\"")]
public sealed class StepFilter : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        if (arguments.Text == "/c")
            session.Options.StepFilter = [];
        else if (arguments.Text.Length > 0)
            session.Options.StepFilter = arguments.Text.Trim('"').Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (session.Options.StepFilter.Count == 0)
        {
            yield return new Line(new Text("No step filters in effect"));
            yield break;
        }
        yield return new Line(new Text("Filter out code symbols matching:"));
        foreach (string pattern in session.Options.StepFilter)
            yield return new Line(new Text($"  {pattern}"));
    }
}
