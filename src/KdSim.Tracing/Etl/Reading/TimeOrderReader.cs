namespace KdSim.Tracing.Etl.Reading;

/// <summary>
/// Reads the events of a file in the order of time, processor, and place in the file. A buffer is loaded when its first event is due, so that
/// about as many buffers are in memory as the machine had processors. Allocates nothing per event.
/// </summary>
public sealed class TimeOrderReader
{
    readonly EtlFile _file;
    readonly BufferLoader _loader;
    readonly ITraceProgress? _progress;
    readonly CancellationToken _cancellation;

    /// <summary>Indices of buffers with events, by the key of their first event.</summary>
    readonly int[] _order;
    readonly Stack<Cursor> _free = [];
    int _nextBuffer;

    /// <summary>The loaded buffers: a binary heap by the key of the event that each stands at.</summary>
    Cursor[] _heap = new Cursor[64];
    int _count;
    bool _started;
    long _done;

    internal TimeOrderReader(EtlFile file, ITraceProgress? progress, CancellationToken cancellation)
    {
        _file = file;
        _loader = file.NewLoader();
        _progress = progress;
        _cancellation = cancellation;
        IReadOnlyList<BufferInfo> buffers = file.Buffers;
        _order =
        [
            .. Enumerable.Range(0, buffers.Count).Where(index => buffers[index].EventCount > 0)
                .OrderBy(index => buffers[index].FirstTime).ThenBy(index => buffers[index].Header.Processor).ThenBy(index => index),
        ];
    }

    public TimeOrderReader GetEnumerator() => this;

    /// <summary>Valid until the next <see cref="MoveNext"/>.</summary>
    public EventRecord Current => _heap[0].Current;

    /// <summary>Calls back for each event that is left.</summary>
    public void Read(EventCallback callback)
    {
        while (MoveNext()) callback(Current);
    }

    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public bool MoveNext()
    {
        if (!_started) _started = true;
        else if (_count > 0 && !_heap[0].MoveNext()) RemoveFirst();
        else if (_count > 1) SiftDown(0);
        while (_nextBuffer < _order.Length && (_count == 0 || IsDue(_file.Buffers[_order[_nextBuffer]], _heap[0]))) Open(_order[_nextBuffer++]);
        return _count > 0;
    }

    /// <summary>The first event of a buffer that is not loaded comes before the first of all that are.</summary>
    static bool IsDue(in BufferInfo buffer, Cursor first)
    {
        if (buffer.FirstTime != first.Time) return buffer.FirstTime < first.Time;
        int processor = buffer.Header.Processor;
        return processor != first.Processor ? processor < first.Processor : buffer.Offset < first.Offset;
    }

    void Open(int index)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (!_free.TryPop(out Cursor? cursor)) cursor = new Cursor();
        BufferInfo buffer = _file.Buffers[index];
        cursor.Load(buffer, _loader);
        _done += buffer.Available;
        _progress?.Report(_done, _file.Length);
        if (!cursor.MoveNext()) return;
        if (_count == _heap.Length) Array.Resize(ref _heap, 2 * _count);
        _heap[_count++] = cursor;
        for (int at = _count - 1; at > 0;)
        {
            int parent = (at - 1) / 2;
            if (!IsBefore(_heap[at], _heap[parent])) break;
            (_heap[at], _heap[parent]) = (_heap[parent], _heap[at]);
            at = parent;
        }
    }

    void RemoveFirst()
    {
        _free.Push(_heap[0]);
        _heap[0] = _heap[--_count];
        if (_count > 1) SiftDown(0);
    }

    void SiftDown(int at)
    {
        Cursor moving = _heap[at];
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= _count) break;
            if (child + 1 < _count && IsBefore(_heap[child + 1], _heap[child])) child++;
            if (!IsBefore(_heap[child], moving)) break;
            _heap[at] = _heap[child];
            at = child;
        }
        _heap[at] = moving;
    }

    static bool IsBefore(Cursor left, Cursor right)
    {
        if (left.Time != right.Time) return left.Time < right.Time;
        return left.Processor != right.Processor ? left.Processor < right.Processor : left.Offset < right.Offset;
    }

    /// <summary>A loaded buffer and the event at which it stands.</summary>
    sealed class Cursor
    {
        byte[] _data = [];
        RecordWalker _walker;

        /// <summary>Only of a buffer whose time stamps go back: its records in order, and the next of them.</summary>
        readonly List<(long Time, RecordWalker At)> _sorted = [];
        int _next;
        bool _isSorted;

        public long Time { get; private set; }
        public int Processor { get; private set; }
        public long Offset { get; private set; }

        public EventRecord Current => new(_walker.Record, _walker.Type, Time, Processor, Offset, _walker.Offset);

        public void Load(in BufferInfo buffer, BufferLoader loader)
        {
            int end = loader.Load(buffer, ref _data, null);
            _walker = new RecordWalker(_data, end);
            Processor = buffer.Header.Processor;
            Offset = buffer.Offset;
            _isSorted = buffer.IsSorted;
            _next = 0;
            _sorted.Clear();
            if (_isSorted) return;
            while (_walker.MoveNext(null, 0, false)) _sorted.Add((_walker.TimeStamp, _walker));
            _sorted.Sort((left, right) => left.Time != right.Time ? left.Time.CompareTo(right.Time) : left.At.Offset.CompareTo(right.At.Offset));
        }

        public bool MoveNext()
        {
            if (_isSorted)
            {
                if (!_walker.MoveNext(null, 0, false)) return false;
            }
            else if (_next == _sorted.Count) return false;
            else _walker = _sorted[_next++].At;
            Time = _walker.TimeStamp;
            return true;
        }
    }
}
