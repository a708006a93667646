using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Decoding;

/// <summary>Where the description of an event comes from.</summary>
public enum DescriptionSource
{
    /// <summary>The tables of kernel events.</summary>
    Kernel,

    /// <summary>A manifest: from the trace itself, or given.</summary>
    Manifest,

    /// <summary>A TRACE_EVENT_INFO that the merging of the trace put into it.</summary>
    MergedMetadata,

    /// <summary>The event itself.</summary>
    TraceLogging,

    /// <summary>Nothing is known but numbers.</summary>
    None,
}

/// <summary>What is known of an event's kind: names and payload. Names are TraceEvent's where it has some.</summary>
/// <param name="Template">Null: the payload can only be shown as bytes.</param>
public sealed record EventDescription(string Provider, string Name, PayloadTemplate? Template, DescriptionSource Source);
