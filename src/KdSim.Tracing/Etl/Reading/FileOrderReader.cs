namespace KdSim.Tracing.Etl.Reading;

/// <summary>Reads the events of a file one after the other as they stand in it. Allocates nothing per event.</summary>
public sealed class FileOrderReader
{
    readonly EtlFile _file;
    readonly BufferLoader _loader;
    readonly ITraceProgress? _progress;
    readonly CancellationToken _cancellation;
    byte[] _data = [];
    int _nextBuffer;
    BufferInfo _buffer;
    int _processor;
    RecordWalker _walker;

    internal FileOrderReader(EtlFile file, ITraceProgress? progress, CancellationToken cancellation)
    {
        _file = file;
        _loader = file.NewLoader();
        _progress = progress;
        _cancellation = cancellation;
    }

    public FileOrderReader GetEnumerator() => this;

    /// <summary>Valid until the next <see cref="MoveNext"/>.</summary>
    public EventRecord Current => new(_walker.Record, _walker.Type, _walker.TimeStamp, _processor, _buffer.Offset, _walker.Offset);

    /// <summary>Calls back for each event that is left.</summary>
    public void Read(EventCallback callback)
    {
        while (MoveNext()) callback(Current);
    }

    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public bool MoveNext()
    {
        while (_nextBuffer == 0 || !_walker.MoveNext(null, 0, false))
        {
            if (_nextBuffer == _file.Buffers.Count) return false;
            _cancellation.ThrowIfCancellationRequested();
            _progress?.Report(_buffer.Offset, _file.Length);
            _buffer = _file.Buffers[_nextBuffer++];
            _processor = _buffer.Header.Processor;
            int end = _loader.Load(_buffer, ref _data, null);
            _walker = new RecordWalker(_data, end);
        }
        return true;
    }
}
