using KdSim.Nt;
using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

[TraceTable("irps_summary", "Requests of a trace.")]
public readonly record struct IrpSummaryRow(
    [Column("requests that a driver was called with")] int Requests,
    [Column("completed in the trace")] int Completed,
    [Column("not completed when the trace ended")] int NeverCompleted,
    [Column("cancelled")] int Cancelled,
    [Column("completed with an error; neither cancelled, nor PnP, power or WMI requests that nobody handled")] int Failed,
    [Column("pending when their driver returned")] int Pended,
    [Column("cancelled, of those completed", "%")] double CancelRate,
    [Column("failed, of those completed", "%")] double ErrorRate,
    [Column("from the first call to completion, mean", "ns")] long Mean,
    [Column("half of the requests", "ns")] long P50,
    [Column("90% of the requests", "ns")] long P90,
    [Column("99% of the requests", "ns")] long P99,
    [Column("longest", "ns")] long Max);

[TraceTable("irps_functions", "Requests of one function to one driver.")]
public readonly record struct IrpFunctionRow(
    [Column("function")] string Function,
    [Column("driver called first")] string Driver,
    [Column("requests")] int Count,
    [Column("completed in the trace")] int Completed,
    [Column("cancelled")] int Cancelled,
    [Column("completed with another error")] int Failed,
    [Column("pending when their driver returned")] int Pended,
    [Column("shortest", "ns")] long Min,
    [Column("mean", "ns")] long Mean,
    [Column("half of the requests", "ns")] long P50,
    [Column("90% of the requests", "ns")] long P90,
    [Column("99% of the requests", "ns")] long P99,
    [Column("99.9% of the requests", "ns")] long P999,
    [Column("longest", "ns")] long Max);

[TraceTable("irps_drivers", "Time of requests in one driver of their stacks.")]
public readonly record struct IrpDriverRow(
    [Column("driver")] string Driver,
    [Column("calls of its dispatch routines")] int Calls,
    [Column("from call to completion without the drivers below, sum", "ns")] long Own,
    [Column("the same, mean", "ns")] long OwnMean,
    [Column("the same, 99%", "ns")] long OwnP99,
    [Column("the same, longest", "ns")] long OwnMax,
    [Column("from the dispatch routine's return to completion in the lowest driver: queued or in the device, sum", "ns")] long Queued,
    [Column("the same, longest", "ns")] long QueuedMax,
    [Column("in the dispatch routine itself, sum", "ns")] long Dispatch,
    [Column("the same, longest", "ns")] long DispatchMax);

[TraceTable("irps_requests", "Single requests.")]
public readonly record struct IrpRequestRow(
    [Column("number: irps.id")] int Id,
    [Column("address of the packet")] ulong Irp,
    [Column("function")] string Function,
    [Column("driver called first")] string Driver,
    [Column("first call", "ns")] long Called,
    [Column("to completion, or to the end of the trace", "ns")] long Duration,
    [Column("status; empty: not completed")] string Status,
    [Column("drivers called")] int Hops,
    [Column("driver that had it longest; of one that is not completed, the lowest that was called")] string Longest,
    [Column("how long that driver had it, without the drivers below", "ns")] long? Own,
    [Column("thread")] long? Thread);

[TraceTable("irps_statuses", "How requests ended.")]
public readonly record struct IrpStatusRow(
    [Column("function")] string Function,
    [Column("driver called first")] string Driver,
    [Column("status")] string Status,
    [Column("NTSTATUS as a number")] long Code,
    [Column("requests")] int Count);

/// <summary>Lives of requests: how long, where the time went, how they ended, and which never did.</summary>
public static class IrpAnalysis
{
    const int Slowest = 20;

    const long Error = 0xC0000000;

    public static TraceReport Of(TraceTables tables)
    {
        IrpRow[] requests = [.. tables.Irps.Rows.Where(row => row.Called is not null)];
        IrpRow[] open = [.. requests.Where(row => row.End is null)];
        ILookup<int, IrpHopRow> hops = tables.IrpHops.Rows.ToLookup(hop => hop.IrpId);
        return new TraceReport
        {
            Name = "irps",
            Summary = TraceReport.SummaryOf(SummaryOf(requests)),
            Sections =
            [
                ReportSection.Of("functions", "By function and driver", requests.GroupBy(row => (row.Function, row.Driver)).Select(FunctionOf)
                    .OrderByDescending(row => row.Count).ThenBy(row => row.Function, StringComparer.Ordinal).ThenBy(row => row.Driver, StringComparer.Ordinal)),
                ReportSection.Of("drivers", "Time in drivers", Drivers(tables)),
                ReportSection.Of("slowest", "Slowest", requests.Where(row => row.Duration is not null)
                    .OrderByDescending(row => row.Duration).ThenBy(row => row.Id).Take(Slowest).Select(row => RequestOf(row, hops, tables))),
                ReportSection.Of("never_completed", "Never completed", open.Select(row => RequestOf(row, hops, tables))),
                ReportSection.Of("statuses", "How they ended", requests.Where(row => row.Status is not null)
                    .GroupBy(row => (row.Function, row.Driver, Status: row.Status!.Value))
                    .Select(group => new IrpStatusRow(group.Key.Function, group.Key.Driver, NameOf(group.Key.Status), group.Key.Status, group.Count()))
                    .OrderByDescending(row => row.Count).ThenBy(row => row.Function, StringComparer.Ordinal).ThenBy(row => row.Driver, StringComparer.Ordinal)
                    .ThenBy(row => row.Code)),
            ],
            Lacks = Lacks(requests),
        };
    }

    static System.Collections.Immutable.ImmutableArray<string> Lacks(IrpRow[] requests) =>
        requests.Length == 0
            ? ["No request is in the trace. In Windows the kernel flag DRIVERS records calls of drivers; KdSim does in its default profile (keyword irp)."]
            : requests.All(row => row.Status is null && row.Device is null)
                ? ["The classic events of Windows say which routines requests went through and when, but neither their status nor their device."]
                : [];

    static bool IsCompleted(IrpRow row) => row.End is not null;

    /// <summary>STATUS_NOT_SUPPORTED is what PnP, power and WMI requests begin with: it says that nobody handled one, which is the rule.</summary>
    static bool IsFailure(IrpRow row) =>
        !row.Cancelled && row.Status >= Error && !(row.Status == (uint)NtStatus.NotSupported && (IRP_MJ?)row.Major >= IRP_MJ.POWER);

    static IrpSummaryRow SummaryOf(IrpRow[] requests)
    {
        Distribution times = Times(requests);
        int completed = requests.Count(IsCompleted), cancelled = requests.Count(row => row.Cancelled), failed = requests.Count(IsFailure);
        return new IrpSummaryRow(
            requests.Length, completed, requests.Length - completed, cancelled, failed, requests.Count(row => row.Pended), Rate(cancelled, completed),
            Rate(failed, completed), times.Mean, times.Percentile(500), times.Percentile(900), times.Percentile(990), times.Max);
    }

    static double Rate(int part, int whole) => whole == 0 ? 0 : Math.Round(100.0 * part / whole, 2);

    static IrpFunctionRow FunctionOf(IGrouping<(string Function, string Driver), IrpRow> group)
    {
        Distribution times = Times(group);
        return new IrpFunctionRow(
            group.Key.Function, group.Key.Driver, group.Count(), group.Count(IsCompleted), group.Count(row => row.Cancelled), group.Count(IsFailure),
            group.Count(row => row.Pended), times.Min, times.Mean, times.Percentile(500), times.Percentile(900), times.Percentile(990), times.Percentile(999),
            times.Max);
    }

    static Distribution Times(IEnumerable<IrpRow> requests)
    {
        var times = new Distribution();
        foreach (IrpRow row in requests)
            if (row.Duration is { } duration)
                times.Add(duration);
        return times;
    }

    static IEnumerable<IrpDriverRow> Drivers(TraceTables tables)
    {
        var drivers = new Dictionary<string, (Distribution Own, Distribution Queued, Distribution Dispatch, int Calls)>();
        foreach (IrpHopRow hop in tables.IrpHops.Rows)
        {
            var (own, queued, dispatch, calls) = drivers.GetValueOrDefault(hop.Driver, (new Distribution(), new Distribution(), new Distribution(), 0));
            if (hop.Own is { } ownTime) own.Add(ownTime);
            if (hop.Waited is { } waited && hop.Hop == tables.Irps.Rows[hop.IrpId].Hops - 1) queued.Add(waited);
            if (hop.Returned is { } returned) dispatch.Add(returned - hop.Start);
            drivers[hop.Driver] = (own, queued, dispatch, calls + 1);
        }
        return drivers.OrderByDescending(pair => pair.Value.Own.Sum).ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new IrpDriverRow(
                pair.Key, pair.Value.Calls, pair.Value.Own.Sum, pair.Value.Own.Mean, pair.Value.Own.Percentile(990), pair.Value.Own.Max, pair.Value.Queued.Sum,
                pair.Value.Queued.Max, pair.Value.Dispatch.Sum, pair.Value.Dispatch.Max));
    }

    static IrpRequestRow RequestOf(IrpRow row, ILookup<int, IrpHopRow> hops, TraceTables tables)
    {
        IrpHopRow longest = row.End is null ? hops[row.Id].Last() : hops[row.Id].MaxBy(hop => hop.Own ?? -1);
        return new IrpRequestRow(
            row.Id, row.Irp, row.Function, row.Driver, row.Called!.Value, row.Duration ?? tables.End - row.Called.Value,
            row.Status is { } status ? NameOf(status) : "", row.Hops, longest.Driver, longest.Own, row.Thread);
    }

    internal static string NameOf(long status) => NtStatusNames.Name((NtStatus)(uint)status);
}
