using System.Globalization;
using KdSim.Debugger.Control;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Commands;

/// <summary><c>g- t- p- gu-</c>: the way back, with the forward commands' manners.</summary>
[Command("g-", "g-", "Go back to the last stop before here", Example = "g-")]
[Command("gu-", "gu-", "Go back to the call of the current function")]
[Command("p-", "p- [count]", "Step back over calls", Example = "p-")]
[Command("t-", "t- [count]", "Step back into calls", Example = "t- 3")]
public sealed class Reverse : TextCommand
{
    const int MostSteps = 1_000_000;

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        switch (arguments.Name)
        {
            case "g-":
                session.Reverse.Go();
                break;
            case "gu-":
                if (session.Reverse.StepOut())
                    Report(session);
                break;
            default:
                ulong count = arguments.Text.Length == 0 ? 1 : session.Evaluate(arguments.Text);
                for (ulong i = 0; i < count && Once(session, arguments.Name == "p-"); i++)
                    Report(session);
                break;
        }
        yield break;
    }

    static bool Once(DebuggerSession session, bool over)
    {
        session.Cancellation.ThrowIfCancellationRequested();
        return session.Options.SourceMode ? SourceStep(session, over) : Instruction(session, over);
    }

    static bool Instruction(DebuggerSession session, bool over) => over ? session.Reverse.StepOver() : session.Reverse.StepInto();

    /// <summary>To the first instruction of the line before: out of this line, then to where that one began.</summary>
    static bool SourceStep(DebuggerSession session, bool over)
    {
        SourceLine? start = session.Modules.LineAt(session.Rip);
        SourceLine? found = start;
        for (int i = 0; i < MostSteps && Equal(found, start); i++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            if (!Instruction(session, over))
                return false;
            found = session.Modules.LineAt(session.Rip);
            if (start is null)
                return true;
        }
        ITimeTravel travel = session.Target.Capability<ITimeTravel>()!;
        for (int i = 0; i < MostSteps; i++)
        {
            ulong first = travel.Position;
            if (!Instruction(session, over))
                return false;
            if (Equal(session.Modules.LineAt(session.Rip), found))
                continue;
            session.Reverse.SeekTo(first);
            return true;
        }
        throw new CommandException($"The line did not begin within {MostSteps} steps");
    }

    static bool Equal(SourceLine? one, SourceLine? other) => one?.Line == other?.Line && one?.File == other?.File;

    static void Report(DebuggerSession session) => session.Stops.Report(new StopEvent.Stepped(session.CurrentProcessor));
}

/// <summary><c>!tt</c>: where in time the target stands, and going elsewhere.</summary>
[Command("!tt", "!tt [position|percent|ba- r|w addr size]", "Show the position in time, or go to one")]
[Command("!positions", "!positions", "Show where in time each processor's thread stands")]
public sealed class TimeTravel : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ITimeTravel travel = session.Target.Capability<ITimeTravel>() ?? throw new CommandException("This target cannot go back in time");
        if (arguments.Name == "!positions")
        {
            for (int i = 0; i < session.Target.ProcessorCount; i++)
                yield return new Line(new Text(
                    $"{(i == session.CurrentProcessor ? '>' : ' ')}Processor {i} Thread {Processors.ThreadOn(session, i):x16} - " +
                    $"Position: {ReverseRunner.Format(travel.Position)}"));
            yield break;
        }
        string[] words = arguments.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 0)
        {
            yield return new Line(new Text($"Time Travel Position: {ReverseRunner.Format(travel.Position)}"));
            yield return new Line(new Text($"Known from {ReverseRunner.Format(travel.Start)} to {ReverseRunner.Format(travel.End)}"));
            yield break;
        }
        if (words[0] is "ba-")
        {
            ToAccess(arguments, words, session);
            yield break;
        }
        ulong position = Parse(words[0], travel) ?? throw arguments.Wrong("Syntax", 1);
        yield return new Line(new Text($"Setting position: {ReverseRunner.Format(position)}"));
        session.Reverse.SeekTo(position);
        session.Stops.Report(new StopEvent.Stepped(session.CurrentProcessor));
    }

    static void ToAccess(TextArguments arguments, string[] words, DebuggerSession session)
    {
        if (words.Length != 4)
            throw arguments.Wrong("Syntax", arguments.Text.Length + 1);
        BreakpointKind kind = words[1].ToLowerInvariant() switch
        {
            "w" => BreakpointKind.Write,
            "r" or "rw" => BreakpointKind.ReadWrite,
            "e" => BreakpointKind.Execute,
            _ => throw new CommandException($"!tt ba-: r, w, rw or e expected, found '{words[1]}'"),
        };
        ulong size = session.Evaluate(words[3]);
        session.Reverse.ToAccess(session.Evaluate(words[2]), (int)Math.Min(size, int.MaxValue), kind);
    }

    /// <summary>high:low in hexadecimal, the low part of 16 bits; "1A:" is "1A:0". Or percent of what is known, with or without a sign.</summary>
    static ulong? Parse(string text, ITimeTravel travel)
    {
        int colon = text.IndexOf(':');
        if (colon > 0)
        {
            string low = text[(colon + 1)..];
            return ulong.TryParse(text[..colon], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong high) &&
                uint.TryParse(low.Length == 0 ? "0" : low, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint rest)
                ? (high << 16) + rest : null;
        }
        return decimal.TryParse(text.TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal percent) && percent <= 100
            ? travel.Start + (ulong)((travel.End - travel.Start) * percent / 100) : null;
    }
}
