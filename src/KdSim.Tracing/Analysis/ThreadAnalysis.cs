using KdSim.Nt;
using KdSim.Tracing.Tables;

namespace KdSim.Tracing.Analysis;

[TraceTable("threads_summary", "Threads of a trace.")]
public readonly record struct ThreadSummaryRow(
    [Column("length of the trace", "ns")] long Duration,
    [Column("threads")] int Threads,
    [Column("context switches")] int Switches,
    [Column("longest time from readying to running", "ns")] long? ReadyMax);

[TraceTable("threads_threads", "One thread.")]
public readonly record struct ThreadTimesRow(
    [Column("thread id")] long Thread,
    [Column("process id")] long Process,
    [Column("image of the process")] string ProcessName,
    [Column("name of the thread")] string Name,
    [Column("running", "ns")] long Running,
    [Column("ready, where readying was traced", "ns")] long Ready,
    [Column("the rest of its life in the trace: waiting, or not seen", "ns")] long Waiting,
    [Column("of its life in the trace", "%")] double RunningPercent,
    [Column("times it was switched to")] int Switches,
    [Column("times it was preempted: switched away from while it could run")] int Preempted,
    [Column("longest run", "ns")] long RunMax,
    [Column("longest time ready", "ns")] long ReadyMax,
    [Column("KWAIT_REASON of most of its waits")] string WaitReason);

/// <summary>How long each thread ran, was ready and waited.</summary>
public static class ThreadAnalysis
{
    public static TraceReport Of(TraceTables tables)
    {
        var processes = new Dictionary<long, string>();
        foreach (ProcessRow process in tables.Processes.Rows) processes[process.Process] = process.Name;
        ILookup<long, SwitchRow> away = tables.Switches.Rows.ToLookup(row => row.OldThread), to = tables.Switches.Rows.ToLookup(row => row.NewThread);
        return new TraceReport
        {
            Name = "threads",
            Summary = TraceReport.SummaryOf(new ThreadSummaryRow(
                tables.End - tables.Start, tables.Threads.Count, tables.Switches.Count, tables.Switches.Rows.Max(row => row.ReadyFor))),
            Sections =
            [
                ReportSection.Of("threads", "Threads", tables.Threads.Rows.Select(Row)
                    .OrderByDescending(row => row.Running).ThenBy(row => row.Thread)),
                ReportSection.Of("longest_ready", "Longest times from readying to running", tables.Switches.Rows.Where(row => row.ReadyFor > 0)
                    .OrderByDescending(row => row.ReadyFor).ThenBy(row => row.Time).Take(20)),
            ],
            Lacks = tables.Switches.Count > 0 ? []
                : ["No context switch is in the trace. In Windows the kernel flags CSWITCH and DISPATCHER record them; KdSim does in its default profile."],
        };

        ThreadTimesRow Row(ThreadRow thread)
        {
            // Ids are used again: only switches of this life count.
            long from = thread.Start ?? tables.Start, end = thread.End ?? tables.End, life = Math.Max(0, end - from);
            SwitchRow[] left = [.. away[thread.Thread].Where(InLife)], got = [.. to[thread.Thread].Where(InLife)];
            string reason = left.Where(row => (KTHREAD_STATE)row.OldState == KTHREAD_STATE.Waiting).GroupBy(row => row.OldWaitReason)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key).Select(group => ((KWAIT_REASON)group.Key).ToString()).FirstOrDefault("");
            // The idle threads of all processors share the id 0: their life is that of each.
            if (thread.Thread == 0) life *= Math.Max(1, tables.Processors);
            return new ThreadTimesRow(
                thread.Thread, thread.Process, processes.GetValueOrDefault(thread.Process, ""), thread.Name, thread.Running, thread.Ready,
                Math.Max(0, life - thread.Running - thread.Ready), life == 0 ? 0 : Math.Round(100.0 * thread.Running / life, 2), got.Length,
                left.Count(row => (KTHREAD_STATE)row.OldState is KTHREAD_STATE.Ready or KTHREAD_STATE.Standby or KTHREAD_STATE.DeferredReady),
                left.Max(row => row.Ran) ?? 0, got.Max(row => row.ReadyFor) ?? 0, reason);

            bool InLife(SwitchRow row) => row.Time >= from && row.Time <= end;
        }
    }
}
