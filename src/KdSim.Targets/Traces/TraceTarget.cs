using System.Buffers.Binary;
using System.Text;
using KdSim.Debugging.Targets;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Targets.Traces;

/// <summary>
/// A trace as a target: it stands at an event, goes forth and back, and tells the kernel's state as far as the events before it do. It has no registers
/// and no memory but images that are known. A position is the number of steps taken.
/// </summary>
public sealed class TraceTarget : ITarget, IRunControl, ITimeTravel, ITargetClock, ITargetOutput, IKernelEventStops, IIrqlStops, ISymbolBytes,
    IEventState, IEventSteps, IDisposable
{
    const int MostEvents = 20_000_000;
    const byte DispatchLevel = 2;

    readonly EtlFile _file;
    readonly EventDecoder _decoder;
    readonly TraceModules _images;
    readonly List<TraceStep> _steps = [];
    readonly Dictionary<int, IrqlCondition> _irqlStops = [];
    readonly (int Processor, uint Thread)[] _first;
    IReadOnlySet<KernelEventKind> _wanted = new HashSet<KernelEventKind>();
    TraceState _state;
    int _lastHandle;
    bool _hasIrql;
    volatile bool _break;

    /// <param name="images">Images whose bytes are known, by file name.</param>
    /// <exception cref="InvalidDataException">The trace has more events than can be held.</exception>
    public TraceTarget(EtlFile file, IReadOnlyList<KnownImage> images)
    {
        _file = file;
        _decoder = EventDecoder.Of(file);
        _images = new TraceModules(images);
        if (file.EventCount > MostEvents)
            throw new InvalidDataException($"{file.Name} has {file.EventCount} events; a trace of at most {MostEvents} can be walked through");
        ProcessorCount = (int)Math.Max(1, file.Header?.NumberOfProcessors ?? 1);
        var first = new Dictionary<int, uint>();
        foreach (EventRecord record in file.InTimeOrder()) Add(record, first);
        // Begins were found at their ends; events of one time stay in their order, begins stand before them.
        List<TraceStep> sorted = [.. _steps.Select((step, i) => (step, i)).OrderBy(pair => pair.step.Nanoseconds).ThenBy(pair => pair.step.Event is not null)
            .ThenBy(pair => pair.i).Select(pair => pair.step)];
        _steps = sorted;
        _first = [.. first.Select(pair => (pair.Key, pair.Value))];
        _state = Fresh();
    }

    public string Description => $"Trace {Path.GetFileName(_file.Name)}, {ProcessorCount} processors, {_file.EventCount} events";

    public int ProcessorCount { get; private set; }

    public long Generation { get; private set; }

    public KernelHints Hints => new(_state.Modules.FirstOrDefault(module => module.Name == "nt")?.Base ?? 0, 0, 0, CurrentProcessor);

    public IReadOnlyList<TargetModule> Modules =>
        [.. _state.Modules.OrderBy(module => module.Unloaded).Select(module => module with { HostPath = _images.Find(module.ImageName)?.HostPath })];

    int CurrentProcessor => Position == 0 ? 0 : _steps[(int)Position - 1].Processor;

    public ulong Position { get; private set; }

    public ulong Start => 0;

    public ulong End => (ulong)_steps.Count;

    public ulong Ticks => Position == 0 ? 0 : _steps[(int)Position - 1].Nanoseconds;

    public DateTime UtcNow => _file.Clock.ToUtc(_file.Clock.Origin)?.AddTicks((long)(Ticks / 100)) ?? default;

    public Action<string>? Printed { get; set; }

    public string CurrentEvent => Position == 0 ? "" : Line(_steps[(int)Position - 1]);

    public IReadOnlyList<ProcessorActivity> Processors => _state.Processors;

    public IReadOnlyList<ThreadActivity> Threads => _state.Threads;

    public IReadOnlyList<RequestActivity> Requests => _state.Requests;

    public IReadOnlyList<DeviceActivity> Devices => _state.Devices;

    public IReadOnlyList<NodeActivity> Nodes => _state.Nodes;

    public IReadOnlyList<QueuedDpc> Dpcs => _state.Dpcs;

    public IReadOnlyList<string> Gaps =>
        _hasIrql ? [] : ["IRQL changes were not recorded: a level is known only inside ISRs and DPCs (record with the profile default+irql)"];

    public int Read(AddressSpace space, ulong address, Span<byte> buffer) =>
        _state.Modules.FirstOrDefault(module => !module.Unloaded && module.Contains(address)) is { } module ? _images.Read(module, address, buffer) : 0;

    public int ReadPhysical(ulong address, Span<byte> buffer) => 0;

    public bool TryGetContext(int processor, out ProcessorContext context)
    {
        context = new ProcessorContext();
        return false;
    }

    public T? Capability<T>() where T : class => typeof(T) == typeof(IIrqlStops) && !_hasIrql ? null : this as T;

    public bool TryGetPdb(Guid guid, uint age, string fileName, out ReadOnlyMemory<byte> pdb) => _images.TryGetPdb(guid, out pdb);

    public void Want(IReadOnlySet<KernelEventKind> kinds) => _wanted = kinds;

    public int Add(IrqlCondition condition)
    {
        _irqlStops.Add(++_lastHandle, condition);
        return _lastHandle;
    }

    public void Remove(int handle) => _irqlStops.Remove(handle);

    public void RequestBreak() => _break = true;

    public StopEvent Go()
    {
        _break = false;
        while (Position < End)
        {
            if (Advance() is { } stop) return stop;
            if (_break) return new StopEvent.BreakIn(CurrentProcessor);
        }
        return new StopEvent.EndOfHistory(CurrentProcessor);
    }

    /// <summary>To the next event of the processor.</summary>
    public StopEvent Step(int processor)
    {
        while (Position < End)
        {
            Advance();
            if (CurrentProcessor == processor) return new StopEvent.Stepped(processor);
        }
        return new StopEvent.EndOfHistory(processor);
    }

    /// <summary>To the next event of the processor that is no deeper in ISRs and DPCs than here.</summary>
    public StopEvent StepOver(int processor)
    {
        int depth = Processors[processor].Routines.Count;
        StopEvent stop;
        do
            stop = Step(processor);
        while (stop is StopEvent.Stepped && Processors[processor].Routines.Count > depth);
        return stop;
    }

    public StopEvent GoBack()
    {
        ulong end = Position;
        ulong last = 0;
        StopEvent? found = null;
        Silently(() =>
        {
            Rewind(0);
            while (Position < end)
                if (Advance() is { } stop && Position < end)
                    (last, found) = (Position, stop);
            Rewind(last);
        });
        return found ?? new StopEvent.StartOfHistory(0);
    }

    public StopEvent StepBack(int processor)
    {
        int at = (int)Position - 2;
        while (at >= 0 && _steps[at].Processor != processor) at--;
        if (at < 0) return SeekTo(0);
        Silently(() => Rewind((ulong)at + 1));
        return new StopEvent.Stepped(processor);
    }

    public StopEvent SeekTo(ulong position)
    {
        Silently(() => Rewind(Math.Min(position, End)));
        return Position == 0 ? new StopEvent.StartOfHistory(0) : new StopEvent.Stepped(CurrentProcessor);
    }

    public void Dispose() => _file.Dispose();

    void Add(in EventRecord record, Dictionary<int, uint> first)
    {
        ulong time = Nanoseconds(record.TimeStamp);
        ProcessorCount = Math.Max(ProcessorCount, record.Processor + 1);
        EventDescription description = _decoder.Describe(record);
        ReadOnlySpan<byte> payload = record.Payload;
        switch (description.Name)
        {
            case "PerfInfo/ISR" or "PerfInfo/DPC" or "PerfInfo/ThreadedDPC" or "PerfInfo/TimerDPC" when payload.Length >= 16:
                bool isIsr = description.Name == "PerfInfo/ISR";
                ushort vector = isIsr && payload.Length >= 19 ? BinaryPrimitives.ReadUInt16LittleEndian(payload[17..]) : (ushort)0;
                // On x64 the level of an interrupt is its vector divided by 16.
                _steps.Add(new TraceStep(Nanoseconds(BinaryPrimitives.ReadInt64LittleEndian(payload)), record.Processor, null, description.Name[9..],
                    BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]), isIsr ? (byte)(vector >> 4 & 15) : DispatchLevel, vector));
                break;
            case "Thread/CSwitch" when payload.Length >= 8:
                first.TryAdd(record.Processor, BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]));
                break;
            case "IrqlChange":
                _hasIrql = true;
                break;
        }
        _steps.Add(new TraceStep(time, record.Processor, new StoredEvent(record)));
    }

    ulong Nanoseconds(long ticks) => (ulong)Math.Max(0, _file.Clock.ToNanoseconds(ticks));

    TraceState Fresh()
    {
        var state = new TraceState(ProcessorCount);
        foreach ((int processor, uint thread) in _first) state.Assume(processor, thread);
        return state;
    }

    void Rewind(ulong position)
    {
        if (position < Position)
        {
            _state = Fresh();
            Position = 0;
        }
        while (Position < position) Advance();
        Generation++;
    }

    void Silently(Action move)
    {
        Action<string>? printed = Printed;
        Printed = null;
        try
        {
            move();
        }
        finally
        {
            Printed = printed;
        }
    }

    /// <summary>Takes one step; answers why one would stop there.</summary>
    StopEvent? Advance()
    {
        TraceStep step = _steps[(int)Position++];
        Generation++;
        if (step.Event is null)
        {
            _state.Begin(step);
            return step.RunKind == "ISR" && _wanted.Contains(KernelEventKind.Isr)
                ? new StopEvent.KernelEvent(step.Processor, KernelEventKind.Isr, [step.Vector, 0, step.Routine]) : null;
        }
        EventRecord record = step.Event.Record;
        EventDescription description = _decoder.Describe(record);
        int modules = _state.Modules.Count;
        (KernelEventKind Kind, ulong[] Values)? happened = _state.Apply(step, record, description);
        if (description is { Provider: "KdSim-Kernel", Name: "DebugPrint" }) Printed?.Invoke(TraceFields.Of(record, description)["Text"]);
        if (description.Name == "Image/Load" && _state.Modules.Count > modules) return new StopEvent.ModuleLoad(step.Processor, _state.Modules[^1]);
        if (description.Name == "Image/Unload") return new StopEvent.ModuleUnload(step.Processor, _state.Modules[^1]);
        if (description is { Provider: "KdSim-Kernel", Name: "BugCheck" }) return BugCheck(step.Processor, record.Payload);
        if (happened is not { } kernelEvent) return null;
        if (kernelEvent.Kind == KernelEventKind.IrqlChange && MatchesIrql(step.Processor, kernelEvent.Values) is { Count: > 0 } handles)
            return new StopEvent.IrqlChange(step.Processor, handles, (byte)kernelEvent.Values[0], (byte)kernelEvent.Values[1], kernelEvent.Values[2]);
        return _wanted.Contains(kernelEvent.Kind) ? new StopEvent.KernelEvent(step.Processor, kernelEvent.Kind, kernelEvent.Values) : null;
    }

    static StopEvent.BugCheck BugCheck(int processor, ReadOnlySpan<byte> payload)
    {
        ulong[] parameters = new ulong[4];
        for (int i = 0; i < parameters.Length; i++) parameters[i] = BinaryPrimitives.ReadUInt64LittleEndian(payload[(4 + 8 * i)..]);
        return new StopEvent.BugCheck(processor, BinaryPrimitives.ReadUInt32LittleEndian(payload), parameters);
    }

    List<int> MatchesIrql(int processor, ulong[] values) =>
        [.. _irqlStops.Where(stop => stop.Value.Matches(processor, (byte)values[0], (byte)values[1], values[2], values[2])).Select(stop => stop.Key).Order()];

    string Line(in TraceStep step)
    {
        var line = new StringBuilder();
        line.Append($"{step.Nanoseconds / 1_000_000_000,6}.{step.Nanoseconds % 1_000_000_000:d9}  {step.Processor,2}  ");
        if (step.Event is null) return line.Append($"{step.RunKind} begins: {step.Routine:x16}").ToString();
        EventRecord record = step.Event.Record;
        EventDescription description = _decoder.Describe(record);
        if (description.Source != DescriptionSource.Kernel) line.Append(description.Provider).Append('/');
        line.Append(description.Name);
        foreach ((string name, string value) in TraceFields.Of(record, description)) line.Append($" {name}={value}");
        return line.ToString();
    }
}
