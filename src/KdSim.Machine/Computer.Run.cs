using KdSim.Machine.Buses;
using KdSim.Machine.Cpu;
using KdSim.Machine.Time;

namespace KdSim.Machine;

/// <summary>
/// The run loop. The processor with the least (clock, number) runs a slice: up to the next event, but no further than the
/// least clock of the others plus a quantum that the seed draws. An event is delivered when no running processor is behind it.
/// The end of a slice is an absolute time and part of the state: a stop in the middle leaves the slice as it is, so that stops, steps and
/// host-side limits cannot be seen in what the machine does.
/// </summary>
public sealed partial class Computer
{
    /// <summary>How far a processor runs before the host looks for a break request; not visible to the guest.</summary>
    private const ulong HostSlice = 500 * Ticks.PerMicrosecond;

    private const ulong LeastQuantum = Ticks.PerMicrosecond / 2;
    private const ulong MostQuantum = Ticks.PerMicrosecond;
    private const int Nobody = -1;

    private LoopState _loop = new() { Current = Nobody };
    private RunResult? _stop;
    private ulong _runLimit;
    private ulong _positionLimit = ulong.MaxValue;
    private bool _running;
    private bool _delivering;
    private volatile bool _breakRequested;

    /// <summary>The part of the machine's state that is the loop's.</summary>
    internal struct LoopState
    {
        /// <summary>The processor whose slice it is, or -1 between slices.</summary>
        public long Current;

        /// <summary>Where the slice ends at the latest.</summary>
        public ulong SliceEnd;

        /// <summary>The start of the latest slice, or the time of the latest event; never goes back.</summary>
        public ulong Time;

        /// <summary>How many things happened that no processor retired: events delivered, interrupts taken, exceptions raised.</summary>
        public ulong Moments;
    }

    /// <summary>Virtual time: of the processor whose slice it is, or of the event that is being delivered.</summary>
    public ulong Now => _delivering || _loop.Current < 0 ? _loop.Time : Processors[(int)_loop.Current].State.Clock;

    /// <summary>
    /// Where the run stands: steps that the processors retired, and events, interrupts and exceptions. Grows with everything that happens, so
    /// it names each boundary at which the machine can stop, and the same one in every run.
    /// </summary>
    public ulong Position
    {
        get
        {
            ulong position = _loop.Moments;
            foreach (Processor processor in Processors)
                position += processor.State.Steps;
            return position;
        }
    }

    /// <summary>The processor whose slice it is, or whose turn is next.</summary>
    public Processor Current => _loop.Current >= 0 ? Processors[(int)_loop.Current] : LeastRunnable(out _) ?? Processors[0];

    /// <summary>Runs until a limit of the request or something else stops the machine. Going on later gives the same run.</summary>
    public RunResult Run(RunRequest request)
    {
        if (Failure is not null)
            return new RunResult(StopReason.Failed, Current.Number, Failure);
        if (_running)
            throw new InvalidOperationException("the machine is running already");
        Processor? stepped = request.StepProcessor < 0 ? null : Processors[request.StepProcessor];
        ulong stepGoal = stepped is null ? ulong.MaxValue : stepped.State.Steps + request.Steps;
        _running = true;
        _positionLimit = request.PositionLimit;
        try
        {
            while (true)
            {
                if (TakeStop() is { } stop)
                    return stop;
                if (_positionLimit != ulong.MaxValue && Position >= _positionLimit)
                    return new RunResult(StopReason.PositionReached, Current.Number);
                if (stepped is not null && stepped.State.Steps >= stepGoal)
                    return new RunResult(StopReason.Stepped, stepped.Number);
                if (Advance(request.TimeLimit, stepped, stepGoal) is { } result)
                    return result;
            }
        }
        catch (Exception ours) when (ours is not OutOfMemoryException)
        {
            // The guest's errors never arrive here: this is a broken invariant of the simulator. The session lives on to look at it.
            Failure = ours.ToString();
            return new RunResult(StopReason.Failed, Current.Number, Failure);
        }
        finally
        {
            _running = false;
            _runLimit = 0;
            _positionLimit = ulong.MaxValue;
            _delivering = false;
        }
    }

    /// <summary>Stops the machine at the next instruction boundary. For the trap handler, event owners and observers, while running.</summary>
    public void RequestStop(string? text = null) => StopWith(new RunResult(StopReason.Requested, Current.Number, text));

    /// <summary>Stops the machine soon, without a trace in its state. May be called from any thread.</summary>
    public void RequestBreak() => _breakRequested = true;

    /// <summary>Something deliverable arrived: a halted processor goes on from now, and the running one must not run ahead of it.</summary>
    internal void Wake(Processor processor)
    {
        ref CpuState state = ref processor.State;
        if (state.Halted == 0 || (state.RFlags & RFlag.Interrupt) == 0 || processor.Number == _loop.Current)
            return;
        ulong now = Now;
        state.Clock = Math.Max(state.Clock, now);
        if (_loop.Current >= 0 && _loop.SliceEnd > now)
        {
            _loop.SliceEnd = now;
            LookAgain(now);
        }
    }

    private static bool CanRun(Processor processor) =>
        processor.State.Halted == 0 || (processor.InterruptPending && (processor.State.RFlags & RFlag.Interrupt) != 0);

    private RunResult? TakeStop()
    {
        RunResult? stop = _stop;
        _stop = null;
        if (stop is null && _breakRequested)
        {
            _breakRequested = false;
            return new RunResult(StopReason.Break, Current.Number);
        }

        return stop;
    }

    /// <summary>The first reason to stop counts.</summary>
    private void StopWith(RunResult result)
    {
        _stop ??= result;
        LookAgain(0);
    }

    /// <summary>Something happened that is no step. Whoever runs to a position looks whether this was it.</summary>
    private void Happened(Processor cpu)
    {
        _loop.Moments++;
        if (_positionLimit != ulong.MaxValue)
            cpu.RequestStop();
    }

    /// <summary>Makes the running processor come back at the next boundary, if this time lies before the limit that it was given.</summary>
    private void LookAgain(ulong time)
    {
        if (time < _runLimit)
            Processors[(int)_loop.Current].RequestStop();
    }

    /// <summary>Delivers one event, or starts a slice, or runs a part of one.</summary>
    private RunResult? Advance(ulong timeLimit, Processor? stepped, ulong stepGoal)
    {
        if (_loop.Current < 0)
        {
            Processor? least = LeastRunnable(out ulong others);
            ulong next = Math.Min(_events.NextDue, least?.State.Clock ?? Ticks.Never);
            if (next == Ticks.Never)
                return new RunResult(StopReason.Idle, 0);
            if (next >= timeLimit)
                return new RunResult(StopReason.TimeLimit, least?.Number ?? 0);
            if (_events.NextDue <= next)
                return Deliver();
            BeginSlice(least!, others);
            return null;
        }

        Processor cpu = Processors[(int)_loop.Current];
        ulong end = Math.Min(_loop.SliceEnd, _events.NextDue);
        ulong clock = cpu.State.Clock;
        if (clock >= end)
        {
            _loop.Current = Nobody;
            return null;
        }

        if (clock >= timeLimit)
            return new RunResult(StopReason.TimeLimit, cpu.Number);
        _runLimit = Math.Min(Math.Min(end, timeLimit), clock + HostSlice);
        ulong steps = cpu == stepped ? stepGoal : ulong.MaxValue;
        if (_positionLimit != ulong.MaxValue)
            steps = Math.Min(steps, cpu.State.Steps + (_positionLimit - Position));
        ProcessorStop stop = cpu.Run(_runLimit, steps);
        _runLimit = 0;
        return AfterRun(cpu, stop);
    }

    private RunResult? AfterRun(Processor cpu, ProcessorStop stop)
    {
        switch (stop)
        {
            case ProcessorStop.Halted:
                _loop.Current = Nobody;
                return null;
            case ProcessorStop.Breakpoint:
                return new RunResult(StopReason.Breakpoint, cpu.Number);
            case ProcessorStop.Watchpoint:
                WatchpointHit? hit = cpu.WatchHit;
                cpu.WatchHit = null;
                return new RunResult(StopReason.Watchpoint, cpu.Number, Watch: hit);
            case ProcessorStop.TripleFault:
                Failure = $"processor {cpu.Number}: triple fault at {cpu.State.Rip:x16}";
                return new RunResult(StopReason.TripleFault, cpu.Number, Failure);
            case ProcessorStop.Unsupported:
                return TakeStop() ?? new RunResult(StopReason.Unsupported, cpu.Number);
            default:
                return null;                            // limits and requests: the loop looks itself
        }
    }

    private Processor? LeastRunnable(out ulong leastOfOthers)
    {
        Processor? least = null;
        leastOfOthers = Ticks.Never;
        foreach (Processor processor in Processors)
        {
            if (!CanRun(processor))
                continue;
            if (least is null || processor.State.Clock < least.State.Clock)
            {
                leastOfOthers = least?.State.Clock ?? Ticks.Never;
                least = processor;
            }
            else
            {
                leastOfOthers = Math.Min(leastOfOthers, processor.State.Clock);
            }
        }

        return least;
    }

    private void BeginSlice(Processor cpu, ulong others)
    {
        // Only a processor that slept can be behind; one whose flags a debugger changed, say, was not woken by an interrupt.
        cpu.State.Clock = Math.Max(cpu.State.Clock, _loop.Time);
        _loop.Time = cpu.State.Clock;
        _loop.SliceEnd = others == Ticks.Never ? Ticks.Never : others + Choices.Draw(ChoiceKind.Quantum, LeastQuantum, MostQuantum);
        _loop.Current = cpu.Number;
    }

    private RunResult? Deliver()
    {
        MachineEvent next = _events.Pop();
        _loop.Time = Math.Max(_loop.Time, next.Due);
        _loop.Moments++;
        _delivering = true;
        try
        {
            _owners[next.Owner].OnEvent(next);
        }
        catch (BadRegisterException error)
        {
            ReportDeviceError(Current, error);
        }

        _delivering = false;
        if (Watchpoints.Ranges.Count == 0)
            return null;
        foreach (Processor processor in Processors)
        {
            if (processor.WatchHit is { } hit)
            {
                processor.WatchHit = null;              // the owner touched guest memory through this processor
                return new RunResult(StopReason.Watchpoint, processor.Number, Watch: hit);
            }
        }

        return null;
    }
}
