using KdExts.Ps;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ex;

/// <summary><c>!exqueue</c>: work items that wait for the system's worker threads, and those threads.</summary>
[Command("!exqueue", "!exqueue [flags]", "Show the executive's work queues (1 threads, 2 their stacks, 4 with one line a thread)", Example = "!exqueue")]
[Reads("nt!_KQUEUE", "nt!_WORK_QUEUE_ITEM", "nt!_IO_WORKITEM", "nt!_ETHREAD", "nt!ExWorkerQueue")]
public sealed class WorkQueueCommand : WordCommand
{
    const int Most = 4096;
    const ulong Threads = 1, Stacks = 2;

    static readonly string[] Names = ["Critical", "Delayed", "HyperCritical"];

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong flags = arguments.Value(session, 0), at = session.AddressOf("nt!ExWorkerQueue");
        StructureLayout type = session.Types["nt!_KQUEUE"];
        yield return new Line("Dumping ExWorkerQueue:");
        for (int i = 0; i < Names.Length; i++)
        {
            yield return new Line("");
            StructureValue queue = type.Read(at + (ulong)i * type.Size);
            yield return new Line($"**** {Names[i]}WorkQueue ", new Link($"{queue.Address:x16}", $"dt nt!_KQUEUE {queue.Address:x16}"),
                $" ( current = {queue["CurrentCount"]} maximum = {queue["MaximumCount"]} )");
            int pending = 0;
            foreach (StructureValue item in session.Types["nt!_WORK_QUEUE_ITEM"].List(queue.AddressOf("EntryListHead"), "List", Most))
            {
                pending++;
                yield return Item(session, item);
            }
            if (pending == 0)
                yield return new Line("No pending work items");
            List<StructureValue> threads = [.. session.Types["nt!_ETHREAD"].List(queue.AddressOf("ThreadListHead"), "Tcb.QueueListEntry", Most)];
            yield return new Line($"Threads of the queue: {threads.Count}");
            if ((flags & (Threads | Stacks)) != 0)
                foreach (StructureValue thread in threads)
                    foreach (Node node in ThreadText.Show(session, thread, (flags & Stacks) != 0 ? 6UL : 2, "    "))
                        yield return node;
        }
    }

    static Line Item(IDebugSession session, StructureValue item)
    {
        ulong routine = item["WorkerRoutine"];
        List<Node> cells = [$"PENDING: {(session.SymbolAt(routine).EndsWith("IopProcessWorkItem", StringComparison.Ordinal) ? "IoWorkItem" : "ExWorkItem")} (",
            new Link($"{item.Address:x16}", $"dt nt!_WORK_QUEUE_ITEM {item.Address:x16}"), ") Routine "];
        StructureLayout io = session.Types["nt!_IO_WORKITEM"];
        // A driver's item wraps one of the executive's, with nt's own routine in front of the driver's.
        if (session.SymbolAt(routine).EndsWith("IopProcessWorkItem", StringComparison.Ordinal) &&
            io.TryRead(item.Address - io.OffsetOf("WorkItem")) is { IsComplete: true } wrapped)
            cells.AddRange([Say.Code(session, wrapped["Routine"]), $" ({wrapped["Routine"]:x16}) IoObject ", Say.Linked(wrapped["IoObject"], "!object"),
                $" Context {wrapped["Context"]:x16}"]);
        else
            cells.AddRange([Say.Code(session, routine), $" ({routine:x16}) Parameter {item["Parameter"]:x16}"]);
        return new Line(cells);
    }
}
