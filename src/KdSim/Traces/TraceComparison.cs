using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Traces;

/// <summary>Compares records that a machine writes with those of a trace, processor by processor, byte by byte.</summary>
sealed class TraceComparison
{
    readonly List<StoredEvent>[] _expected;
    readonly int[] _next;
    readonly EventDecoder _decoder;

    public TraceComparison(EtlFile file)
    {
        _decoder = EventDecoder.Of(file);
        _expected = [.. Enumerable.Range(0, (int)file.Header!.NumberOfProcessors).Select(_ => new List<StoredEvent>())];
        _next = new int[_expected.Length];
        // The first buffer is the file's own.
        foreach (EventRecord record in file.InFileOrder())
            if (record.BufferOffset != 0)
                _expected[record.Processor].Add(new StoredEvent(record));
    }

    public long Compared { get; private set; }

    /// <summary>The first difference: where, what the trace has, and the bytes that came; null: none so far.</summary>
    public string? Difference { get; private set; }

    /// <summary>Called when there is a difference.</summary>
    public Action? Differs { get; set; }

    public void Hear(int processor, ReadOnlySpan<byte> record)
    {
        if (Difference is not null || _next[processor] >= _expected[processor].Count) return;
        StoredEvent expected = _expected[processor][_next[processor]++];
        if (record.SequenceEqual(expected.Record.Bytes))
        {
            Compared++;
            return;
        }
        EventRecord wanted = expected.Record;
        EventDescription description = _decoder.Describe(wanted);
        Difference = $"event {_next[processor]} of processor {processor}: the trace has {description.Provider}/{description.Name} at {wanted.TimeStamp} ns "
            + $"({Convert.ToHexStringLower(wanted.Payload)}), the machine {Describe(record)}";
        Differs?.Invoke();
    }

    static string Describe(ReadOnlySpan<byte> record) => record[2] == (byte)HeaderType.PerfInfo64
        ? $"kernel event {(KernelGroup)record[7]}/{record[6]} at {BitConverter.ToInt64(record[8..])} ns ({Convert.ToHexStringLower(record[16..])})"
        : $"a record of {record.Length} bytes at {BitConverter.ToInt64(record[16..])} ns";
}
