using System.Collections.Immutable;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Tracing.Tables;

/// <summary>
/// A trace as tables, built in one pass in the order of time. All but `events`, which is made when it is asked for: it is as large as the trace.
/// </summary>
public sealed class TraceTables
{
    internal TraceTables()
    {
    }

    public TraceTable<IsrRow> Isr { get; } = new();

    public TraceTable<DpcRow> Dpc { get; } = new();

    public TraceTable<IrpRow> Irps { get; } = new();

    public TraceTable<IrpHopRow> IrpHops { get; } = new();

    public TraceTable<SwitchRow> Switches { get; } = new();

    public TraceTable<IrqlRow> Irql { get; } = new();

    public TraceTable<ThreadRow> Threads { get; } = new();

    public TraceTable<ProcessRow> Processes { get; } = new();

    public TraceTable<DriverRow> Drivers { get; } = new();

    public TraceTable<DeviceRow> Devices { get; } = new();

    public TraceTable<PnpRow> Pnp { get; } = new();

    public TraceTable<PowerRow> Power { get; } = new();

    public TraceTable<LockRow> Locks { get; } = new();

    /// <summary>Processors that events came from.</summary>
    public int Processors { get; internal set; }

    /// <summary>Times of the first and the last event, in nanoseconds since the header event.</summary>
    public long Start { get; internal set; }

    public long End { get; internal set; }

    /// <summary>How many events of each kind the trace has.</summary>
    public IDictionary<(string Provider, string Event), long> EventCounts { get; } = new Dictionary<(string, string), long>();

    public ImmutableArray<ITraceTable> All =>
        [Isr, Dpc, Irps, IrpHops, Switches, Irql, Threads, Processes, Drivers, Devices, Pnp, Power, Locks];

    /// <summary>Every table, that of the events too, without rows.</summary>
    public static ImmutableArray<ITraceTable> Schemas { get; } = [.. new TraceTables().All, EventTable.Schema];

    /// <summary>Reads a trace.</summary>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public static TraceTables Of(
        EtlFile file, EventDecoder decoder, IAddressNames? names = null, ITraceProgress? progress = null, CancellationToken cancellation = default) =>
        new TableBuilder(file, decoder, names ?? NoNames.Instance).Build(progress, cancellation);
}
