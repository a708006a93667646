using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;
using KdSim.Nt;

namespace TraceExts;

/// <summary><c>!irql</c> from events.</summary>
[Command("!irql", "!irql [processor]", "Show the IRQL of a processor, as far as the trace tells", Example = "!irql")]
public sealed class IrqlFromEvents : EventStateCommand
{
    protected override IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session, IEventState state)
    {
        int processor = arguments.Values.Count > 0 ? (int)session.Evaluate(arguments.Values[0]) : session.CurrentProcessor;
        if ((uint)processor >= (uint)state.Processors.Count) throw new CommandException($"There is no processor {processor}");
        byte? level = state.Processors[processor].Irql;
        yield return new Line($"IRQL of processor 0x{processor:x} -- {(level is { } known ? $"{known} ({Irql.Name(known)})" : "?")}");
        if (level is null)
            foreach (string gap in state.Gaps)
                yield return new Line($"  ? {gap}");
    }
}

/// <summary><c>!running</c> from events.</summary>
[Command("!running", "!running", "Show what runs on each processor, as far as the trace tells", Example = "!running")]
public sealed class RunningFromEvents : EventStateCommand
{
    protected override IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session, IEventState state)
    {
        yield return new Line("CPU  IRQL  Thread            Cid        Process          In");
        foreach (ProcessorActivity processor in state.Processors)
        {
            ThreadActivity? thread = state.Threads.FirstOrDefault(each => each.Thread == processor.Thread);
            var cells = new List<Node>
            {
                $"{processor.Processor,3}  {(processor.Irql is { } level ? $"{level,4}" : "   ?")}  ",
                Known(processor.Thread is 0 ? 0 : thread?.Object ?? 0, "!thread"),
                $"  {thread?.Process ?? 0,4:x4}.{processor.Thread?.ToString("x4") ?? "?",-4}  ",
                $"{(processor.Thread is 0 ? "Idle" : thread?.ProcessName ?? "?"),-15}  ",
            };
            foreach (RunningRoutine running in processor.Routines)
            {
                cells.Add($"{running.Kind} ");
                cells.Add(Code(session, running.Routine));
                cells.Add($" since {Time(running.Since)}  ");
            }
            yield return new Line([.. cells]);
        }
    }
}

/// <summary><c>!dpcs</c> from events.</summary>
[Command("!dpcs", "!dpcs", "Show the DPCs that wait, as far as the trace tells", Example = "!dpcs")]
public sealed class DpcsFromEvents : EventStateCommand
{
    protected override IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session, IEventState state)
    {
        yield return new Line("CPU Type      KDPC       Function");
        foreach (QueuedDpc dpc in state.Dpcs)
            yield return new Line($"{dpc.Processor,2}: Normal  : 0x{dpc.Dpc:x16} ", Code(session, dpc.Routine),
                dpc.Routine == 0 ? "  ? no event has named the routine of this KDPC yet" : "");
        if (state.Dpcs.Count == 0)
            yield return new Line("No queued DPC is known");
    }
}

/// <summary><c>!thread</c> from events.</summary>
[Command("!thread", "!thread [address|id]", "Show a thread or all, as far as the trace tells", Example = "!thread")]
public sealed class ThreadFromEvents : EventStateCommand
{
    protected override IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session, IEventState state)
    {
        ulong? wanted = Address(arguments, session);
        List<ThreadActivity> threads = [.. state.Threads.Where(thread => wanted is null || thread.Object == wanted || thread.Thread == wanted)];
        if (threads.Count == 0) throw new CommandException($"The trace has no thread {wanted:x} here");
        foreach (ThreadActivity thread in threads)
        {
            yield return new Line("THREAD ", Known(thread.Object, "!thread"),
                $"  Cid {thread.Process:x4}.{thread.Thread:x4}  {thread.ProcessName}  {thread.State}");
            if (wanted is null) continue;
            yield return new Line("    Start address ", Code(session, thread.StartAddress));
            foreach (RequestActivity request in state.Requests.Where(request => request.Thread == thread.Thread && request.Completed is null))
                yield return new Line("    IRP ", Known(request.Irp, "!irp"));
            yield return new Line("    ? stack, priority and wait objects are not in a trace");
        }
    }
}
