using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Reading;

/// <summary>A buffer that was found in a file.</summary>
public record struct BufferInfo
{
    public long Offset { get; init; }
    public BufferHeader Header { get; init; }

    /// <summary>Bytes that the file really has of the buffer.</summary>
    public int Available { get; init; }

    public int EventCount { get; set; }

    /// <summary>The lowest time stamp in the buffer.</summary>
    public long FirstTime { get; set; }

    public long LastTime { get; set; }

    /// <summary>The time stamps never go back.</summary>
    public bool IsSorted { get; set; }
}
