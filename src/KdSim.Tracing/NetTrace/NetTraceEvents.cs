namespace KdSim.Tracing.NetTrace;

/// <summary>Walks through the events of a block: of version 3, plain or compressed of versions 4 and 5, plain or compressed of version 6.</summary>
ref struct NetTraceEvents
{
    const int CompressedHeaders = 1, LeastHeader = 20;
    const int HasMetadata = 1, HasSequence = 2, HasThread = 4, HasStack = 8, HasActivityOrLabels = 16, HasRelatedActivity = 32, HasPayloadSize = 128;

    readonly int _version;
    readonly bool _compressed;
    readonly long _offset, _firstTime, _lastTime;
    StreamBytes _reader;
    int _payloadSize;

    /// <param name="offset">Of the block in the file: plain events are aligned there.</param>
    public NetTraceEvents(ReadOnlySpan<byte> block, long offset, int version)
    {
        _reader = new StreamBytes(block);
        _version = version;
        _offset = offset;
        if (version < 4) return;
        int length = _reader.UInt16();
        _compressed = (_reader.Int16() & CompressedHeaders) != 0;
        if (length < LeastHeader)
        {
            _reader.Take(-1);
            return;
        }
        _firstTime = _reader.Int64();
        _lastTime = _reader.Int64();
        _reader.Skip(length - LeastHeader);
    }

    /// <summary>The event lies between the times that the block's header gives, if it gives any.</summary>
    public readonly bool IsInTime => _firstTime >= _lastTime || (TimeStamp >= _firstTime && TimeStamp <= _lastTime);

    public int MetadataId { get; private set; }
    public uint Sequence { get; private set; }
    public ulong CaptureThread { get; private set; }
    public ulong Thread { get; private set; }
    public int Processor { get; private set; }
    public int StackId { get; private set; }
    public long TimeStamp { get; private set; }
    public Guid ActivityId { get; private set; }
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Stacks that stand behind events of version 3.</summary>
    public int InlineStacks { get; private set; }

    /// <summary>The block ended inside an event, or a number in it is impossible.</summary>
    public readonly bool Failed => _reader.Failed;

    public readonly int Position => _reader.Position;

    public bool MoveNext()
    {
        if (_reader.AtEnd || _reader.Failed) return false;
        if (_version < 4) ReadVersion3();
        else if (_compressed) ReadCompressed();
        else if (_version < 6) ReadPlain();
        else ReadPlainVersion6();
        return !_reader.Failed;
    }

    void ReadVersion3()
    {
        int size = _reader.Int32(), end = _reader.Position + size;
        MetadataId = _reader.Int32();
        Thread = CaptureThread = (uint)_reader.Int32();
        TimeStamp = _reader.Int64();
        ActivityId = _reader.Guid();
        _reader.Guid();
        Payload = _reader.Take(_reader.Int32());
        int rest = end - _reader.Position;
        // The stack behind the payload: a count of bytes, and the bytes.
        if (rest > 4) InlineStacks++;
        _reader.Skip(rest);
    }

    void ReadCompressed()
    {
        bool six = _version == 6;
        int flags = _reader.Byte();
        if ((flags & HasMetadata) != 0) MetadataId = (int)_reader.VarUInt();
        if ((flags & HasSequence) != 0)
        {
            Sequence += (uint)_reader.VarUInt();
            CaptureThread = _reader.VarUInt();
            Processor = (int)_reader.VarUInt();
        }
        if (MetadataId != 0) Sequence++;
        if ((flags & HasThread) != 0) Thread = _reader.VarUInt();
        if ((flags & HasStack) != 0) StackId = (int)_reader.VarUInt();
        TimeStamp += (long)_reader.VarUInt();
        if ((flags & HasActivityOrLabels) != 0)
        {
            if (six) _reader.VarUInt();
            else ActivityId = _reader.Guid();
        }
        if ((flags & HasRelatedActivity) != 0 && !six) _reader.Guid();
        if ((flags & HasPayloadSize) != 0) _payloadSize = (int)_reader.VarUInt();
        Payload = _reader.Take(_payloadSize);
    }

    void ReadPlain()
    {
        _reader.Int32();
        MetadataId = _reader.Int32() & int.MaxValue;
        Sequence = (uint)_reader.Int32();
        Thread = (ulong)_reader.Int64();
        CaptureThread = (ulong)_reader.Int64();
        Processor = _reader.Int32();
        StackId = _reader.Int32();
        TimeStamp = _reader.Int64();
        ActivityId = _reader.Guid();
        _reader.Guid();
        Payload = _reader.Take(_reader.Int32());
        int padding = (int)(-(_offset + _reader.Position) & 3);
        if (!_reader.AtEnd) _reader.Skip(Math.Min(padding, _reader.Left));
    }

    void ReadPlainVersion6()
    {
        _reader.Int32();
        MetadataId = _reader.Int32() & int.MaxValue;
        Sequence = (uint)_reader.Int32();
        Thread = (ulong)_reader.Int64();
        CaptureThread = (ulong)_reader.Int64();
        Processor = _reader.Int32();
        StackId = _reader.Int32();
        TimeStamp = _reader.Int64();
        _reader.Int32();
        Payload = _reader.Take(_reader.Int32());
    }
}
