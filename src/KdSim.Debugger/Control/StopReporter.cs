using System.Globalization;
using System.Text;
using KdSim.Debugger.Breakpoints;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Control;

/// <summary>Says why the target stopped and where, in WinDbg's order: reason, registers if wanted, location line, next instruction.</summary>
public sealed class StopReporter(DebuggerSession session)
{
    const string BreakText = "Break instruction exception - code 80000003 (first chance)\n";

    /// <summary>The last reason, as <c>.lastevent</c> gives it.</summary>
    public string LastEvent { get; private set; } = "No event has happened yet";

    const int MostLogged = 100;

    readonly Queue<(string Text, string Time)> _log = new();
    string _lastTime = "";

    /// <summary>The latest stops, oldest first (<c>.eventlog</c>).</summary>
    public IReadOnlyCollection<(string Text, string Time)> Log => _log;

    /// <summary><c>.lastevent</c> in full.</summary>
    public string LastEventText => $"Last event: {LastEvent}\n{_lastTime}";

    /// <summary>Shows a stop. <paramref name="quiet"/>: breakpoint commands have spoken, only the location follows.</summary>
    public void Report(StopEvent stop, bool quiet = false)
    {
        (string kind, string reason, string last) = Describe(stop);
        Remember(stop, last);
        StringBuilder text = new();
        if (!quiet)
            text.Append(reason);
        if (session.Runner.HasTravelled && session.Target.Capability<ITimeTravel>() is { } travel)
            text.Append($"Time Travel Position: {ReverseRunner.Format(travel.Position)}\n");
        text.Append(Location());
        session.ShowStop(new StopReport(kind, stop.Processor, session.Context.Integer?.Rip ?? 0,
            session.SymbolAt(session.Context.Integer?.Rip ?? 0),
            text.ToString()));
    }

    /// <summary>Where the current processor stands: registers if they are shown at stops, label, source, instruction.</summary>
    public string Location(bool withRegisters = true)
    {
        if (session.Context.Integer is not { } integer)
            return session.Target.Capability<IEventState>() is { CurrentEvent: { Length: > 0 } line } ? line + "\n" : "";
        StringBuilder text = new();
        PromptItems items = session.Options.Prompt;
        if (withRegisters && items.Registers)
            text.Append(RegisterDump.Text(session));
        if (items.Symbol)
            text.Append(Disassembler.Label(session, integer.Rip)).Append('\n');
        if (items.Source && session.Options.ShowSource && SourceFiles.LineText(session, integer.Rip) is { } source)
            text.Append($"{source}\n");
        if (items.Disassembly)
            text.Append(items.EffectiveAddress ? Disassembler.RowWithOperand(session, integer.Rip) : Disassembler.Row(session, integer.Rip, out _))
                .Append('\n');
        return text.ToString();
    }

    public void Remember(StopEvent stop, string last)
    {
        if (stop is StopEvent.Stepped)
            return;
        LastEvent = last;
        _lastTime = session.Target.Capability<ITargetClock>() is { } clock ? $"  debugger time: {FormatTime(clock.UtcNow)}\n" : "";
        _log.Enqueue((last, _lastTime));
        if (_log.Count > MostLogged)
            _log.Dequeue();
        session.Pseudo.EventIp = session.Context.Integer?.Rip ?? 0;
    }

    public static string FormatTime(DateTime utc) =>
        string.Create(CultureInfo.InvariantCulture, $"{utc:ddd MMM} {utc.Day,2} {utc:HH:mm:ss.fff yyyy} (UTC + 0:00)");

    (string Kind, string Reason, string Last) Describe(StopEvent stop) => stop switch
    {
        StopEvent.Stepped => ("step", "", ""),
        StopEvent.Breakpoint hit => Hit("breakpoint", hit.Handles, ""),
        StopEvent.Watch watch => Hit("watch", watch.Handles, watch.Access is { } access ? AccessText(access) : ""),
        StopEvent.IrqlChange change => Hit("irql", change.Handles,
            $"IRQL {change.Old:x} ({IrqlConditions.NameOf(change.Old)}) -> {change.New:x} ({IrqlConditions.NameOf(change.New)}) " +
            $"on processor {change.Processor} by {session.SymbolAt(change.Rip)}\n"),
        StopEvent.BreakIn => ("break-in", BreakText + BreakInBox(), BreakText.TrimEnd()),
        StopEvent.BugCheck bugCheck => BugCheck(bugCheck),
        StopEvent.DebugBreak { Assertion: true } => ("assertion", "Assertion failure - code c0000420 (first chance)\n",
            "Assertion failure - code c0000420 (first chance)"),
        StopEvent.DebugBreak => ("debug-break", BreakText, BreakText.TrimEnd()),
        StopEvent.Exception exception => Exception(exception),
        StopEvent.ModuleLoad load => ("module-load", ModuleText(load.Module, "ModLoad"),
            $"Load module {load.Module.ImageName} at {Addresses.Accent(load.Module.Base)}"),
        StopEvent.ModuleUnload unload =>
            ("module-unload", ModuleText(unload.Module, "ModUnload"), $"Unload module {unload.Module.ImageName}"),
        StopEvent.KernelEvent happened => Plain("kernel-event", KernelEventType.Of(happened.Kind).Describe(session, happened.Values)),
        StopEvent.Output output => ("output", "", $"Debuggee output: {output.Text}"),
        StopEvent.ScenarioFinished finished => Plain("scenario-finished", finished.Text.Length == 0 ? "Scenario finished" : finished.Text),
        StopEvent.LimitReached limit => Plain("limit", limit.Text),
        StopEvent.Idle => Plain("idle", "The machine is idle: no thread can run and nothing is due"),
        StopEvent.MachineFailed failed => Plain("machine-failed", $"*** The simulated machine failed: {failed.Text}"),
        StopEvent.MissingImport missing => Plain("missing-import", MissingImport(missing)),
        StopEvent.StartOfHistory => Plain("start-of-trace", "TTD: Start of trace reached."),
        StopEvent.EndOfHistory => Plain("end-of-trace", "TTD: End of trace reached."),
        StopEvent.Restarted => Plain("restarted", "The target has been restarted"),
        _ => throw new InvalidOperationException($"no such stop: {stop.GetType().Name}"),
    };

    /// <summary>Values up to eight bytes as one number, old and new.</summary>
    static string AccessText(MemoryAccess access)
    {
        string what = access.IsPort ? $"I/O port {access.Address:x}" : Addresses.Accent(access.Address);
        string done = $"{access.Length} byte{(access.Length == 1 ? "" : "s")} at {what} {(access.IsWrite ? "written" : "read")}";
        if (access.Before.Count is 0 or > 8)
            return done + "\n";
        return access.IsWrite ? $"{done}: {Value(access.Before)} -> {Value(access.After)}\n" : $"{done}: {Value(access.After)}\n";
    }

    static string Value(IEnumerable<byte> bytes) => Convert.ToHexStringLower(bytes.Reverse().ToArray());

    static (string, string, string) Plain(string kind, string text) => (kind, text + "\n", text);

    (string, string, string) Hit(string kind, IReadOnlyList<int> handles, string more)
    {
        StringBuilder text = new();
        bool irql = kind == "irql";
        List<int> ids = handles.Select(h => session.Breakpoints.ByHandle(h, irql)?.Id ?? session.Runner.JustRemoved(h, irql)).Where(id =>
            id >= 0).Order().ToList();
        foreach (int id in ids)
            text.Append($"Breakpoint {id} hit\n");
        return (kind, text + more, ids.Count == 0 ? "Hit breakpoint" : $"Hit breakpoint {ids[0]}");
    }

    (string, string, string) BugCheck(StopEvent.BugCheck stop)
    {
        string list = string.Join(',', stop.Parameters.Select(p => $"0x{p:X16}"));
        string text = $"\n*** Fatal System Error: 0x{stop.Code:x8}\n                       ({list})\n\n" + BreakText +
            "\nA fatal system error has occurred.\nDebugger entered on first try; Bugcheck callbacks have not been invoked.\n" +
            "\nA fatal system error has occurred.\n\n";
        return ("bugcheck", text, BreakText.TrimEnd());
    }

    static (string, string, string) Exception(StopEvent.Exception exception)
    {
        string text = ExceptionText(exception);
        return ("exception", text + "\n", text);
    }

    public static string ExceptionText(StopEvent.Exception exception)
    {
        string name = new EventFilters().ForException(exception.Code, create: false).Description;
        return $"{name} - code {exception.Code:x8} ({(exception.FirstChance ? "first chance" : "!!! second chance !!!")})";
    }

    string MissingImport(StopEvent.MissingImport missing) =>
        $"*** {missing.Name} is not implemented: {(missing.Arguments.Count > 0 ? "called" : "read")} by {session.SymbolAt(missing.Caller)}" +
        (missing.Arguments.Count > 0 ? $" with ({string.Join(", ", missing.Arguments.Select(a => $"0x{a:x}"))})" : "");

    public static string ModuleText(TargetModule module, string word) =>
        $"{word}: {Addresses.Accent(module.Base)} {Addresses.Accent(module.End)}   {module.ImageName}\n";

    string BreakInBox()
    {
        if (session.Options.Quiet || session.Options.NoBreakInWarning)
            return "";
        string stars = new('*', 79);
        string[] lines =
        [
            "", "   The debugger broke in because you asked it to (CTRL+C).", "",
            "              This is neither a fault of a driver nor a bug check.", "",
            "   \"g\" lets the target go on as if nothing had happened.", "",
        ];
        return stars + "\n" + string.Concat(lines.Select(l => $"*{l,-77}*\n")) + stars + "\n";
    }
}
