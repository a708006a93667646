using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>
/// An .etl file of any system and word size, compressed or not. Opening it walks once through all records: after that the buffers, totals and
/// problems are known, and events can be read in file order or in the order of time as often as needed.
/// </summary>
public sealed class EtlFile : IDisposable
{
    readonly TraceBytes _bytes;
    readonly List<BufferInfo> _buffers = [];
    readonly List<MetadataRecord> _metadata = [];
    long _metadataBytes;

    EtlFile(TraceBytes bytes) => _bytes = bytes;

    public string Name => _bytes.Name;

    public long Length => _bytes.Length;

    /// <summary>What the file says about itself; null if its header is lost.</summary>
    public LogFileHeader? Header { get; private set; }

    /// <summary>The time stamp of the header event: <see cref="LogFileHeader.StartTime"/> in ticks.</summary>
    public long HeaderTime { get; private set; }

    public TraceClock Clock { get; private set; } = TraceClock.Unknown;

    public ProblemList Problems { get; } = new();

    /// <summary>In file order.</summary>
    public IReadOnlyList<BufferInfo> Buffers => _buffers;

    public long EventCount { get; private set; }

    /// <summary>The lowest and highest time stamp; 0 if there is no event.</summary>
    public long FirstTime { get; private set; }

    public long LastTime { get; private set; }

    /// <summary>Events that describe other events, in file order.</summary>
    public IReadOnlyList<MetadataRecord> Metadata => _metadata;

    /// <summary>Bytes of a pointer: of the system that wrote the file.</summary>
    public int PointerSize => Header?.PointerSize is 4 or 8 ? (int)Header.PointerSize : 8;

    /// <summary>Opens a file, or the trace inside a zip file. Damage is no error: see <see cref="Problems"/>.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The zip file is broken, or holds no trace.</exception>
    public static EtlFile Open(string path, ITraceProgress? progress = null, CancellationToken cancellation = default) =>
        Open(TraceBytes.Open(path), progress, cancellation);

    /// <summary>Opens bytes, which then belong to the file.</summary>
    public static EtlFile Open(TraceBytes bytes, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        var file = new EtlFile(bytes);
        try
        {
            file.Survey(progress, cancellation);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The events in the order of the file.</summary>
    public FileOrderReader InFileOrder(ITraceProgress? progress = null, CancellationToken cancellation = default) => new(this, progress, cancellation);

    /// <summary>The events in the order of time, processor, and place in the file.</summary>
    public TimeOrderReader InTimeOrder(ITraceProgress? progress = null, CancellationToken cancellation = default) => new(this, progress, cancellation);

    public void Dispose() => _bytes.Dispose();

    internal BufferLoader NewLoader() => new(_bytes);

    void Survey(ITraceProgress? progress, CancellationToken cancellation)
    {
        if (_bytes.Length == 0)
        {
            Problems.Add(TraceProblemKind.Empty, 0, 0, "the file is empty");
            return;
        }
        var finder = new BufferFinder(_bytes, Problems);
        BufferLoader loader = NewLoader();
        byte[] data = [];
        FirstTime = long.MaxValue;
        LastTime = long.MinValue;
        for (long offset = 0; finder.Next(ref offset) is { } buffer;)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = loader.Load(buffer, ref data, Problems);
            if (Header is null && TryReadHeader(data, end) && Header!.BufferSize is >= BufferHeader.Length and <= BufferFinder.LargestBuffer)
                finder.NominalSize = (int)Header.BufferSize;
            else if (_buffers.Count == 0) finder.NominalSize = (int)buffer.Header.BufferSize;
            if (_buffers.Count == 0 && Header is null)
                Problems.Add(TraceProblemKind.NoHeader, buffer.Offset, 0, "the file does not begin with a header buffer and its EventTrace/Header");
            _buffers.Add(Survey(buffer, data, end));
            progress?.Report(offset, _bytes.Length);
        }
        if (LastTime < FirstTime) FirstTime = LastTime = 0;
        if (_buffers.Count == 0) Problems.Add(TraceProblemKind.NotATrace, 0, _bytes.Length, "nothing in the file is a buffer of a trace");
        JudgeCount();
        if (Header is not null) Clock = new TraceClock(Header, HeaderTime);
    }

    BufferInfo Survey(BufferInfo buffer, byte[] data, int end)
    {
        var walker = new RecordWalker(data, end);
        int count = 0;
        long first = long.MaxValue, last = long.MinValue;
        bool sorted = true, timed = false;
        while (walker.MoveNext(Problems, buffer.Offset, buffer.Header.IsCompressed))
        {
            count++;
            if (MetadataRecord.Is(walker.Record, walker.Type)) Keep(buffer, walker);
            long time = walker.TimeStamp;
            if (time < first) first = time;
            if (time < last) sorted = false;
            else last = time;
            // Messages without time stamps at the beginning of a buffer stand before all others, but say nothing about when the file begins.
            if (!timed && (timed = walker.IsTimed)) FirstTime = Math.Min(FirstTime, time);
        }
        EventCount += count;
        if (timed) LastTime = Math.Max(LastTime, last);
        if (timed && !sorted) FirstTime = Math.Min(FirstTime, first);
        return buffer with { EventCount = count, FirstTime = first, LastTime = last, IsSorted = sorted };
    }

    void Keep(in BufferInfo buffer, in RecordWalker walker)
    {
        var record = new EventRecord(walker.Record, walker.Type, walker.TimeStamp, 0, buffer.Offset, walker.Offset);
        if ((_metadataBytes += record.Payload.Length) <= MetadataRecord.MostBytes)
            _metadata.Add(new MetadataRecord(record.Provider, record.Opcode, record.Payload.ToArray()));
    }

    bool TryReadHeader(byte[] data, int end)
    {
        var walker = new RecordWalker(data, end);
        if (!walker.MoveNext(null, 0, false)) return false;
        var record = new EventRecord(walker.Record, walker.Type, walker.TimeStamp, 0, 0, walker.Offset);
        if (record is not { IsKernel: true, Group: KernelGroup.EventTrace, Opcode: LogFileHeader.Opcode }) return false;
        Header = LogFileHeader.Read(record.Payload, record.PointerSize);
        HeaderTime = record.TimeStamp;
        return true;
    }

    /// <summary>A circular file has fewer buffers than were written, by its nature.</summary>
    void JudgeCount()
    {
        if (Header is null || (Header.LogFileMode & LogFileHeader.CircularMode) != 0 || Header.BuffersWritten <= _buffers.Count) return;
        long missing = Header.BuffersWritten - _buffers.Count;
        Problems.Add(TraceProblemKind.MissingBuffers, _bytes.Length, 0,
            $"the header counts {Header.BuffersWritten} buffers, the file has {_buffers.Count}: {missing} are missing");
    }
}
