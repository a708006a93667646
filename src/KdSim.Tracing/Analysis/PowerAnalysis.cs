using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

[TraceTable("power_summary", "Power of a trace.")]
public readonly record struct PowerSummaryRow(
    [Column("power requests")] int Requests,
    [Column("not completed when the trace ended")] int NeverCompleted,
    [Column("completed with an error")] int Failed,
    [Column("changes of power states")] int Changes,
    [Column("longest request", "ns")] long? Max);

[TraceTable("power_devices", "Power of one device.")]
public readonly record struct PowerDeviceRow(
    [Column("device object")] ulong Device,
    [Column("instance path, where it was traced")] string Instance,
    [Column("driver")] string Driver,
    [Column("power requests")] int Requests,
    [Column("not completed")] int NeverCompleted,
    [Column("time of its requests", "ns")] long Total,
    [Column("longest", "ns")] long Max,
    [Column("changes of its state")] int Changes,
    [Column("its last state: D0 to D3, or empty")] string State);

[TraceTable("power_requests", "Power requests and changes, in the order of time.")]
public readonly record struct PowerRequestRow(
    [Column("start of the request, or time of the change", "ns")] long Start,
    [Column("how long the request took, or waits at the end of the trace", "ns")] long? Duration,
    [Column("irp or state")] string Kind,
    [Column("device object")] ulong Device,
    [Column("instance path")] string Instance,
    [Column("driver")] string Driver,
    [Column("state before")] string From,
    [Column("state asked for or reached")] string To,
    [Column("status; empty: not completed, or a change")] string Status);

/// <summary>Power requests by device, those that hang, and the changes of states.</summary>
public static class PowerAnalysis
{
    public static TraceReport Of(TraceTables tables)
    {
        var drivers = new Dictionary<ulong, string>();
        foreach (DeviceRow device in tables.Devices.Rows) drivers[device.Device] = device.Driver;
        PowerRow[] irps = [.. tables.Power.Rows.Where(IsRequest)];
        return new TraceReport
        {
            Name = "power",
            Summary = TraceReport.SummaryOf(new PowerSummaryRow(
                irps.Length, irps.Count(row => row.End is null), irps.Count(row => row.Status >= 0xC0000000), tables.Power.Count - irps.Length,
                irps.Max(row => row.Duration))),
            Sections =
            [
                ReportSection.Of("devices", "By device", tables.Power.Rows.GroupBy(row => row.Device).Select(group => new PowerDeviceRow(
                    group.Key, group.Select(row => row.Instance).FirstOrDefault(name => name.Length > 0, ""), drivers.GetValueOrDefault(group.Key, ""),
                    group.Count(IsRequest), group.Count(row => IsRequest(row) && row.End is null), group.Sum(row => row.Duration ?? 0),
                    group.Max(row => row.Duration) ?? 0, group.Count(row => !IsRequest(row)),
                    group.Where(row => !IsRequest(row) && !row.IsSystem).Select(row => StateOf(false, row.To)).LastOrDefault("")))
                    .OrderByDescending(row => row.NeverCompleted).ThenByDescending(row => row.Max).ThenBy(row => row.Device)),
                ReportSection.Of("never_completed", "Never completed", irps.Where(row => row.End is null).Select(Row)),
                ReportSection.Of("requests", "Requests and changes", tables.Power.Rows.OrderBy(row => row.Start).Select(Row)),
            ],
            Lacks = tables.Power.Count > 0 ? []
                : ["No power event is in the trace: none happened, or it was not recorded. In Windows the provider Microsoft-Windows-Kernel-Power has them; "
                    + "KdSim records them in its default profile (keyword power)."],
        };

        PowerRequestRow Row(PowerRow row) => new(
            row.Start, IsRequest(row) ? row.Duration ?? tables.End - row.Start : null, row.Kind, row.Device, row.Instance,
            drivers.GetValueOrDefault(row.Device, ""),
            StateOf(row.IsSystem, row.From), StateOf(row.IsSystem, row.To), row.Status is { } status ? IrpAnalysis.NameOf(status) : "");
    }

    static bool IsRequest(PowerRow row) => row.Kind == "irp";

    /// <summary>SYSTEM_POWER_STATE and DEVICE_POWER_STATE both begin with "unspecified", then S0 or D0.</summary>
    static string StateOf(bool isSystem, int? state) => state is null or 0 ? "" : $"{(isSystem ? 'S' : 'D')}{state - 1}";
}
