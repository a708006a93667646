using System.Reflection;
using KdSim.CommandLine;
using KdSim.Debugging.Targets;
using KdSim.Kernel.Images;
using KdSim.Kernel.Routines;
using KdSim.Machine;
using KdSim.Recording;
using KdSim.Symbols.Pe;
using KdSim.Tracing.Recording;
using KdSim.Tracing.Schema;

namespace KdSim.Live;

/// <summary>
/// The live machine as a debugger's target: memory through the page tables, registers of its processors, modules of its nt. What it can do
/// beyond that it offers as capabilities. All calls on one thread, but for <see cref="LiveRunControl.RequestBreak"/>.
/// </summary>
sealed class LiveTarget :
    ITarget, IMemoryWriter, IRegisterWriter, IReboot, ICrash, ITargetClock, IEventSource, IDeviceAccess, IFindings, IKernelFrames, ISymbolBytes,
    ITargetOutput, IUserModules, IStateHash
{
    readonly Func<LiveMachine> _build;
    LiveMachine _machine = null!;
    GuestView _memory = null!;
    LiveModules _modules = null!;
    LiveObserver _observer = null!;
    LiveBreakpoints _breakpoints = null!;
    LiveRunControl _run = null!;
    LiveInputs _inputs = null!;
    LiveTimeTravel _travel = null!;
    LiveHistory _history = null!;

    /// <param name="build">Builds the machine: at once, and again for each reboot.</param>
    /// <param name="options">How runs end.</param>
    public LiveTarget(Func<LiveMachine> build, RunOptions options)
    {
        _build = build;
        Options = options;
        Start();
    }

    public RunOptions Options { get; }
    public LiveMachine Machine => _machine;
    public EventRecorder Recorder { get; } = new();
    public LiveIrqlStops IrqlStops { get; } = new();
    public LiveEventStops EventStops { get; } = new();
    public RecordingSessions Recordings { get; } = new();

    public string Description => $"KdSim machine '{_machine.Description.Name}', {ProcessorCount} processors, seed {_machine.Description.Seed}";

    public int ProcessorCount => _machine.Computer.Processors.Length;

    public long Generation => _run.Runs + _inputs.Count;

    public KernelHints Hints => new(
        SyntheticImages.KernelBase, DebuggerDataBlock: 0, _machine.Kernel.SystemRoot, _run.CurrentProcessor);

    public IReadOnlyList<TargetModule> Modules => _modules.Read();

    public IReadOnlyList<TargetModule> UserModules(AddressSpace space) => _modules.OfUser(space.DirectoryBase);

    public int Read(AddressSpace space, ulong address, Span<byte> buffer) => _memory.Read(space.DirectoryBase, address, buffer);

    public int ReadPhysical(ulong address, Span<byte> buffer) => _memory.ReadPhysical(address, buffer);

    public bool TryGetContext(int processor, out ProcessorContext context)
    {
        bool exists = (uint)processor < (uint)ProcessorCount;
        context = exists ? RegisterMapping.Read(ref _machine.Computer.Processors[processor].State) : new ProcessorContext();
        return exists;
    }

    public T? Capability<T>() where T : class =>
        typeof(T) == typeof(IRunControl) ? _run as T
        : typeof(T) == typeof(IBreakpointControl) ? _breakpoints as T
        : typeof(T) == typeof(IIrqlStops) ? IrqlStops as T
        : typeof(T) == typeof(IKernelEventStops) ? EventStops as T
        : typeof(T) == typeof(ITraceSessions) ? Recordings as T
        : typeof(T) == typeof(ITimeTravel) ? _travel as T
        : this as T;

    public int Write(AddressSpace space, ulong address, ReadOnlySpan<byte> data) => _inputs.WriteMemory(space.DirectoryBase, address, data);

    public int WritePhysical(ulong address, ReadOnlySpan<byte> data) => _inputs.WritePhysical(address, data);

    public bool TrySetContext(int processor, ProcessorContext context)
    {
        if ((uint)processor >= (uint)ProcessorCount) return false;
        _inputs.SetContext(processor, context);
        return true;
    }

    public void Reboot()
    {
        LiveMachine old = _machine;
        Start();
        old.Dispose();
    }

    public StopEvent Crash() => _run.Crash();

    /// <inheritdoc cref="LiveRunControl.RunToStart"/>
    public StopEvent RunToStart(InitialBreak wanted) => _run.RunToStart(wanted);

    /// <summary>Nanoseconds since the machine started.</summary>
    public ulong Ticks => _machine.Computer.Now / KdSim.Machine.Time.Ticks.PerMicrosecond * 1000
        + _machine.Computer.Now % KdSim.Machine.Time.Ticks.PerMicrosecond * 1000 / KdSim.Machine.Time.Ticks.PerMicrosecond;

    public DateTime UtcNow => _machine.Description.Boot.AddTicks((long)(Ticks / 100));

    public IReadOnlyList<TargetEvent> Latest(int count) =>
        [.. Recorder.Latest(count).Select(recorded =>
            new TargetEvent(recorded.Time / 2, recorded.Processor, EventSchema.Of(recorded.Kind).Name, Text(recorded)))];

    public IReadOnlyList<RoutineStatistics> RoutineStatistics() =>
        [.. Recorder.Times.All.Select(time => new RoutineStatistics(
            time.Kind.ToString().ToUpperInvariant(), time.Routine, time.Count, time.Minimum / 2, time.Mean / 2, time.Maximum / 2))];

    public bool TryReadPort(ushort port, int size, out uint value)
    {
        value = _inputs.ReadPort(port, size);
        return true;
    }

    public bool TryWritePort(ushort port, int size, uint value)
    {
        _inputs.WritePort(port, size, value);
        return true;
    }

    public string StateHash => $"{_machine.Computer.Hash():x32}";

    public IReadOnlyList<KdSim.Debugging.Targets.Finding> Findings =>
        [.. _machine.Kernel.Roots.Findings.Select(found => new KdSim.Debugging.Targets.Finding(
            found.Time / 2, found.Processor, found.Kind.ToString(),
            found.Text.Length > 0 ? found.Text : $"expected {found.Expected:x}, found {found.Found:x}, from {found.Caller:x16}", found.Subject))];

    public IReadOnlyList<KernelFrame> Frames(int processor, ulong thread)
    {
        ulong rsp = _machine.Computer.Processors[processor].State.Rsp;
        if (_machine.Kernel.Stacks.Find(rsp) is not { } stack) return [];
        return [.. stack.Suspended.Reverse().SelectMany(FramesOf)];
    }

    public bool TryGetPdb(Guid guid, uint age, string fileName, out ReadOnlyMemory<byte> pdb)
    {
        foreach (SyntheticImage image in _machine.Kernel.Images.All.Concat(_machine.Kernel.Images.User))
        {
            if (PeImage.Parse(image.File, image.Name).ReadCodeView() is not { } codeView || codeView.Guid != guid) continue;
            pdb = image.Pdb;
            return true;
        }
        pdb = default;
        return false;
    }

    public Action<string>? Printed
    {
        get => _observer.Printed;
        set => _observer.Printed = value;
    }

    void Start()
    {
        Action<string>? printed = _machine is null ? null : _observer.Printed;
        Recordings.Close();
        _machine = _build();
        _memory = new GuestView(_machine.Computer);
        _modules = new LiveModules(_memory, _machine.Kernel, _machine.HostPaths);
        Recorder.Clear();
        _observer = new LiveObserver(_machine.Computer, _machine.Kernel, _modules, IrqlStops, EventStops, Recorder) { Printed = printed };
        if (_breakpoints is null) _breakpoints = new LiveBreakpoints(_machine.Computer);
        else _breakpoints.MoveTo(_machine.Computer);
        long runs = _run is null ? 0 : Generation + 1;
        // Boot makes the state of a machine that has just started; what happens from there on is heard.
        _machine.Kernel.Boot();
        Recordings.Attach(_machine, _observer);
        _inputs = new LiveInputs(_machine.Computer, _memory);
        _history = new LiveHistory(_machine.Computer, _modules, Recorder, _inputs);
        _run = new LiveRunControl(_machine, _observer, _breakpoints, _history, _inputs, Options, runs) { Ended = PrintRecorded };
        _travel = new LiveTimeTravel(_machine, _history, _run, _observer, Recordings);
    }

    /// <summary>Runs past everything that happens at a time, without stops; false if the machine cannot go that far.</summary>
    /// <param name="nanoseconds">Since boot.</param>
    /// <param name="isOver">Asked whenever the machine stands still: true ends the run before its time.</param>
    public bool RunTo(ulong nanoseconds, Func<bool> isOver)
    {
        Action<string>? printed = Printed;
        Printed = null;
        ulong limit = nanoseconds == 0 ? 0 : (nanoseconds + 1) * KdSim.Machine.Time.Ticks.PerNanosecond;
        StopReason reason = StopReason.Requested;
        while (reason is StopReason.Requested or StopReason.Breakpoint or StopReason.Watchpoint && !isOver() && !_observer.HasBugChecked)
            reason = _history.Run(RunRequest.Until(limit)).Reason;
        _observer.ForgetStops();
        _run.Arrive(new StopEvent.Stepped(_machine.Computer.Current.Number));
        Printed = printed;
        return reason == StopReason.TimeLimit || _observer.HasBugChecked;
    }

    /// <summary>Events of sessions that print: <c>!wmitrace.dynamicprint</c>.</summary>
    void PrintRecorded()
    {
        foreach (TraceMessage message in Recordings.TakeNew()) Printed?.Invoke($"{message.Line}\n");
    }

    string Text(in RecordedEvent recorded)
    {
        EventType type = EventSchema.Of(recorded.Kind);
        var parts = new List<string>();
        for (int i = 0; i < type.Fields.Length; i++)
            parts.Add($"{type.Fields[i].Name}={EventSchema.Show(type.Fields[i], recorded[i], static _ => null)}");
        if (Recorder.TextOf(recorded) is { } text) parts.Add($"\"{text.TrimEnd()}\"");
        return string.Join(' ', parts);
    }

    /// <summary>The C# routines suspended in one stub, innermost first, with what their state machines hold.</summary>
    static IEnumerable<KernelFrame> FramesOf(Activation activation) => activation.Frames.Reverse().Select(frame => new KernelFrame(
        activation.Stub.ToString(), activation.Rsp,
        [.. frame.Machine.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(field => field.Name is [not '<', ..] or ['<', not '>', ..])
            .Where(field => !field.Name.Contains("__this") && !field.Name.Contains("builder"))
            .Select(field => KeyValuePair.Create(field.Name.Trim('<').Split('>')[0], field.GetValue(frame.Machine)?.ToString() ?? ""))]));
}
