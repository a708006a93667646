using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Ke;

/// <summary><c>!irql</c>: the level that a processor was at before the debugger stopped it.</summary>
[Command("!irql", "!irql [processor]", "Show the IRQL of a processor", Example = "!irql")]
[Reads("nt!_KPRCB", "nt!KiProcessorBlock")]
public sealed class IrqlCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        int processor = Processors.Chosen(session, arguments);
        byte irql = Processors.Irql(session, processor);
        yield return new Line($"Debugger saved IRQL for processor 0x{processor:x} -- {irql} ({Irql.Name(irql)})");
    }
}

/// <summary><c>!dpcs</c>: DPCs that wait in the queues of the processors.</summary>
[Command("!dpcs", "!dpcs [processor]", "Show the DPC queues", Example = "!dpcs")]
[Reads("nt!_KPRCB", "nt!_KDPC", "nt!_KDPC_DATA", "nt!KiProcessorBlock")]
public sealed class DpcsCommand : WordCommand
{
    const int Most = 4096;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        int first = 0, last = session.Target.ProcessorCount - 1;
        if (arguments.Has(0))
            first = last = Processors.Chosen(session, arguments);
        yield return new Line("CPU Type      KDPC       Function");
        bool any = false;
        for (int processor = first; processor <= last; processor++)
        {
            StructureValue prcb = Processors.Prcb(session, processor);
            foreach ((string kind, int queue) in (IEnumerable<(string, int)>)[("Normal  ", 0), ("Threaded", 1)])
                foreach ((ulong address, ulong routine) in Queue(session, prcb, queue))
                {
                    any = true;
                    yield return new Line($"{processor,2}: {kind}: ", new Link($"0x{address:x16}", $"dt nt!_KDPC {address:x16}"), $" 0x{routine:x16} ",
                        Say.Code(session, routine));
                }
        }
        if (!any)
            yield return new Line(first == last && arguments.Has(0) ? $"The DPC queues of processor {first} are empty" : "All DPC queues are empty");
    }

    /// <summary>The list is single: each KDPC's first link points to the next one's.</summary>
    internal static IEnumerable<(ulong Address, ulong Routine)> Queue(IDebugSession session, StructureValue prcb, int queue)
    {
        StructureLayout dpc = session.Types["nt!_KDPC"];
        uint link = dpc.OffsetOf("DpcListEntry");
        ulong at = prcb[$"DpcData[{queue}].DpcList.ListHead.Next"];
        HashSet<ulong> seen = [];
        while (at != 0 && seen.Count < Most && seen.Add(at) && dpc.TryRead(at - link) is { IsComplete: true } read)
        {
            yield return (at - link, read["DeferredRoutine"]);
            at = read["DpcListEntry.Flink"];
        }
    }
}
