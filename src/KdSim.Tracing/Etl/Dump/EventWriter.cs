using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Etl.Dump;

/// <summary>Writes events, one after the other, in some format.</summary>
public abstract class EventWriter : IDisposable
{
    /// <summary>The stacks to attach; null: none are wanted.</summary>
    public StackIndex? Stacks { get; init; }

    public abstract void Write(in EventRecord record, EventDescription description);

    public virtual void Dispose() { }
}

/// <summary>The time that an event took: it is logged at the end, and its first field says when it began. TraceEvent shows it so.</summary>
static class ElapsedTime
{
    public const string Name = "ElapsedTimeMSec";

    public static bool BeginsAt(PayloadField field) => field is { Name: "InitialTime", Out: OutType.Ticks };

    public static double Milliseconds(TraceClock clock, scoped in PayloadReader start, scoped in EventRecord record) =>
        clock.DurationInNanoseconds(record.TimeStamp - start.Int64) / 1e6;
}
