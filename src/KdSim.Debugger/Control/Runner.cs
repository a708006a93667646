using KdSim.Debugger.Breakpoints;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Control;

/// <summary>
/// Runs the target and decides at each event whether it is a stop for the user: passes, conditions, event filters, commands of breakpoints.
/// Steps over calls are temporary breakpoints bound to a thread and a stack depth, so they never alter the schedule.
/// </summary>
public sealed class Runner(DebuggerSession session)
{
    readonly List<(int Handle, bool Irql, int Id)> _removed = [];
    volatile bool _running;

    bool _bugChecked;

    /// <summary>A place that ends a run once: an address, and who must reach it.</summary>
    /// <param name="Frame">The rbp that it must be reached with; null: any.</param>
    readonly record struct Destination(int Handle, ulong Thread, ulong LeastStack, ulong? Frame = null);

    public bool IsRunning => _running;

    /// <summary>Counts runs and steps, so that the front end knows that the target moved.</summary>
    public int Moves { get; private set; }

    /// <summary>The last stop.</summary>
    public StopEvent? Last { get; private set; }

    IRunControl Control => session.Target.Capability<IRunControl>() ?? throw new CommandException("This target cannot run");

    /// <summary>The number of a one-shot breakpoint that this stop removed; -1 when the handle is not the user's.</summary>
    public int JustRemoved(int handle, bool irql)
    {
        foreach ((int known, bool level, int id) in _removed)
            if (known == handle && level == irql)
                return id;
        return -1;
    }

    /// <summary><c>g</c>: runs to the next stop and reports it. Addresses end the run once.</summary>
    public void Go(IReadOnlyList<ulong> until)
    {
        List<Destination> destinations = until.Select(a => new Destination(AddTemporary(a), 0, 0)).ToList();
        Run(() => Control.Go(), destinations, counts: true, report: true);
    }

    /// <summary><c>gu</c>: runs until the current function has returned, however often it is entered again meanwhile.</summary>
    public void GoUp()
    {
        List<Stacks.StackFrame> frames = session.Walker.Walk(2).ToList();
        if (frames.Count < 2)
            throw new CommandException("The return address of this function is not known");
        Destination[] destinations = [new(AddTemporary(frames[1].Ip), session.CurrentThread, frames[1].Sp)];
        Run(() => Control.Go(), destinations, counts: true, report: true);
    }

    /// <summary>One step, into or over calls; false when something else stopped the target (and was reported).</summary>
    public bool Step(bool over)
    {
        StopEvent stop;
        if (over && AfterTrap() is { } behind)
        {
            // The simulated routine leaves rsp where its last callback had it; the stub's frame pointer tells its activation from others.
            Destination[] destinations = [new(AddTemporary(behind), session.CurrentThread, 0, session.Context.Integer!.Rbp)];
            stop = Run(() => Control.Go(), destinations, counts: false, report: false);
        }
        else if (over && NextAfterCall() is { } next)
        {
            Destination[] destinations = [new(AddTemporary(next), session.CurrentThread, session.Context.Integer!.Rsp)];
            stop = Run(() => Control.Go(), destinations, counts: false, report: false);
        }
        else
        {
            int processor = session.CurrentProcessor;
            IntegerState? before = session.Context.Integer;
            // An event that nobody asked for may end the run with the step or before it: then the step is done, or taken again.
            StopEvent Again() => HasMoved(processor, before) ? new StopEvent.Stepped(processor) : Control.Step(processor);
            stop = Run(() => Control.Step(processor), [], counts: false, report: false, Again);
        }
        if (stop is StopEvent.Stepped)
            return true;
        session.Stops.Report(stop);
        return false;
    }

    /// <summary>The target was booted anew.</summary>
    public void Restarted()
    {
        _bugChecked = false;
        session.CurrentProcessor = session.Target.Hints.CurrentProcessor;
        session.SetProcess(0, 0);
        session.Breakpoints.Restarted();
    }

    /// <summary>Lets a stop that came from outside <c>g</c> (a crash that was asked for, a reboot) be seen by the user.</summary>
    public void Adopt(Func<StopEvent> first) => Run(first, [], counts: true, report: true);

    bool HasMoved(int processor, IntegerState? before) =>
        before is null || !session.Target.TryGetContext(processor, out ProcessorContext now) || now.Integer is not { } integer ||
        integer.Rip != before.Rip || integer.Rflags != before.Rflags || !integer.General.AsSpan().SequenceEqual(before.General);

    /// <param name="again">How the target goes on after an event that does not end the run; null: it runs.</param>
    StopEvent Run(Func<StopEvent> first, IReadOnlyList<Destination> destinations, bool counts, bool report, Func<StopEvent>? again = null)
    {
        if (_bugChecked)
            throw new CommandException("The target has stopped with a bug check and cannot run; .reboot starts it again");
        session.ResetContext();
        _removed.Clear();
        session.Pseudo.PreviousIp = session.Context.Integer?.Rip ?? 0;
        try
        {
            Func<StopEvent> next = first;
            while (true)
            {
                StopEvent stop = Resume(next);
                next = again ?? Control.Go;
                (bool ends, bool silent, StopEvent shown) = Consider(stop, destinations, counts);
                if (!ends && session.Cancellation.IsCancellationRequested)
                    (ends, shown) = (true, new StopEvent.BreakIn(stop.Processor));
                if (!ends)
                    continue;
                Last = shown;
                if (report)
                    session.Stops.Report(shown, silent);
                return shown;
            }
        }
        finally
        {
            foreach (Destination destination in destinations)
                session.Target.Capability<IBreakpointControl>()?.Remove(destination.Handle);
        }
    }

    StopEvent Resume(Func<StopEvent> run)
    {
        Moves++;
        _running = true;
        try
        {
            StopEvent stop = run();
            session.CurrentProcessor = stop.Processor;
            return stop;
        }
        finally
        {
            _running = false;
        }
    }

    int AddTemporary(ulong address) =>
        (session.Target.Capability<IBreakpointControl>() ?? throw new CommandException("This target has no breakpoints"))
        .Add(BreakpointKind.Execute, address, 1);

    /// <summary>
    /// Where a routine of the simulated nt goes on when its work is done, callbacks and all: behind the trap of its stub and the one that
    /// callbacks return to. Null when the current instruction is no such trap.
    /// </summary>
    ulong? AfterTrap()
    {
        ulong at = session.Rip;
        while (Inspection.Disassembler.TryDecode(session, at, out Iced.Intel.Instruction instruction, out _) && IsStubTrap(instruction))
            at = instruction.NextIP;
        return at == session.Rip ? null : at;
    }

    /// <summary>The instruction after a call or a repeated string operation; null when the current one is none of these.</summary>
    ulong? NextAfterCall()
    {
        if (!Inspection.Disassembler.TryDecode(session, session.Rip, out Iced.Intel.Instruction instruction, out _))
            return null;
        bool calls = instruction.FlowControl is Iced.Intel.FlowControl.Call or Iced.Intel.FlowControl.IndirectCall or Iced.Intel.FlowControl.Interrupt ||
            instruction.HasRepPrefix || instruction.HasRepnePrefix;
        return calls ? instruction.NextIP : null;
    }

    bool IsStubTrap(in Iced.Intel.Instruction instruction) =>
        Inspection.Disassembler.IsTrap(instruction) && session.Modules.At(instruction.IP) is not null;

    (bool Ends, bool Silent, StopEvent Shown) Consider(StopEvent stop, IReadOnlyList<Destination> destinations, bool counts)
    {
        switch (stop)
        {
            case StopEvent.Breakpoint hit:
                if (destinations.Any(d => hit.Handles.Contains(d.Handle) && IsReached(d)))
                    return (true, false, new StopEvent.Stepped(stop.Processor));
                return Hit(stop, hit.Handles, counts);
            case StopEvent.Watch watch:
                return Hit(stop, watch.Handles, counts);
            case StopEvent.IrqlChange change:
                return Hit(stop, change.Handles, counts);
            case StopEvent.ModuleLoad load:
                session.Breakpoints.ModuleLoaded();
                return Module("ld", load.Module, "ModLoad", stop);
            case StopEvent.ModuleUnload unload:
                session.Breakpoints.ModuleUnloaded(unload.Module);
                return Module("ud", unload.Module, "ModUnload", stop);
            case StopEvent.Exception exception:
                return Exception(exception);
            case StopEvent.BugCheck bugCheck:
                _bugChecked = true;
                session.Pseudo.BugCheck = [bugCheck.Code, .. bugCheck.Parameters];
                return (true, false, stop);
            case StopEvent.Restarted:
                session.Breakpoints.Restarted();
                return (session.Filters.Find("ibp")!.Mode == FilterMode.Break, false, stop);
            default:
                return (true, false, stop);
        }
    }

    bool IsReached(Destination destination) =>
        (destination.Thread == 0 || session.CurrentThread == destination.Thread) && session.Context.Integer?.Rsp >= destination.LeastStack &&
        (destination.Frame is null || session.Context.Integer.Rbp == destination.Frame);

    (bool, bool, StopEvent) Hit(StopEvent stop, IReadOnlyList<int> handles, bool counts)
    {
        bool irql = stop is StopEvent.IrqlChange;
        List<Breakpoint> hit = handles.Select(h => session.Breakpoints.ByHandle(h, irql)).OfType<Breakpoint>().OrderBy(b => b.Id).Where(b =>
            Fires(b, counts)).ToList();
        if (hit.Count == 0)
            return (false, false, stop);
        foreach (Breakpoint breakpoint in hit.Where(b => b.OneShot).ToList())
        {
            _removed.Add((breakpoint.Handle!.Value, irql, breakpoint.Id));
            session.Breakpoints.Remove(breakpoint);
        }
        bool silent = false;
        if (counts)
            foreach (Breakpoint breakpoint in hit.Where(b => b.Commands.Length > 0))
            {
                silent = true;
                session.Stops.Remember(stop, $"Hit breakpoint {breakpoint.Id}");
                if (session.RunBreakpointCommands(breakpoint.Commands))
                    return (false, true, stop);
                if (session.ExitCode is not null)
                    break;
            }
        return (true, silent, stop);
    }

    bool Fires(Breakpoint breakpoint, bool counts)
    {
        if (breakpoint.Process != 0 && breakpoint.Process != session.CurrentProcess || breakpoint.Thread != 0 &&
            breakpoint.Thread != session.CurrentThread)
            return false;
        if (breakpoint.Condition is { } condition && session.Cpp.EvaluateInteger(condition) == 0)
            return false;
        if (!counts)
            return true;
        if (breakpoint.Remaining > 1)
        {
            breakpoint.Remaining--;
            return false;
        }
        return true;
    }

    (bool, bool, StopEvent) Module(string code, TargetModule module, string word, StopEvent stop)
    {
        FilterMode mode = session.Filters.ModeFor(code, module);
        if (mode == FilterMode.Ignore && code == "ld" && session.Filters.Find("iml")!.Mode == FilterMode.Break)
        {
            session.Filters.Find("iml")!.Mode = FilterMode.Ignore;
            mode = FilterMode.Break;
        }
        if (mode == FilterMode.Notify)
            session.Notice(StopReporter.ModuleText(module, word));
        return mode == FilterMode.Break ? WithCommand(session.Filters.Find(code)!.Command, stop) : (false, false, stop);
    }

    (bool, bool, StopEvent) Exception(StopEvent.Exception exception)
    {
        session.Pseudo.ExceptionCode = exception.Code;
        EventFilter filter = session.Filters.ForException(exception.Code, create: false);
        if (filter.Mode == FilterMode.Notify && exception.FirstChance)
            session.Notice($"{filter.Description} - code {exception.Code:x8} (first chance)\n");
        bool breaks = exception.FirstChance ? filter.Mode == FilterMode.Break : filter.Mode is FilterMode.Break or FilterMode.SecondChance;
        return breaks ? WithCommand(exception.FirstChance ? filter.Command : filter.SecondCommand, exception) : (false, false, exception);
    }

    (bool, bool, StopEvent) WithCommand(string command, StopEvent stop)
    {
        if (command.Length == 0)
            return (true, false, stop);
        session.Stops.Report(stop);
        return session.RunBreakpointCommands(command) ? (false, true, stop) : (true, true, stop);
    }
}
