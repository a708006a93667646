using KdSim.Tracing.Export;
using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

[TraceTable("locks_summary", "Spin locks of a trace.")]
public readonly record struct LockSummaryRow(
    [Column("recorded acquisitions")] int Acquisitions,
    [Column("of them, such that had to wait")] int Contended,
    [Column("locks")] int Locks,
    [Column("cycles of all waits")] long WaitCycles,
    [Column("turns of the loop of all waits")] long Spins,
    [Column("longest time that a lock was held", "ns")] long HeldMax,
    [Column("what a lock should not be held longer than", "ns")] long Budget,
    [Column("acquisitions that held it longer")] int OverBudget);

[TraceTable("locks_locks", "One lock.")]
public readonly record struct LockTotalRow(
    [Column("address")] ulong Lock,
    [Column("recorded acquisitions")] int Acquisitions,
    [Column("of them, such that had to wait")] int Contended,
    [Column("cycles of the waits")] long WaitCycles,
    [Column("longest wait in cycles")] long WaitCyclesMax,
    [Column("sum of the times it was held", "ns")] long Held,
    [Column("longest", "ns")] long HeldMax,
    [Column("acquisitions that held it longer than the budget")] int OverBudget,
    [Column("processors that took it")] int Cpus);

[TraceTable("locks_callers", "Who takes a lock.")]
public readonly record struct LockCallerRow(
    [Column("address of the lock")] ulong Lock,
    [Column("module of the caller")] string Module,
    [Column("function of the caller")] string Function,
    [Column("recorded acquisitions")] int Acquisitions,
    [Column("cycles it waited")] long WaitCycles,
    [Column("how long it held the lock, sum", "ns")] long Held,
    [Column("longest", "ns")] long HeldMax);

[TraceTable("locks_waits", "Waits for a lock: who waited, who held it.")]
public readonly record struct LockWaitRow(
    [Column("when the lock was got", "ns")] long Acquired,
    [Column("address of the lock")] ulong Lock,
    [Column("processor that waited")] int Cpu,
    [Column("thread that waited")] long Thread,
    [Column("who waited")] string Waiter,
    [Column("cycles")] long WaitCycles,
    [Column("turns of the loop")] long Spins,
    [Column("who held it before, where that acquisition was recorded")] string Holder,
    [Column("its processor", "")] int? HolderCpu,
    [Column("how long it held the lock", "ns")] long? HolderHeld,
    [Column("what other processors ran when the wait ended: ISR, DPC or thread")] string Elsewhere);

/// <summary>Contention of spin locks: the waits, the longest first, and totals by lock and caller.</summary>
public static class LockAnalysis
{
    /// <summary>What the documentation of spin locks recommends.</summary>
    const long Budget = 25_000;

    const int MostWaits = 50;

    public static TraceReport Of(TraceTables tables)
    {
        IReadOnlyList<LockRow> rows = tables.Locks.Rows;
        return new TraceReport
        {
            Name = "locks",
            Summary = TraceReport.SummaryOf(new LockSummaryRow(
                rows.Count, rows.Count(IsContended), rows.Select(row => row.Lock).Distinct().Count(), rows.Sum(row => row.WaitCycles),
                rows.Sum(row => row.Spins), rows.Count == 0 ? 0 : rows.Max(row => row.Held), Budget, rows.Count(row => row.Held > Budget))),
            Sections =
            [
                ReportSection.Of("locks", "By lock", rows.GroupBy(row => row.Lock).Select(group => new LockTotalRow(
                    group.Key, group.Count(), group.Count(IsContended), group.Sum(row => row.WaitCycles), group.Max(row => row.WaitCycles),
                    group.Sum(row => row.Held), group.Max(row => row.Held), group.Count(row => row.Held > Budget),
                    group.Select(row => row.Cpu).Distinct().Count()))
                    .OrderByDescending(row => row.WaitCycles).ThenBy(row => row.Lock)),
                ReportSection.Of("callers", "By lock and caller", rows.GroupBy(row => (row.Lock, row.Module, row.Function)).Select(group => new LockCallerRow(
                    group.Key.Lock, group.Key.Module, group.Key.Function, group.Count(), group.Sum(row => row.WaitCycles), group.Sum(row => row.Held),
                    group.Max(row => row.Held)))
                    .OrderByDescending(row => row.WaitCycles).ThenBy(row => row.Lock).ThenBy(row => row.Function, StringComparer.Ordinal)),
                ReportSection.Of("waits", "Longest waits", Waits(tables)),
            ],
            Lacks = rows.Count > 0
                ? ["A lock that was got without waiting leaves no event: the holder is named where it had waited itself."]
                : ["No spin lock is in the trace. KdSim records those that a processor waited for; in Windows the kernel flag SPINLOCK samples them."],
        };
    }

    static bool IsContended(LockRow row) => row.WaitCycles > 0 || row.Spins > 0;

    static IEnumerable<LockWaitRow> Waits(TraceTables tables)
    {
        ILookup<ulong, LockRow> byLock = tables.Locks.Rows.ToLookup(row => row.Lock);
        return tables.Locks.Rows.Where(IsContended).OrderByDescending(row => row.WaitCycles).ThenBy(row => row.Acquired).Take(MostWaits).Select(wait =>
        {
            LockRow[] before = [.. byLock[wait.Lock].Where(row => row.Cpu != wait.Cpu && row.Acquired < wait.Acquired && row.Released <= wait.Acquired)
                .OrderByDescending(row => row.Released).Take(1)];
            return new LockWaitRow(
                wait.Acquired, wait.Lock, wait.Cpu, wait.Thread, Timeline.Qualified(wait.Module, wait.Function), wait.WaitCycles, wait.Spins,
                before.Length == 0 ? "" : Timeline.Qualified(before[0].Module, before[0].Function), before.Length == 0 ? null : before[0].Cpu,
                before.Length == 0 ? null : before[0].Held, Elsewhere(tables, wait.Cpu, wait.Acquired));
        });
    }

    /// <summary>What other processors ran just before a time: the innermost ISR or DPC, else the thread.</summary>
    static string Elsewhere(TraceTables tables, int notOn, long time)
    {
        List<string> found = [];
        for (int cpu = 0; cpu < tables.Processors; cpu++)
        {
            if (cpu == notOn) continue;
            string? running = tables.Isr.Rows.Where(row => row.Cpu == cpu && row.Start < time && time <= row.End)
                .OrderByDescending(row => row.Start).Select(row => $"ISR {Timeline.Qualified(row.Module, row.Function)}").FirstOrDefault()
                ?? tables.Dpc.Rows.Where(row => row.Cpu == cpu && row.Start < time && time <= row.End)
                    .OrderByDescending(row => row.Start).Select(row => $"DPC {Timeline.Qualified(row.Module, row.Function)}").FirstOrDefault()
                ?? tables.Switches.Rows.Where(row => row.Cpu == cpu && row.Time < time)
                    .Select(row => $"thread {row.NewThread}").LastOrDefault();
            if (running is not null) found.Add($"CPU {cpu}: {running}");
        }
        return string.Join("; ", found);
    }
}
