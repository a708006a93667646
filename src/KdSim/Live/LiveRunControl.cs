using KdSim.CommandLine;
using KdSim.Debugging.Targets;
using KdSim.Machine;
using KdSim.Machine.Time;
using KdSim.Machines;

namespace KdSim.Live;

/// <summary>How runs end without a person at the keyboard.</summary>
/// <param name="Limit">The virtual time that one run may take, in ticks; none where a person can break in.</param>
sealed record RunOptions(ulong? Limit);

/// <summary>
/// Running the live machine, and saying why it stopped. Nothing here changes what the machine does: stops, steps and limits only decide
/// where the host looks.
/// </summary>
sealed class LiveRunControl(
    LiveMachine machine, LiveObserver observer, LiveBreakpoints breakpoints, LiveHistory history, LiveInputs inputs, RunOptions options, long runs)
    : IRunControl
{
    const ulong ClockTick = 16_000 * Ticks.PerMicrosecond;

    /// <summary>The position at which the scenario was over; past it only what it left behind runs.</summary>
    ulong _finishedAt = ulong.MaxValue;

    Computer Computer => machine.Computer;

    /// <summary>The processor of the last stop.</summary>
    public int CurrentProcessor { get; private set; }

    /// <summary>Called after each run, before anybody hears why it ended.</summary>
    public Action? Ended { get; set; }

    /// <summary>Grows with each run.</summary>
    public long Runs { get; private set; } = runs;

    public StopEvent Go()
    {
        ulong limit = options.Limit is { } most ? Computer.Now + most : Ticks.Never;
        return Computer.Position >= _finishedAt && machine.Description.OnIdle == OnIdle.Break ? GoUntilQuiet(limit) : Run(RunRequest.Until(limit));
    }

    /// <summary>After the scenario only what it left behind runs; once that is done there is nothing to wait for.</summary>
    StopEvent GoUntilQuiet(ulong limit)
    {
        while (true)
        {
            if (IsQuiet() && !observer.HasBugChecked)
                return Remember(new StopEvent.ScenarioFinished(
                    CurrentProcessor, "Scenario finished: nothing is pending but the clock; .reboot starts the machine again"));
            ulong soon = Math.Min(limit, Computer.Now + ClockTick);
            StopEvent stop = Run(RunRequest.Until(soon));
            if (stop is not StopEvent.LimitReached || soon == limit)
                return stop;
        }
    }

    public StopEvent Step(int processor) => Run(RunRequest.Step(processor));

    public void RequestBreak() => Computer.RequestBreak();

    /// <summary>Stops the system by hand: the current processor calls nt!KeBugCheckEx where it stands.</summary>
    public StopEvent Crash()
    {
        const ulong ManuallyInitiatedCrash = 0xE2;
        const int Rcx = 1, Rdx = 2, Rsp = 4, R8 = 8, R9 = 9;
        if (observer.HasBugChecked) return Dead();
        ulong routine = machine.Kernel.ImportResolver.Find("KeBugCheckEx");
        if (routine == 0) throw new InvalidOperationException("nt!KeBugCheckEx does not exist");
        int processor = Computer.Current.Number;
        IntegerState integer = RegisterMapping.Read(ref Computer.Current.State).Integer!;
        ulong[] general = [.. integer.General];
        // No caller: nobody that stands on this stack asked for it. Behind the return address the home space, then the fifth argument.
        byte[] frame = new byte[6 * sizeof(ulong)];
        ulong stack = (general[Rsp] & ~0xFul) - (ulong)frame.Length - sizeof(ulong);
        inputs.WriteMemory(AddressSpace.Current.DirectoryBase, stack, frame);
        (general[Rsp], general[Rcx], general[Rdx], general[R8], general[R9]) = (stack, ManuallyInitiatedCrash, 0, 0, 0);
        inputs.SetContext(processor, new ProcessorContext { Integer = integer with { General = general, Rip = routine } });
        return Go();
    }

    /// <summary>
    /// Runs a machine that has just been built to where the user wants the first prompt. The answer is Restarted if it got there, else what
    /// stopped it on the way.
    /// </summary>
    public StopEvent RunToStart(InitialBreak wanted)
    {
        if (wanted == InitialBreak.BeforeDrivers) return Remember(new StopEvent.Restarted(0));
        while (true)
        {
            switch (Go())
            {
                case StopEvent.ModuleLoad load when wanted == InitialBreak.FirstModuleLoad:
                    return load;
                case StopEvent.ModuleLoad or StopEvent.ModuleUnload or StopEvent.Exception:
                    continue;
                case StopEvent other:
                    return other;
            }
        }
    }

    StopEvent Run(RunRequest request)
    {
        if (observer.TakeStop() is { } waiting) return Remember(waiting);
        if (observer.HasBugChecked) return Remember(Dead());
        Runs++;
        breakpoints.Refresh();
        RunResult result = history.Run(request);
        Ended?.Invoke();
        return Remember(Explain(result));
    }

    /// <summary>
    /// True when nothing but clock interrupts can happen: every processor runs its idle thread, no timer is set, no device has anything due,
    /// and so it has been for some time.
    /// </summary>
    bool IsQuiet() => Computer.Now > observer.LastActivity + 2 * ClockTick && Computer.HasOnlyClockEvents && !machine.Kernel.Timers.IsAnySet &&
        machine.Kernel.Processors.AreIdle;

    /// <summary>Runs on to a position that has been reached before; a stop that comes first, or null.</summary>
    internal StopEvent? RunTo(ulong position)
    {
        if (observer.TakeStop() is { } waiting) return waiting;
        RunResult result = history.Run(new RunRequest { PositionLimit = position });
        return result.Reason == StopReason.PositionReached ? null : Explain(result);
    }

    /// <summary>The machine stands elsewhere than it stopped last.</summary>
    internal StopEvent Arrive(StopEvent stop)
    {
        Runs++;
        return Remember(stop);
    }

    StopEvent Remember(StopEvent stop)
    {
        CurrentProcessor = stop.Processor;
        if (stop is StopEvent.ScenarioFinished && Computer.Position < _finishedAt) _finishedAt = Computer.Position;
        return stop;
    }

    StopEvent Dead() => new StopEvent.MachineFailed(CurrentProcessor, "The system has been stopped by a bug check. Use .reboot to start it again.");

    StopEvent Explain(RunResult result)
    {
        int processor = result.Processor;
        switch (result.Reason)
        {
            case StopReason.Breakpoint:
                return new StopEvent.Breakpoint(processor, breakpoints.HandlesAt(Computer.Processors[processor].State.Rip));
            case StopReason.Watchpoint when result.Watch is { } hit:
                return breakpoints.Explain(processor, hit);
            case StopReason.Requested when observer.TakeStop() is { } stop:
                // A machine with on_idle = "run" goes on when its programs are done, as one without programs would.
                return stop is StopEvent.ScenarioFinished && machine.Description.OnIdle == OnIdle.Run ? Go() : stop;
            case StopReason.Stepped:
                return new StopEvent.Stepped(processor);
            case StopReason.Break:
                return new StopEvent.BreakIn(processor);
            case StopReason.Idle:
                return new StopEvent.Idle(processor);
            case StopReason.TimeLimit:
                return new StopEvent.LimitReached(
                    processor, $"The limit of {options.Limit / Ticks.PerMicrosecond / 1_000_000.0m:0.###} s of virtual time was reached");
            default:
                return new StopEvent.MachineFailed(processor, result.Text ?? Computer.Failure ?? result.Reason.ToString());
        }
    }
}
