namespace KdSim.Tracing.Etl.Reading;

/// <summary>What can be wrong with a file.</summary>
public enum TraceProblemKind
{
    /// <summary>The file has no bytes.</summary>
    Empty,

    /// <summary>Nothing in the file is a buffer.</summary>
    NotATrace,

    /// <summary>The file does not begin with a header buffer, or that has no EventTrace/Header.</summary>
    NoHeader,

    /// <summary>No buffer begins where one should: bytes up to the next one are skipped.</summary>
    BadBuffer,

    /// <summary>The file ends inside a buffer.</summary>
    CutBuffer,

    /// <summary>A buffer says that its data ends outside of it.</summary>
    BadBufferEnd,

    /// <summary>The compressed bytes end too early, or point before their beginning.</summary>
    BadCompression,

    /// <summary>No record begins where one should: bytes up to the next one, or to the end of the buffer, are skipped.</summary>
    BadRecord,

    /// <summary>Records of a kind that carries no event are passed over.</summary>
    NoEventRecord,

    /// <summary>The file has fewer buffers than its header says.</summary>
    MissingBuffers,

    /// <summary>A stream of another format is broken at this place.</summary>
    BadStream,
}

/// <summary>Something wrong in a file: what, where, and how many bytes are lost by it.</summary>
/// <param name="Offset">In the file; for what is inside a compressed buffer, that of the buffer.</param>
public readonly record struct TraceProblem(TraceProblemKind Kind, long Offset, long Bytes, string Text)
{
    public override string ToString() => $"{Kind} at 0x{Offset:x} ({Bytes} bytes): {Text}";
}

/// <summary>Receives how far a long operation has come.</summary>
public interface ITraceProgress
{
    /// <param name="done">Of <paramref name="total"/>, in bytes or events as the operation says.</param>
    void Report(long done, long total);
}
