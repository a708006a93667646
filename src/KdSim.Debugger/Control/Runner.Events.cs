using KdSim.Debugger.Breakpoints;
using KdSim.Debugger.Inspection;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Control;

/// <content>What each stop of the target means for the user.</content>
public sealed partial class Runner
{
    string? _output;

    (bool Ends, bool Silent, StopEvent Shown) Consider(StopEvent stop, List<Destination> destinations, bool counts)
    {
        switch (stop)
        {
            case StopEvent.Breakpoint hit:
                if (destinations.Any(d => d.Handle is { } handle && hit.Handles.Contains(handle) && IsReached(d)))
                    return (true, false, new StopEvent.Stepped(stop.Processor));
                return Hit(stop, hit.Handles, counts);
            case StopEvent.Watch watch:
                return Hit(stop, watch.Handles, counts);
            case StopEvent.IrqlChange change:
                return Hit(stop, change.Handles, counts);
            case StopEvent.ModuleLoad load:
                session.Breakpoints.ModuleLoaded();
                Resolve(destinations);
                return Module("ld", load.Module, "ModLoad", stop);
            case StopEvent.ModuleUnload unload:
                session.Breakpoints.ModuleUnloaded(unload.Module);
                return Module("ud", unload.Module, "ModUnload", stop);
            case StopEvent.Exception exception:
                return Exception(exception);
            case StopEvent.BugCheck bugCheck:
                _bugChecked = true;
                session.Pseudo.BugCheck = [bugCheck.Code, .. bugCheck.Parameters];
                return WithCommand(session.Filters.Find("bug")!.Command, stop);
            case StopEvent.KernelEvent happened:
                return Event(happened);
            case StopEvent.BreakIn when _output is { } text:
                _output = null;
                return WithCommand(session.Filters.Find("out")!.Command, new StopEvent.Output(stop.Processor, text));
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
        if (breakpoint.Processor is { } processor && processor != session.CurrentProcessor || !HasDepth(breakpoint))
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

    bool HasDepth(Breakpoint breakpoint)
    {
        if (breakpoint.LessDeepThan is null && breakpoint.DeeperThan is null)
            return true;
        ulong most = Math.Max(breakpoint.LessDeepThan ?? 0, (breakpoint.DeeperThan ?? 0) + 1);
        ulong depth = (ulong)session.Walker.Walk((int)Math.Min(most, 65535)).Count();
        return !(depth >= breakpoint.LessDeepThan) && !(depth <= breakpoint.DeeperThan);
    }

    (bool, bool, StopEvent) Module(string code, TargetModule module, string word, StopEvent stop)
    {
        FilterMode mode = session.Filters.ModeFor(code, module);
        if (mode == FilterMode.Ignore && code == "ld" && session.Filters.Find("iml")!.Mode == FilterMode.Break)
        {
            session.Filters.Find("iml")!.Choose(FilterMode.Ignore);
            mode = FilterMode.Break;
        }
        if (mode == FilterMode.Notify)
            session.Notice(StopReporter.ModuleText(module, word));
        return mode == FilterMode.Break ? WithCommand(session.Filters.Find(code)!.Command, stop) : (false, false, stop);
    }

    (bool, bool, StopEvent) Exception(StopEvent.Exception exception)
    {
        (session.Pseudo.ExceptionCode, session.Pseudo.FirstChance, session.Pseudo.ExceptionParameters) =
            (exception.Code, exception.FirstChance, exception.Parameters);
        EventFilter filter = session.Filters.ForException(exception.Code, create: false);
        // The bug check that follows an unhandled exception is a stop of its own: who did not ask for one before it is told and goes there.
        bool breaks = filter.Mode == FilterMode.Break || (!exception.FirstChance && filter is { Mode: FilterMode.SecondChance, IsChosen: true });
        if (!breaks && (exception.FirstChance ? filter.Mode == FilterMode.Notify : filter.Mode != FilterMode.Ignore))
            session.Notice(StopReporter.ExceptionText(exception) + "\n");
        if (breaks && exception.Context != 0)
            session.SetExceptionContext(ContextRecords.Read(session, exception.Context, isTrapFrame: false));
        return breaks ? WithCommand(exception.FirstChance ? filter.Command : filter.SecondCommand, exception) : (false, false, exception);
    }

    (bool, bool, StopEvent) Event(StopEvent.KernelEvent happened)
    {
        EventFilter filter = session.Filters.For(happened.Kind);
        if (!filter.IsActive || filter.Restrictions.Count > 0 && !filter.Restrictions.Any(r => r.Holds(session, happened.Values)))
            return (false, false, happened);
        if (filter.Mode == FilterMode.Break)
            return WithCommand(filter.Command, happened);
        session.Notice(filter.Kernel!.Describe(session, happened.Values) + "\n");
        return (false, false, happened);
    }

    /// <summary>The target printed something that <c>sxe out</c> waits for: it stops at the next boundary.</summary>
    public void StopAtOutput(string text)
    {
        _output = text;
        Control.RequestBreak();
    }

    void Resolve(List<Destination> destinations)
    {
        for (int i = 0; i < destinations.Count; i++)
            if (destinations[i].Handle is null && session.Breakpoints.Resolve(destinations[i].Expression) is { } address)
                destinations[i] = destinations[i] with { Handle = AddTemporary(address) };
    }

    (bool, bool, StopEvent) WithCommand(string command, StopEvent stop)
    {
        if (command.Length == 0)
            return (true, false, stop);
        session.Stops.Report(stop);
        return session.RunBreakpointCommands(command) ? (false, true, stop) : (true, true, stop);
    }
}
