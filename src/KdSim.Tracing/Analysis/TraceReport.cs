using System.Collections.Immutable;
using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

/// <summary>A part of a report: rows of one type, which declares the columns.</summary>
/// <param name="Name">Its key in JSON.</param>
/// <param name="Title">Its heading in text.</param>
/// <param name="Table">The rows, in the order of importance.</param>
public sealed record ReportSection(string Name, string Title, ITraceTable Table)
{
    internal static ReportSection Of<TRow>(string name, string title, IEnumerable<TRow> rows) where TRow : struct
    {
        var table = new TraceTable<TRow>();
        foreach (TRow row in rows) table.Add(row);
        return new ReportSection(name, title, table);
    }
}

/// <summary>What an analysis found in a trace: a summary of one row, sections of many, and what the trace lacks.</summary>
public sealed class TraceReport
{
    public required string Name { get; init; }

    public required ReportSection Summary { get; init; }

    public required ImmutableArray<ReportSection> Sections { get; init; }

    /// <summary>Sentences: which events are not in the trace, and how they are recorded.</summary>
    public ImmutableArray<string> Lacks { get; init; } = [];

    /// <summary>Text that stands before the sections, in the layout of another tool; the sections that it shows are in <see cref="ShownByText"/>.</summary>
    public string Text { get; init; } = "";

    public ImmutableArray<string> ShownByText { get; init; } = [];

    internal static ReportSection SummaryOf<TRow>(TRow row) where TRow : struct => ReportSection.Of("summary", "Summary", [row]);
}

/// <summary>An analysis, as `kdsim trace NAME` offers it.</summary>
public sealed record TraceAnalysis(string Name, string Description, Func<TraceTables, TraceReport> Run)
{
    public static ImmutableArray<TraceAnalysis> All { get; } =
    [
        new("dpcisr", "times of ISRs and DPCs, as xperf -a dpcisr shows them, and more", DpcIsrAnalysis.Of),
        new("irps", "requests: their lives, the time in each driver, failures, what never completed", IrpAnalysis.Of),
        new("cpu", "what processors did: IRQL residency, and who kept it high", CpuAnalysis.Of),
        new("locks", "spin locks that processors waited for, and who held them", LockAnalysis.Of),
        new("pnp", "phases of device nodes from arrival to start", PnpAnalysis.Of),
        new("power", "power requests and transitions", PowerAnalysis.Of),
        new("threads", "how long threads ran, were ready and waited", ThreadAnalysis.Of),
    ];
}
