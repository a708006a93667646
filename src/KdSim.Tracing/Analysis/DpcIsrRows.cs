using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

[TraceTable("dpcisr_summary", "ISRs and DPCs of a trace.")]
public readonly record struct DpcIsrSummaryRow(
    [Column("length of the trace", "ns")] long Duration,
    [Column("processors")] int Processors,
    [Column("ISRs")] int Isrs,
    [Column("time in ISRs, with what interrupted them", "ns")] long IsrTime,
    [Column("the longest ISR", "ns")] long IsrMax,
    [Column("what an ISR should not exceed", "ns")] long IsrBudget,
    [Column("ISRs that exceed it")] int IsrsOverBudget,
    [Column("DPCs of all kinds")] int Dpcs,
    [Column("time in DPCs, with what interrupted them", "ns")] long DpcTime,
    [Column("the longest DPC", "ns")] long DpcMax,
    [Column("what a DPC should not exceed", "ns")] long DpcBudget,
    [Column("DPCs that exceed it")] int DpcsOverBudget,
    [Column("the longest way from the entry of an ISR to that of its DPC", "ns")] long? IsrToDpcMax);

[TraceTable("dpcisr_times", "Times of one routine, or of one module.")]
public readonly record struct RoutineTimesRow(
    [Column("isr, dpc, timer or threaded; of a module isr or dpc")] string Kind,
    [Column("processor; empty: all together")] int? Cpu,
    [Column("module")] string Module,
    [Column("function; empty: all of the module")] string Function,
    [Column("runs")] int Count,
    [Column("sum of the durations", "ns")] long Total,
    [Column("sum without what interrupted them", "ns")] long Exclusive,
    [Column("shortest", "ns")] long Min,
    [Column("longest", "ns")] long Max,
    [Column("mean", "ns")] long Mean,
    [Column("half of the runs took no longer", "ns")] long P50,
    [Column("90% of the runs", "ns")] long P90,
    [Column("99% of the runs", "ns")] long P99,
    [Column("99.9% of the runs", "ns")] long P999,
    [Column("runs that exceed the budget of their kind")] int OverBudget);

[TraceTable("dpcisr_histogram", "Runs by their length: classes double.")]
public readonly record struct HistogramRow(
    [Column("isr or dpc")] string Kind,
    [Column("module; empty: all")] string Module,
    [Column("longer than", "us")] long Above,
    [Column("and not longer than; empty: no bound", "us")] long? To,
    [Column("runs")] int Count);

[TraceTable("dpcisr_latency", "From the entry of an ISR to the entry of the DPC that it queued.")]
public readonly record struct LatencyRow(
    [Column("module of the ISR")] string IsrModule,
    [Column("the ISR")] string Isr,
    [Column("module of the DPC")] string DpcModule,
    [Column("the DPC")] string Dpc,
    [Column("pairs")] int Count,
    [Column("shortest", "ns")] long Min,
    [Column("longest", "ns")] long Max,
    [Column("mean", "ns")] long Mean,
    [Column("half of the pairs", "ns")] long P50,
    [Column("90% of the pairs", "ns")] long P90,
    [Column("99% of the pairs", "ns")] long P99,
    [Column("99.9% of the pairs", "ns")] long P999);

[TraceTable("dpcisr_over_budget", "Runs that took longer than they should.")]
public readonly record struct OverBudgetRow(
    [Column("isr, dpc, timer or threaded")] string Kind,
    [Column("entry", "ns")] long Start,
    [Column("from entry to exit", "ns")] long Duration,
    [Column("the duration without what interrupted it", "ns")] long Exclusive,
    [Column("budget of the kind", "ns")] long Budget,
    [Column("processor")] int Cpu,
    [Column("module")] string Module,
    [Column("function")] string Function);

[TraceTable("dpcisr_intervals", "Time in ISRs and DPCs by intervals of the trace.")]
public readonly record struct IntervalRow(
    [Column("start of the interval", "ns")] long Start,
    [Column("its end", "ns")] long End,
    [Column("processor")] int Cpu,
    [Column("time in DPCs", "ns")] long Dpc,
    [Column("time in ISRs", "ns")] long Isr);
