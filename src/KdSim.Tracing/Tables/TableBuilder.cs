using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Providers;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Tables;

/// <summary>
/// Goes once through a trace and fills the tables. Each kind of event has a rule, found by its name when the first of the kind comes; events without a
/// rule cost one look-up. What is still open at the end (a request, a state) becomes a row without an end.
/// </summary>
sealed partial class TableBuilder
{
    const string Kernel = "Windows Kernel", KdSim = "KdSim-Kernel", KernelPower = "Microsoft-Windows-Kernel-Power";

    delegate void Apply(in Occurrence occurrence, in PickedFields fields);

    sealed record Rule(FieldPicker Picker, Apply Apply);

    /// <summary>A kind of event that came, and how often.</summary>
    sealed class Seen(Rule? rule)
    {
        public Rule? Rule => rule;

        public long Count { get; set; }
    }

    /// <summary>When and where an event happened. Thread and process are those that ran, where the record does not say them.</summary>
    readonly record struct Occurrence(long Time, int Cpu, long? Thread, long? Process);

    readonly EtlFile _file;
    readonly EventDecoder _decoder;
    readonly TraceTables _tables = new();
    readonly Dictionary<(string Provider, string Event), Rule> _rules = [];
    readonly Dictionary<EventDescription, Seen> _seen = new(ReferenceEqualityComparer.Instance);
    readonly List<ProcessorState> _processors = [];
    readonly ModuleMap _modules;

    /// <summary>KdSim's own events say more about requests than the kernel's classic ones, which are left aside then.</summary>
    readonly bool _isKdSim;

    public TableBuilder(EtlFile file, EventDecoder decoder, IAddressNames names)
    {
        (_file, _decoder) = (file, decoder);
        _modules = new ModuleMap(names);
        _isKdSim = decoder.Manifests.Any(manifest => manifest.Guid == KdSimProvider.Provider.Guid);
        AddInterruptRules();
        AddThreadRules();
        AddRequestRules();
        AddDeviceRules();
    }

    public TraceTables Build(ITraceProgress? progress, CancellationToken cancellation)
    {
        long first = long.MaxValue, last = long.MinValue;
        foreach (EventRecord record in _file.InTimeOrder(progress, cancellation))
        {
            long time = _file.Clock.ToNanoseconds(record.TimeStamp);
            first = Math.Min(first, time);
            last = Math.Max(last, time);
            EventDescription description = _decoder.Describe(record);
            if (!_seen.TryGetValue(description, out Seen? seen))
                _seen[description] = seen = new Seen(_rules.GetValueOrDefault((description.Provider, description.Name)));
            seen.Count++;
            ProcessorState processor = Processor(record.Processor);
            if (seen.Rule is not { } rule) continue;
            long? thread = record.ThreadId == EventRecord.NoThread ? processor.Thread : record.ThreadId;
            long? process = record.ProcessId == EventRecord.NoThread ? ProcessOf(thread) : record.ProcessId;
            rule.Apply(new Occurrence(time, record.Processor, thread, process), rule.Picker.Read(record, description));
        }
        (_tables.Start, _tables.End) = first <= last ? (first, last) : (0, 0);
        _tables.Processors = _processors.Count;
        foreach (IGrouping<(string, string), long> kind in _seen.GroupBy(pair => (pair.Key.Provider, pair.Key.Name), pair => pair.Value.Count))
            _tables.EventCounts[kind.Key] = kind.Sum();
        FinishInterrupts();
        FinishThreads();
        FinishRequests();
        FinishDevices();
        return _tables;
    }

    void On(string provider, string name, string[] fields, Apply apply) => _rules[(provider, name)] = new Rule(new FieldPicker(fields), apply);

    ProcessorState Processor(int number)
    {
        while (_processors.Count <= number) _processors.Add(new ProcessorState());
        return _processors[number];
    }

    /// <summary>A time in ticks of the file that a payload holds.</summary>
    long Nanoseconds(long ticks) => _file.Clock.ToNanoseconds(ticks);

    /// <summary>What is known of a processor on the way.</summary>
    sealed class ProcessorState
    {
        const int MostRuns = 256;

        /// <summary>The thread that runs; null before the first switch.</summary>
        public long? Thread;

        public long SwitchTime;

        public (byte Level, long Since, ulong Rip)? Irql;

        /// <summary>ISRs and DPCs that ended and whose surroundings may still run, the latest last; none lies within another.</summary>
        readonly List<(long Start, long Duration)> _runs = [];

        /// <summary>The entry of the last ISR, to say how long its DPC took to come.</summary>
        public readonly List<(long Start, long End)> RecentIsrs = [];

        /// <summary>Takes a run that ended now; the result is its length without what ran within it.</summary>
        public long Exclusive(long start, long end)
        {
            long own = end - start;
            while (_runs.Count > 0 && _runs[^1].Start >= start)
            {
                own -= _runs[^1].Duration;
                _runs.RemoveAt(_runs.Count - 1);
            }
            if (_runs.Count == MostRuns) _runs.RemoveRange(0, MostRuns / 2);
            _runs.Add((start, end - start));
            return Math.Max(0, own);
        }
    }
}
