using KdSim.Debugging.Commands;
using KdSim.Debugging.Targets;
using KdSim.Machine;
using KdSim.Machine.Cpu;

namespace KdSim.Live;

/// <summary>
/// Going back: restore the nearest snapshot before, run forward to the place. Since runs repeat exactly, what is found there is what was.
/// What drivers print is not printed again on the way.
/// </summary>
sealed class LiveTimeTravel(LiveMachine machine, LiveHistory history, LiveRunControl run, LiveObserver observer, ITraceSessions recordings) : ITimeTravel
{
    Computer Computer => machine.Computer;

    public ulong Position => Computer.Position;

    public ulong Start => history.Keyframes[0].Position;

    public ulong End => history.Furthest;

    public StopEvent GoBack() => Silently(() =>
    {
        ulong end = Position;
        for (int i = LastBefore(keyframe => keyframe.Position < end); i >= 0; i--)
        {
            LiveHistory.Keyframe keyframe = history.Keyframes[i];
            int stops = 0;
            Restore(keyframe);
            while (Next(end) is not null) stops++;
            if (stops > 0)
            {
                Restore(keyframe);
                for (int k = 1; k < stops; k++) Next(end);
                return Next(end)!;
            }
            end = keyframe.Position;
        }
        return AtStart();
    });

    public StopEvent StepBack(int processor) => Silently(() =>
    {
        ulong steps = Computer.Processors[processor].State.Steps;
        if (steps <= history.Keyframes[0].Steps[processor]) return AtStart();
        ulong goal = steps - 1;
        int from = Math.Max(0, LastBefore(keyframe => keyframe.Steps[processor] < goal));
        Restore(history.Keyframes[from]);
        while (Computer.Processors[processor].State.Steps < goal)
            history.Run(RunRequest.Step(processor, goal - Computer.Processors[processor].State.Steps));
        return Landed(new StopEvent.Stepped(processor));
    });

    public StopEvent SeekTo(ulong position) => Silently(() =>
    {
        if (position <= Start) return AtStart();
        position = Math.Min(position, End);
        if (position < Position || history.Keyframes.Any(keyframe => keyframe.Position > Position && keyframe.Position <= position))
            Restore(history.Keyframes[LastBefore(keyframe => keyframe.Position <= position)]);
        bool goesOn = true; // breakpoints on the way are no stops
        while (Position < position && goesOn)
            goesOn = history.Run(new RunRequest { PositionLimit = position }).Reason is not (StopReason.Failed or StopReason.Idle or StopReason.TripleFault);
        return Landed(new StopEvent.Stepped(Computer.Current.Number));
    });

    /// <summary>The next stop on the way to a position that is not reached with it; null there.</summary>
    StopEvent? Next(ulong end)
    {
        if (observer.HasBugChecked) return null;
        StopEvent? stop = run.RunTo(end);
        return Position < end ? stop : null;
    }

    int LastBefore(Predicate<LiveHistory.Keyframe> wanted)
    {
        for (int i = history.Keyframes.Count - 1; i >= 0; i--)
            if (wanted(history.Keyframes[i])) return i;
        return -1;
    }

    void Restore(LiveHistory.Keyframe keyframe)
    {
        history.Restore(keyframe);
        observer.ForgetStops();
    }

    StopEvent AtStart()
    {
        Restore(history.Keyframes[0]);
        return Landed(new StopEvent.StartOfHistory(0));
    }

    /// <summary>Stops that came on the way are over; one that stands right here is not reported by the next run.</summary>
    StopEvent Landed(StopEvent stop)
    {
        observer.ForgetStops();
        foreach (Processor processor in Computer.Processors) processor.PassBreakpoint();
        return stop;
    }

    StopEvent Silently(Func<StopEvent> travel)
    {
        // A trace goes forward: it cannot take back what it has written.
        if (recordings.Sessions is [var running, ..])
            throw new CommandException($"The recording '{running.Request.Name}' runs: stop it before going elsewhere in time (.record stop)");
        Action<string>? printed = observer.Printed;
        observer.Printed = null;
        try
        {
            return run.Arrive(travel());
        }
        finally
        {
            observer.Printed = printed;
        }
    }
}
