using KdSim.Tracing.Schema;

namespace KdSim.Tracing.Recording;

/// <summary>One event as the ring holds it: 64 bytes, no references. What the arguments mean stands in <see cref="EventSchema"/>.</summary>
public struct RecordedEvent
{
    /// <summary>The clock of the processor, in ticks.</summary>
    public ulong Time;

    /// <summary>The number of the event since recording began: the order in which things happened.</summary>
    public ulong Number;

    public EventKind Kind;
    public byte Processor;

    /// <summary>The number of the event's text, or -1.</summary>
    public int Text;

    public ulong Argument0, Argument1, Argument2, Argument3, Argument4;

    public readonly ulong this[int field] => field switch
    {
        0 => Argument0,
        1 => Argument1,
        2 => Argument2,
        3 => Argument3,
        4 => Argument4,
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, "an event has at most five arguments"),
    };
}
