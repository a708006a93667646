using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Providers;

namespace KdSim.Tracing.Etl.Writing;

/// <summary>What a session is called and how it keeps its buffers.</summary>
public sealed record EtlSessionOptions
{
    public string Name { get; init; } = "NT Kernel Logger";

    /// <summary>The name that the file gives itself: without folders.</summary>
    public string FileName { get; init; } = "kernel.etl";

    public int Processors { get; init; } = 1;

    /// <summary>Bytes of each buffer: a multiple of 4096, at most 1 MB.</summary>
    public int BufferSize { get; init; } = 64 << 10;

    /// <summary>Keeps only the newest buffers, about so many bytes of them; 0 keeps all.</summary>
    public long CircularBytes { get; init; }

    /// <summary>The machine's date at its boot as a FILETIME.</summary>
    public long BootTime { get; init; }

    /// <summary>The counter (<see cref="EtlSession.CounterAt"/>) when the session begins.</summary>
    public long StartTime { get; init; } = EtlSession.CounterAt(0);

    public uint OsBuild { get; init; } = 17763;

    public uint ProcessorMegahertz { get; init; } = 2000;
}

/// <summary>Hears of a record: its bytes without padding.</summary>
public delegate void RecordCallback(int processor, ReadOnlySpan<byte> record);

/// <summary>
/// Writes a trace: each processor's records go to a buffer of its own, full buffers to the file or into a ring. Times are values of the traced system's
/// counter (<see cref="CounterAt"/>) and never go back on a processor. Nothing is lost, nothing of the host gets in: equal events give equal bytes.
/// Log version 1.5, uncompressed.
/// </summary>
public sealed class EtlSession : IDisposable
{
    public const long TicksPerSecond = 1_000_000_000;

    /// <summary>
    /// A session that began at 0 would be none to readers: TraceEvent delivers nothing of it. One unit of FILETIME, so that both clocks agree.
    /// </summary>
    const long CounterAtBoot = 100;

    const ushort LoggerId = 1;
    const uint StateFlush = 3;

    /// <summary>A record's size is a 16-bit number.</summary>
    const int LongestRecord = ushort.MaxValue & ~(BufferHeader.RecordAlignment - 1);

    sealed class Part
    {
        public required byte[] Bytes;
        public int Used = BufferHeader.Length;
        public long LastTime;
    }

    readonly Part[] _parts;
    readonly Stream? _file;
    readonly List<byte[]> _pinned;
    readonly Queue<byte[]> _kept;
    readonly Stack<byte[]> _free = new();
    long _sequence;
    long _flushTime;
    uint _written;
    bool _isClosed;
    int _lastProcessor = -1, _lastOffset, _lastSize;

    /// <param name="file">Where full buffers go; null: they are kept in memory, for <see cref="Save"/>.</param>
    public EtlSession(EtlSessionOptions options, Stream? file = null)
    {
        if (options.BufferSize is < 4096 or > 1 << 20 || options.BufferSize % 4096 != 0)
            throw new ArgumentOutOfRangeException(nameof(options), options.BufferSize, "the size of a buffer is a multiple of 4096, at most 1 MB");
        if (file is not null && options.CircularBytes != 0) throw new ArgumentException("a circular session has no file until it is saved", nameof(file));
        Options = options;
        _file = file;
        _pinned = [];
        _kept = new();
        _parts = [.. Enumerable.Range(0, options.Processors).Select(_ => new Part { Bytes = new byte[options.BufferSize], LastTime = options.StartTime })];
        if (file is not null) WriteHeader(file, options.StartTime, 1);
    }

    /// <summary>A copy of a session as it stands, in memory.</summary>
    EtlSession(EtlSession other)
    {
        Options = other.Options;
        _pinned = [.. other._pinned];
        _kept = new(other._kept);
        _parts = [.. other._parts.Select(part => new Part { Bytes = [.. part.Bytes], Used = part.Used, LastTime = part.LastTime })];
        (_sequence, _flushTime) = (other._sequence, other._flushTime);
    }

    public EtlSessionOptions Options { get; }

    /// <summary>The counter of the traced system so many nanoseconds after its boot; one tick is a nanosecond.</summary>
    public static long CounterAt(ulong nanoseconds) => (long)nanoseconds + CounterAtBoot;

    /// <summary>The nanoseconds since boot at which the counter had this value.</summary>
    public static ulong NanosecondsAt(long counter) => (ulong)Math.Max(0, counter - CounterAtBoot);

    /// <summary>Hears of each record when the next one begins, or the session stands still.</summary>
    public RecordCallback? Written { get; set; }

    /// <summary>Records written so far, also those that a ring has lost since.</summary>
    public ulong Count { get; private set; }

    /// <summary>Full buffers that are held or in the file.</summary>
    public int Buffers => _file is null ? _pinned.Count + _kept.Count : (int)_written;

    /// <summary>A frequent kernel event: no thread, as cheap as it gets.</summary>
    public void Kernel<T>(int processor, long time, byte opcode, in T payload) where T : unmanaged, IKernelPayload
    {
        Span<byte> record = Reserve(processor, ref time, PerfInfoTraceHeader.Length + Unsafe.SizeOf<T>());
        WritePerfInfo(record, T.Binding.Group, opcode, T.Binding.Version, time, PerfInfoTraceHeader.Length + Unsafe.SizeOf<T>());
        Unsafe.WriteUnaligned(ref record[PerfInfoTraceHeader.Length], payload);
    }

    /// <summary>A kernel event whose payload is encoded already, with the short header.</summary>
    public void Kernel(int processor, long time, KernelGroup group, byte opcode, byte version, ReadOnlySpan<byte> payload)
    {
        Span<byte> record = Reserve(processor, ref time, PerfInfoTraceHeader.Length + payload.Length);
        WritePerfInfo(record, group, opcode, version, time, PerfInfoTraceHeader.Length + payload.Length);
        payload.CopyTo(record[PerfInfoTraceHeader.Length..]);
    }

    /// <summary>A kernel event with thread and process.</summary>
    public void System(int processor, long time, uint thread, uint process, KernelGroup group, byte opcode, byte version, ReadOnlySpan<byte> payload)
    {
        Span<byte> record = Reserve(processor, ref time, SystemTraceHeader.Length + payload.Length);
        WriteSystem(record, group, opcode, version, thread, process, time, payload);
    }

    /// <summary>A classic event with a GUID of its own.</summary>
    public void Classic(int processor, long time, uint thread, uint process, in Guid task, byte opcode, ushort version, ReadOnlySpan<byte> payload)
    {
        Span<byte> record = Reserve(processor, ref time, FullTraceHeader.Length + payload.Length);
        MemoryMarshal.Write(record, new FullTraceHeader
        {
            Size = (ushort)(FullTraceHeader.Length + payload.Length),
            HeaderType = HeaderType.FullHeader64,
            MarkerFlags = RecordMarker.Header,
            Opcode = opcode,
            Version = version,
            ThreadId = thread,
            ProcessId = process,
            TimeStamp = time,
            Guid = task,
        });
        payload.CopyTo(record[FullTraceHeader.Length..]);
    }

    /// <summary>A frequent event of a provider.</summary>
    public void Event<T>(int processor, long time, uint thread, uint process, in T payload) where T : unmanaged, IEventPayload
    {
        Span<byte> record = Reserve(processor, ref time, EventHeader.Length + Unsafe.SizeOf<T>());
        WriteEvent(record, T.Binding.Event, thread, process, time, EventHeader.Length + Unsafe.SizeOf<T>());
        Unsafe.WriteUnaligned(ref record[EventHeader.Length], payload);
    }

    /// <summary>An event of a provider by its declaration: one value a field.</summary>
    public void Event(int processor, long time, uint thread, uint process, ProviderEvent declared, params ReadOnlySpan<object> values) =>
        Raw(processor, time, thread, process, declared, TemplateEncoder.Encode(declared.Payload, values));

    /// <summary>An event of a provider whose payload is encoded already.</summary>
    public void Raw(int processor, long time, uint thread, uint process, ProviderEvent declared, ReadOnlySpan<byte> payload)
    {
        Span<byte> record = Reserve(processor, ref time, EventHeader.Length + payload.Length);
        WriteEvent(record, declared, thread, process, time, EventHeader.Length + payload.Length);
        payload.CopyTo(record[EventHeader.Length..]);
    }

    /// <summary>What was written up to now stays in a circular session for good: the manifest, what was there when it began.</summary>
    public void Pin()
    {
        FlushAll(_flushTime);
        _pinned.AddRange(_kept);
        _kept.Clear();
    }

    /// <summary>A copy to which the end of a trace can be written while this session goes on. Only of one that is kept in memory.</summary>
    public EtlSession Copy() => _file is null ? new EtlSession(this) : throw new InvalidOperationException("the session writes to a file");

    /// <summary>Writes the trace as a file. The session stands in memory and is not changed.</summary>
    public void Save(Stream file, long endTime)
    {
        EtlSession copy = Copy();
        copy.FlushAll(endTime);
        file.Write(new byte[Options.BufferSize]);
        foreach (byte[] buffer in copy._pinned.Concat(copy._kept)) file.Write(buffer);
        copy.WriteHeader(file, endTime, (uint)copy.Buffers + 1);
    }

    /// <summary>Brings the file on disk up to date.</summary>
    public void Flush(long time)
    {
        if (_file is null || _isClosed) return;
        FlushAll(time);
        WriteHeader(_file, time, _written + 1);
        _file.Seek(0, SeekOrigin.End);
        _file.Flush();
    }

    /// <summary>Ends the trace and closes its file.</summary>
    public void Close(long endTime)
    {
        if (_isClosed) return;
        Flush(endTime);
        _isClosed = true;
        _file?.Dispose();
    }

    public void Dispose() => Close(_flushTime);

    Span<byte> Reserve(int processor, ref long time, int size)
    {
        if (Written is not null) Announce();
        Part part = _parts[processor];
        int aligned = (size + BufferHeader.RecordAlignment - 1) & -BufferHeader.RecordAlignment;
        if (aligned > LongestRecord || aligned > Options.BufferSize - BufferHeader.Length)
            throw new ArgumentException($"a record of {size} bytes does not fit into a buffer of {Options.BufferSize}");
        if (part.Used + aligned > part.Bytes.Length) FlushPart(processor, time);
        time = part.LastTime = Math.Max(part.LastTime, time);
        Span<byte> record = part.Bytes.AsSpan(part.Used, aligned);
        if (aligned != size) record[(aligned - BufferHeader.RecordAlignment)..].Clear();
        (_lastProcessor, _lastOffset, _lastSize) = (processor, part.Used, size);
        part.Used += aligned;
        Count++;
        return record;
    }

    /// <summary>Tells of the last record, which is complete now.</summary>
    public void Announce()
    {
        if (_lastProcessor >= 0) Written?.Invoke(_lastProcessor, _parts[_lastProcessor].Bytes.AsSpan(_lastOffset, _lastSize));
        _lastProcessor = -1;
    }

    void FlushAll(long time)
    {
        for (int processor = 0; processor < _parts.Length; processor++)
            if (_parts[processor].Used > BufferHeader.Length)
                FlushPart(processor, time);
    }

    void FlushPart(int processor, long time)
    {
        Announce();
        Part part = _parts[processor];
        _flushTime = Math.Max(_flushTime, Math.Max(time, part.LastTime));
        part.Bytes.AsSpan(part.Used).Fill(0xFF);
        HeaderOf(BufferType.Generic, BufferFlags.ProcessorIndex, part.Used, _flushTime, ++_sequence, (ushort)processor).Write(part.Bytes);
        if (_file is not null)
        {
            _file.Write(part.Bytes);
            _written++;
        }
        else
        {
            _kept.Enqueue(part.Bytes);
            if (Options.CircularBytes != 0 && (long)_kept.Count * Options.BufferSize > Options.CircularBytes) _free.Push(_kept.Dequeue());
            part.Bytes = _free.TryPop(out byte[]? used) ? used : new byte[Options.BufferSize];
        }
        part.Used = BufferHeader.Length;
    }

    BufferHeader HeaderOf(BufferType type, BufferFlags flags, int used, long time, long sequence, ushort processor) => new()
    {
        BufferSize = (uint)Options.BufferSize,
        SavedOffset = (uint)used,
        CurrentOffset = (uint)used,
        TimeStamp = time,
        SequenceNumber = sequence,
        ProcessorField = processor,
        LoggerId = LoggerId,
        State = StateFlush,
        Offset = (uint)used,
        BufferFlag = flags,
        BufferType = type,
    };

    void WriteHeader(Stream file, long endTime, uint buffers)
    {
        byte[] bytes = new byte[Options.BufferSize];
        int used = BufferHeader.Length;
        void Add(byte opcode, ReadOnlySpan<byte> payload)
        {
            WriteSystem(bytes.AsSpan(used), KernelGroup.EventTrace, opcode, HeaderRecord.Version, 0, 0, Options.StartTime, payload);
            used += (SystemTraceHeader.Length + payload.Length + BufferHeader.RecordAlignment - 1) & -BufferHeader.RecordAlignment;
        }
        Add(HeaderRecord.Opcode, HeaderRecord.Encode(Options, endTime, buffers));
        Add(HeaderRecord.PartitionOpcode, new byte[HeaderRecord.PartitionSize]);
        bytes.AsSpan(used).Fill(0xFF);
        HeaderOf(BufferType.Header, BufferFlags.ProcessorIndex | BufferFlags.FlushMarker, used, Options.StartTime, 0, 0).Write(bytes);
        file.Seek(0, SeekOrigin.Begin);
        file.Write(bytes);
    }

    static void WritePerfInfo(Span<byte> record, KernelGroup group, byte opcode, byte version, long time, int size) =>
        Unsafe.WriteUnaligned(ref MemoryMarshal.GetReference(record), new PerfInfoTraceHeader
        {
            Version = version,
            HeaderType = HeaderType.PerfInfo64,
            MarkerFlags = RecordMarker.Header,
            Size = (ushort)size,
            Opcode = opcode,
            Group = group,
            TimeStamp = time,
        });

    static void WriteSystem(Span<byte> record, KernelGroup group, byte opcode, byte version, uint thread, uint process, long time, ReadOnlySpan<byte> payload)
    {
        MemoryMarshal.Write(record, new SystemTraceHeader
        {
            Version = version,
            HeaderType = HeaderType.System64,
            MarkerFlags = RecordMarker.Header,
            Size = (ushort)(SystemTraceHeader.Length + payload.Length),
            Opcode = opcode,
            Group = group,
            ThreadId = thread,
            ProcessId = process,
            TimeStamp = time,
        });
        payload.CopyTo(record[SystemTraceHeader.Length..]);
    }

    static void WriteEvent(Span<byte> record, ProviderEvent declared, uint thread, uint process, long time, int size) =>
        Unsafe.WriteUnaligned(ref MemoryMarshal.GetReference(record), new EventHeader
        {
            Size = (ushort)size,
            HeaderType = HeaderType.EventHeader64,
            MarkerFlags = RecordMarker.Header,
            ThreadId = thread,
            ProcessId = process,
            TimeStamp = time,
            ProviderId = declared.Provider.Guid,
            Id = declared.Id,
            Version = declared.Version,
            Level = declared.Level,
            Opcode = declared.Opcode,
            Task = declared.Task,
            Keyword = declared.Keyword,
        });
}
