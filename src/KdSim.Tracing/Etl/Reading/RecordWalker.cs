using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>Goes from record to record of a buffer. Where none begins, it looks for the next place from which records follow one another.</summary>
struct RecordWalker(byte[] data, int end)
{
    /// <summary>So many records in a row, or all up to the end of the data, make a place believable.</summary>
    const int ConvincingChain = 4;

    int _next = BufferHeader.Length;

    public int Offset { get; private set; }

    public int Size { get; private set; }

    public HeaderType Type { get; private set; }

    /// <summary>Of the record; for a record without one, of the record before.</summary>
    public long TimeStamp { get; private set; }

    /// <summary>The record has a time stamp of its own.</summary>
    public bool IsTimed { get; private set; }

    public readonly ReadOnlySpan<byte> Record => data.AsSpan(Offset, Size);

    /// <param name="judge">Receives what is wrong; null when the buffer was already judged.</param>
    public bool MoveNext(ProblemList? judge, long bufferOffset, bool isCompressed)
    {
        while (true)
        {
            RecordFound found = RecordScan.Look(data, _next, end, out HeaderType type, out int size, out long time);
            if (found == RecordFound.Event)
            {
                Offset = _next;
                Size = size;
                Type = type;
                IsTimed = time != RecordScan.NoTimeStamp;
                if (IsTimed) TimeStamp = time;
                _next = RecordScan.Next(_next, size);
                return true;
            }
            if (found == RecordFound.NoEvent)
            {
                judge?.Add(TraceProblemKind.NoEventRecord, Place(bufferOffset, isCompressed, _next), size, $"a record of type {type} carries no event");
                _next = RecordScan.Next(_next, size);
                continue;
            }
            int from = _next;
            if (from + 8 >= end && found == RecordFound.EndOfRecords) return false;
            int place = Resynchronise(found == RecordFound.EndOfRecords);
            // The end marker is where records end, unless some go on behind it.
            if (place == end && found == RecordFound.EndOfRecords) return false;
            judge?.Add(TraceProblemKind.BadRecord, Place(bufferOffset, isCompressed, from), place - from,
                $"no record begins at {from} of the buffer" + (place < end ? $"; the next does at {place}" : ""));
            if (place == end) return false;
            _next = place;
        }
    }

    static long Place(long bufferOffset, bool isCompressed, int offset) => isCompressed ? bufferOffset : bufferOffset + offset;

    /// <summary>The next believable place, or the end.</summary>
    readonly int Resynchronise(bool behindMarker)
    {
        int first = RecordScan.Next(_next, 1);
        if (behindMarker)
        {
            // Unused space is filled with the marker: nothing can begin in it.
            int used = data.AsSpan(first, Math.Max(0, end - first)).IndexOfAnyExcept((byte)0xFF);
            if (used < 0) return end;
            first += used & -BufferHeader.RecordAlignment;
        }
        for (int place = first; place + 8 <= end; place += BufferHeader.RecordAlignment)
            if (IsBelievable(place))
                return place;
        return end;
    }

    readonly bool IsBelievable(int place)
    {
        long last = TimeStamp;
        for (int records = 0; records < ConvincingChain; records++)
        {
            switch (RecordScan.Look(data, place, end, out _, out int size, out long time))
            {
                case RecordFound.EndOfRecords:
                    return records > 0;
                case RecordFound.Invalid:
                    return false;
            }
            // Within a buffer time does not go back: what is older was left from an earlier use of the memory.
            if (time != RecordScan.NoTimeStamp)
            {
                if (time < last) return false;
                last = time;
            }
            place = RecordScan.Next(place, size);
        }
        return true;
    }
}
