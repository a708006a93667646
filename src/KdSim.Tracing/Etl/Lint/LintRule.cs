namespace KdSim.Tracing.Etl.Lint;

/// <summary>What is known of files that Windows itself writes. A file that keeps all rules looks, as far as they reach, like one of those.</summary>
public enum LintRule
{
    /// <summary>The file can be read without a problem.</summary>
    Readable,

    /// <summary>The first buffer, and no other, is a header buffer; its first record is EventTrace/Header version 2 with a SYSTEM header.</summary>
    HeaderBuffer,

    /// <summary>The header's fields are possible and agree with the file.</summary>
    HeaderFields,

    /// <summary>Uncompressed buffers, the header's included, have the size that the header declares.</summary>
    BufferSize,

    /// <summary>Compressed buffers go with log version 2.0 and the mode bit for compression.</summary>
    Compression,

    /// <summary>State 3, no references, and the same logger in all buffers.</summary>
    BufferState,

    /// <summary>Saved offset and offset agree, and lie inside the buffer at a multiple of eight.</summary>
    BufferEnd,

    /// <summary>Space behind the last record is filled with 0xFF.</summary>
    UnusedSpace,

    /// <summary>Buffers were flushed in the order of the file, and after their last record.</summary>
    FlushTime,

    /// <summary>No two buffers have the same sequence number.</summary>
    SequenceNumber,

    /// <summary>The processor is marked as an index, and the header counts it.</summary>
    Processor,

    /// <summary>The time stamps of a processor never go back, from buffer to buffer.</summary>
    TimeOrder,

    /// <summary>Headers are of the width that the file's header declares.</summary>
    HeaderWidth,

    /// <summary>EVENT_HEADER has no flags but those of extended items and of a text, and its items are whole.</summary>
    EventHeader,

    /// <summary>Kernel events have the length that their declaration gives them.</summary>
    Payload,

    /// <summary>Every manifest in the trace is whole and can be read.</summary>
    Manifest,
}

/// <summary>A place where a file breaks a rule.</summary>
/// <param name="Offset">In the file; for what is inside a compressed buffer, that of the buffer.</param>
public readonly record struct LintFinding(LintRule Rule, long Offset, string Text);
