using KdSim.Machine;
using KdSim.Machine.Snapshots;
using KdSim.Machine.Time;
using KdSim.Tracing.Recording;

namespace KdSim.Live;

/// <summary>
/// The past of a live machine: snapshots on the way, from any of which the run can be repeated exactly, inputs included. Nothing here can be
/// seen by the machine. Snapshots lie close where the past is near and far apart where it is long gone.
/// </summary>
sealed class LiveHistory
{
    const ulong Interval = 5 * Ticks.PerMillisecond;
    const int MostKeyframes = 128;

    readonly Computer _computer;
    readonly LiveModules _modules;
    readonly EventRecorder _recorder;
    readonly LiveInputs _inputs;
    readonly List<Keyframe> _keyframes = [];
    ulong _due;
    ulong _furthest;

    public LiveHistory(Computer computer, LiveModules modules, EventRecorder recorder, LiveInputs inputs)
    {
        (_computer, _modules, _recorder, _inputs) = (computer, modules, recorder, inputs);
        inputs.Forked = Fork;
        Keep();
    }

    /// <summary>A place to start from. The steps are those of each processor.</summary>
    public sealed record Keyframe(ulong Position, Snapshot Snapshot, ulong[] Steps, int UnloadedModules, EventRecorder.Mark Recorded);

    /// <summary>In order of position; the first is the machine as it was built.</summary>
    public IReadOnlyList<Keyframe> Keyframes => _keyframes;

    /// <summary>The end of what has happened so far.</summary>
    public ulong Furthest => Math.Max(_furthest, _computer.Position);

    /// <summary>Runs as the machine itself does, keeping snapshots on the way and repeating the inputs that the journal has ahead.</summary>
    public RunResult Run(RunRequest request)
    {
        int stepped = request.StepProcessor;
        ulong goal = stepped < 0 ? 0 : _computer.Processors[stepped].State.Steps + request.Steps;
        while (true)
        {
            while (_computer.Journal.Next is { } input && input.Place <= _computer.Position)
                _inputs.ReplayNext();
            if (stepped >= 0)
            {
                ulong steps = _computer.Processors[stepped].State.Steps;
                if (steps >= goal) return Ended(new RunResult(StopReason.Stepped, stepped));
                request = request with { Steps = goal - steps };
            }
            ulong place = _computer.Journal.Next?.Place ?? ulong.MaxValue;
            RunResult result = _computer.Run(request with
            {
                TimeLimit = Math.Min(request.TimeLimit, _due),
                PositionLimit = Math.Min(request.PositionLimit, place),
            });
            switch (result.Reason)
            {
                case StopReason.TimeLimit when _due < request.TimeLimit:
                    Keep();
                    _due += Interval;
                    break;
                case StopReason.PositionReached when _computer.Position < request.PositionLimit:
                    break;
                default:
                    return Ended(result);
            }
        }
    }

    /// <summary>Goes to a keyframe. What lies ahead of it stays known, until an input makes another future.</summary>
    public void Restore(Keyframe keyframe)
    {
        _furthest = Furthest;
        _computer.Restore(keyframe.Snapshot);
        _modules.ForgetUnloaded(keyframe.UnloadedModules);
        _recorder.GoBackTo(keyframe.Recorded);
        _due = _computer.Now + Interval;
    }

    RunResult Ended(RunResult result)
    {
        _furthest = Furthest;
        return result;
    }

    void Keep()
    {
        ulong position = _computer.Position;
        if (_keyframes.Count > 0 && _keyframes[^1].Position >= position) return;
        _keyframes.Add(new Keyframe(
            position, _computer.TakeSnapshot(), [.. _computer.Processors.Select(processor => processor.State.Steps)], _modules.UnloadedCount, _recorder.Here));
        if (_keyframes.Count < MostKeyframes) return;
        // Every second of the older three quarters goes; the first stays.
        for (int i = MostKeyframes * 3 / 4 - 1; i > 0; i -= 2) _keyframes.RemoveAt(i);
    }

    void Fork()
    {
        ulong position = _computer.Position;
        _keyframes.RemoveAll(keyframe => keyframe.Position > position);
        _furthest = position;
    }
}
