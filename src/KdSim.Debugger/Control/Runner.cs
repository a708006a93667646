using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Control;

/// <summary>
/// Runs the target and decides at each event whether it is a stop for the user: passes, conditions, event filters, commands of breakpoints.
/// Steps over calls are temporary breakpoints bound to a thread and a stack depth, so they never alter the schedule.
/// </summary>
public sealed partial class Runner(DebuggerSession session)
{
    readonly List<(int Handle, bool Irql, int Id)> _removed = [];
    volatile bool _running;

    bool _bugChecked;

    /// <summary>A place that ends a run once: an address, and who must reach it.</summary>
    /// <param name="Frame">The rbp that it must be reached with; null: any.</param>
    /// <param name="Expression">A place that is not known yet: looked up again when a module comes.</param>
    sealed record Destination(int? Handle, ulong Thread = 0, ulong LeastStack = 0, ulong? Frame = null, string Expression = "");

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

    /// <summary><c>g</c>: runs to the next stop and reports it. Addresses end the run once; unknown ones wait for their module.</summary>
    public void Go(IReadOnlyList<(string Expression, ulong? Address)> until)
    {
        List<Destination> destinations = until.Select(u =>
            new Destination(u.Address is { } address ? AddTemporary(address) : null, Expression: u.Expression)).ToList();
        Run(() => Control.Go(), destinations, counts: true, report: true);
    }

    /// <summary><c>gu</c>: runs until the current function has returned, however often it is entered again meanwhile.</summary>
    public void GoUp()
    {
        List<Stacks.StackFrame> frames = session.Walker.Walk(2).ToList();
        if (frames.Count < 2)
            throw new CommandException("The return address of this function is not known");
        List<Destination> destinations = [new(AddTemporary(frames[1].Ip), session.CurrentThread, frames[1].Sp)];
        Run(() => Control.Go(), destinations, counts: true, report: true);
    }

    /// <summary>Part of a step: runs until a thread is at an address with its stack no deeper; false when something else stopped the target.</summary>
    /// <param name="thread">An ETHREAD; 0: the current one.</param>
    public bool RunTo(ulong address, ulong leastStack, ulong thread = 0)
    {
        Destination destination = new(AddTemporary(address), thread != 0 ? thread : session.CurrentThread, leastStack);
        StopEvent stop = Run(() => Control.Go(), [destination], counts: false, report: false);
        if (stop is StopEvent.Stepped)
            return true;
        session.Stops.Report(stop);
        return false;
    }

    /// <summary>One step, into or over calls; false when something else stopped the target (and was reported).</summary>
    public bool Step(bool over)
    {
        StopEvent stop;
        if (session.Target.Capability<IEventSteps>() is { } events)
            stop = Run(() => over ? events.StepOver(session.CurrentProcessor) : Control.Step(session.CurrentProcessor), [], counts: false, report: false);
        else if (over && AfterTrap() is { } behind)
        {
            // The simulated routine leaves rsp where its last callback had it; the stub's frame pointer tells its activation from others.
            // One that ends an interrupt or a thread's routine goes straight to the caller.
            List<Destination> destinations = [new(AddTemporary(behind), session.CurrentThread, 0, session.Context.Integer!.Rbp)];
            if (session.Walker.Walk(2).ElementAtOrDefault(1) is { Ip: not 0 } caller)
                destinations.Add(new(AddTemporary(caller.Ip), session.CurrentThread, caller.Sp));
            stop = Run(() => Control.Go(), destinations, counts: false, report: false);
        }
        else if (over && NextAfterCall() is { } next)
        {
            List<Destination> destinations = [new(AddTemporary(next), session.CurrentThread, session.Context.Integer!.Rsp)];
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

    /// <summary>How often the target was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>The target was booted anew.</summary>
    public void Restarted()
    {
        Restarts++;
        _bugChecked = false;
        session.CurrentProcessor = session.Target.Hints.CurrentProcessor;
        session.SetProcess(0, 0);
        session.Breakpoints.Restarted();
    }

    /// <summary>Lets a stop that came from outside <c>g</c> (a crash that was asked for, a reboot) be seen by the user.</summary>
    public void Adopt(Func<StopEvent> first) => Run(first, [], counts: true, report: true);

    /// <summary>
    /// Moves through time. Modules that come and go on the way are no news; at the end breakpoints are bound to those that are there.
    /// </summary>
    /// <param name="again">How the journey goes on after a stop that is none for the user.</param>
    /// <param name="wanted">The handle of a breakpoint that ends the journey.</param>
    public StopEvent Travel(Func<StopEvent> first, Func<StopEvent> again, bool report, int wanted = -1)
    {
        _bugChecked = false;
        return Run(first, [], counts: report, report, again, wanted, backwards: true);
    }

    /// <summary>The last run was a journey through time: its end is told with the position.</summary>
    public bool HasTravelled { get; private set; }

    bool HasMoved(int processor, IntegerState? before) =>
        before is null || !session.Target.TryGetContext(processor, out ProcessorContext now) || now.Integer is not { } integer ||
        integer.Rip != before.Rip || integer.Rflags != before.Rflags || !integer.General.AsSpan().SequenceEqual(before.General);

    /// <param name="again">How the target goes on after an event that does not end the run; null: it runs.</param>
    StopEvent Run(Func<StopEvent> first, List<Destination> destinations, bool counts, bool report, Func<StopEvent>? again = null,
        int wanted = -1, bool backwards = false)
    {
        HasTravelled = backwards;
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
                (bool ends, bool silent, StopEvent shown) = backwards && stop is StopEvent.ModuleLoad or StopEvent.ModuleUnload or StopEvent.Restarted
                    ? (false, false, stop)
                    : stop is StopEvent.Watch watch && watch.Handles.Contains(wanted) ? (true, false, stop)
                    : Consider(stop, destinations, counts);
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
            if (backwards)
                session.Breakpoints.ModuleLoaded();
            foreach (Destination destination in destinations)
                if (destination.Handle is { } handle)
                    session.Target.Capability<IBreakpointControl>()?.Remove(handle);
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
    public ulong? AfterTrap()
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
}
