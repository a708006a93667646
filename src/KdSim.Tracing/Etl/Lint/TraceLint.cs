using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Lint;

/// <summary>Holds a file against the rules. All findings are counted, the first of each rule kept.</summary>
public sealed class TraceLint
{
    const int MostKeptOfARule = 100;
    const uint Flushed = 3;

    readonly EtlFile _file;
    readonly List<LintFinding> _findings = [];
    readonly SortedDictionary<LintRule, long> _counts = [];
    readonly Dictionary<int, long> _lastTime = [];
    readonly Dictionary<long, long> _sequence = [];

    TraceLint(EtlFile file) => _file = file;

    public IReadOnlyList<LintFinding> Findings => _findings;

    /// <summary>How often each broken rule was broken.</summary>
    public IReadOnlyDictionary<LintRule, long> Counts => _counts;

    public static TraceLint Of(EtlFile file, ITraceProgress? progress = null, CancellationToken cancellation = default)
    {
        var lint = new TraceLint(file);
        foreach (TraceProblem problem in file.Problems.Kept) lint.Add(LintRule.Readable, problem.Offset, $"{problem.Kind}: {problem.Text}");
        if (file.Header is { } header) lint.JudgeHeader(header);
        BufferLoader loader = file.NewLoader();
        byte[] data = [];
        for (int i = 0; i < file.Buffers.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            BufferInfo buffer = file.Buffers[i];
            int end = loader.Load(buffer, ref data, null);
            lint.JudgeBuffer(i, buffer, data, end);
            lint.JudgeRecords(i, buffer, data, end);
            progress?.Report(buffer.Offset, file.Length);
        }
        lint.JudgeManifests();
        lint._findings.Sort((left, right) => left.Offset != right.Offset ? left.Offset.CompareTo(right.Offset) : left.Rule.CompareTo(right.Rule));
        return lint;
    }

    void Add(LintRule rule, long offset, string text)
    {
        long count = _counts.GetValueOrDefault(rule) + 1;
        _counts[rule] = count;
        if (count <= MostKeptOfARule) _findings.Add(new LintFinding(rule, offset, text));
    }

    void Check(bool holds, LintRule rule, long offset, FormattableString text)
    {
        if (!holds) Add(rule, offset, FormattableString.Invariant(text));
    }

    void JudgeHeader(LogFileHeader header)
    {
        void Field(bool holds, FormattableString text) => Check(holds, LintRule.HeaderFields, 0, text);
        Field(header.PointerSize is 4 or 8, $"PointerSize is {header.PointerSize}");
        Field(header.Clock is >= ClockKind.PerformanceCounter and <= ClockKind.ProcessorCycles, $"ReservedFlags is {(uint)header.Clock}, which is no clock");
        Field(header.PerfFreq > 0, $"PerfFreq is {header.PerfFreq}");
        Field(header.CpuSpeedInMHz > 0, $"CPUSpeed is 0");
        Field(header.NumberOfProcessors > 0, $"NumberOfProcessors is 0");
        Field(header.StartBuffers == 1, $"StartBuffers is {header.StartBuffers}");
        Field(header.EndTime == 0 || header.EndTime >= header.StartTime, $"EndTime is before StartTime");
        Field(_file.HeaderTime > 0, $"the header event's time stamp is {_file.HeaderTime}: readers take the session for one that has not begun");
        Field(header.BootTime <= header.StartTime, $"BootTime is after StartTime");
        Field((header.LogMajor, header.LogMinor) is (1, >= 3) or (2, 0), $"the log version is {header.LogMajor}.{header.LogMinor}");
        bool circular = (header.LogFileMode & LogFileHeader.CircularMode) != 0;
        Field(circular || header.BuffersWritten == _file.Buffers.Count, $"BuffersWritten is {header.BuffersWritten}, the file has {_file.Buffers.Count}");
        Field(header.SessionName.Length > 0, $"the session has no name");
    }

    void JudgeBuffer(int index, in BufferInfo buffer, byte[] data, int end)
    {
        BufferHeader header = buffer.Header;
        long at = buffer.Offset;
        Check(header.BufferType == BufferType.Header == (index == 0), LintRule.HeaderBuffer, at, $"buffer {index} is of type {header.BufferType}");
        Check(header.State == Flushed, LintRule.BufferState, at, $"State is {header.State}");
        Check(header.ReferenceCount == 0, LintRule.BufferState, at, $"ReferenceCount is {header.ReferenceCount}");
        Check(header.LoggerId == _file.Buffers[0].Header.LoggerId, LintRule.BufferState, at, $"LoggerId is {header.LoggerId}");
        // Windows writes header buffers again when a session ends, and leaves one or the other as it was.
        Check(header.SavedOffset == header.Offset || index == 0, LintRule.BufferEnd, at,
            $"SavedOffset is {header.SavedOffset}, Offset {header.Offset}");
        Check(header.DataEnd % BufferHeader.RecordAlignment == 0, LintRule.BufferEnd, at, $"the data ends at {header.DataEnd}");
        if (!_sequence.TryAdd(header.SequenceNumber, at) && index > 0)
            Check(false, LintRule.SequenceNumber, at, $"SequenceNumber {header.SequenceNumber} is that of buffer 0x{_sequence[header.SequenceNumber]:x}");
        if (index > 1)
            Check(header.TimeStamp >= _file.Buffers[index - 1].Header.TimeStamp, LintRule.FlushTime, at, $"the buffer was flushed before the one before it");
        if (_file.Header is { } file) JudgeAgainst(file, buffer);
        if (!header.IsCompressed && end < buffer.Available)
        {
            int used = data.AsSpan(end, buffer.Available - end).IndexOfAnyExcept((byte)0xFF);
            Check(used < 0, LintRule.UnusedSpace, at + end + Math.Max(0, used), $"unused space holds 0x{(used < 0 ? 0 : data[end + used]):x2}");
        }
    }

    void JudgeAgainst(LogFileHeader file, in BufferInfo buffer)
    {
        BufferHeader header = buffer.Header;
        bool isNew = file.OsMajor >= 10 || (file.OsMajor == 6 && file.OsMinor >= 2);
        bool isIndex = (header.BufferFlag & BufferFlags.ProcessorIndex) != 0;
        if (isNew && header.BufferType != BufferType.Header) Check(isIndex, LintRule.Processor, buffer.Offset, $"the processor is not marked as an index");
        Check(header.Processor < file.NumberOfProcessors, LintRule.Processor, buffer.Offset, $"processor {header.Processor} of {file.NumberOfProcessors}");
        if (!header.IsCompressed)
        {
            bool shortHeader = header.BufferType == BufferType.Header && file.LogMajor >= 2;
            bool usual = shortHeader || header.BufferSize == file.BufferSize;
            Check(usual, LintRule.BufferSize, buffer.Offset, $"the buffer has {header.BufferSize} bytes, not {file.BufferSize}");
            return;
        }
        Check(file.LogMajor >= 2, LintRule.Compression, buffer.Offset, $"compressed, in a log of version {file.LogMajor}.{file.LogMinor}");
        bool isCompressedMode = (file.LogFileMode & LogFileHeader.CompressedMode) != 0;
        Check(isCompressedMode, LintRule.Compression, buffer.Offset, $"compressed, and LogFileMode is 0x{file.LogFileMode:x}");
    }

    void JudgeRecords(int index, in BufferInfo buffer, byte[] data, int end)
    {
        var walker = new RecordWalker(data, end);
        int processor = buffer.Header.Processor;
        long last = _lastTime.GetValueOrDefault(processor, long.MinValue);
        bool isFirst = true;
        while (walker.MoveNext(null, 0, false))
        {
            long at = buffer.Header.IsCompressed ? buffer.Offset : buffer.Offset + walker.Offset;
            var record = new EventRecord(walker.Record, walker.Type, walker.TimeStamp, processor, buffer.Offset, walker.Offset);
            if (index == 0 && isFirst) JudgeFirst(record, at);
            isFirst = false;
            if (walker.IsTimed)
            {
                long back = last - walker.TimeStamp;
                // The header event's time is when the session began; it stands alone in its buffer.
                if (index > 0) Check(walker.TimeStamp >= last, LintRule.TimeOrder, at, $"{back} ticks before the record before it on processor {processor}");
                if (index > 0) last = Math.Max(last, walker.TimeStamp);
            }
            JudgeRecord(record, at);
        }
        if (index > 0) _lastTime[processor] = last;
        if (index == 0 || buffer.EventCount == 0 || !IsTick(buffer.Header.TimeStamp)) return;
        long early = buffer.LastTime - buffer.Header.TimeStamp;
        Check(early <= 0, LintRule.FlushTime, buffer.Offset, $"the buffer was flushed {early} ticks before its last record");
    }

    /// <summary>Relogged files have times of the calendar in their buffer headers.</summary>
    bool IsTick(long time) => _file.Header is { } header && Math.Abs(time - header.StartTime) > Math.Abs(time - _file.HeaderTime);

    void JudgeFirst(in EventRecord record, long at)
    {
        bool isHeader = record is { IsKernel: true, Group: KernelGroup.EventTrace, Opcode: LogFileHeader.Opcode };
        Check(isHeader, LintRule.HeaderBuffer, at, $"the first record is not EventTrace/Header");
        if (!isHeader) return;
        Check(record.Version == LogFileHeader.EventVersion, LintRule.HeaderBuffer, at, $"EventTrace/Header is of version {record.Version}");
        bool isSystem = record.Header is HeaderType.System32 or HeaderType.System64;
        Check(isSystem, LintRule.HeaderBuffer, at, $"EventTrace/Header has a header of type {record.Header}");
    }

    void JudgeRecord(in EventRecord record, long at)
    {
        bool fits = !record.IsKernel || record.PointerSize == _file.PointerSize;
        Check(fits, LintRule.HeaderWidth, at, $"a header of type {record.Header} in a file of {8 * _file.PointerSize} bits");
        if (record.Numbering == EventNumbering.Id) JudgeEventHeader(record, at);
        if (!record.IsClassic || KernelEvents.Find(record.Provider, record.Opcode, record.Version) is not { } known) return;
        var reader = new PayloadReader(known.Payload, record.Payload, record.PointerSize);
        while (reader.MoveNext()) { }
        int length = record.Payload.Length, left = reader.Rest.Length;
        Check(!reader.IsTruncated, LintRule.Payload, at, $"{known.FullName} version {record.Version} of {length} bytes is too short");
        Check(left < BufferHeader.RecordAlignment, LintRule.Payload, at, $"{known.FullName} version {record.Version}: {left} bytes are left over");
    }

    void JudgeEventHeader(in EventRecord record, long at)
    {
        const ushort Allowed = EventHeader.HasExtendedItems | EventHeader.StringOnly;
        ushort flags = record.EventFlags;
        Check((flags & ~Allowed) == 0, LintRule.EventHeader, at, $"Flags is 0x{flags:x}");
        if (!record.HasItems) return;
        ExtendedItems items = record.Items;
        int count = 0;
        while (items.MoveNext()) count++;
        Check(count > 0 && items.IsWhole, LintRule.EventHeader, at, $"the chain of extended items breaks after {count}");
    }

    void JudgeManifests()
    {
        foreach (string problem in EventDecoder.Of(_file).Problems) Add(LintRule.Manifest, 0, problem);
    }
}
