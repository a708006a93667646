using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ke;

/// <summary><c>!prcb</c>: a processor's control block.</summary>
[Command("!prcb", "!prcb [processor]", "Show a processor control block", Example = "!prcb")]
[Reads("nt!_KPRCB", "nt!KiProcessorBlock")]
public sealed class PrcbCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        int processor = Processors.Chosen(session, arguments);
        StructureValue prcb = Processors.Prcb(session, processor);
        yield return new Line($"PRCB for Processor {processor} at {prcb.Address:x16}:");
        yield return new Line($"Current IRQL -- {Processors.Irql(session, processor)}");
        yield return new Line("Threads--  Current ", Say.Linked(prcb["CurrentThread"], "!thread"), " Next ", Say.Linked(prcb["NextThread"], "!thread"),
            " Idle ", Say.Linked(prcb["IdleThread"], "!thread"));
        yield return new Line($"Processor Index {processor} Number ({prcb["Group"]}, {prcb["GroupIndex"]}) GroupSetMember {prcb["GroupSetMember"]:x}");
        yield return new Line($"Interrupt Count -- {prcb["InterruptCount"]:x8}");
        yield return new Line($"Times -- Dpc    {prcb["DpcTime"]:x8} Interrupt {prcb["InterruptTime"]:x8} ");
        yield return new Line($"         Kernel {prcb["KernelTime"]:x8} User      {prcb["UserTime"]:x8} ");
    }
}

/// <summary><c>!pcr</c>: a processor's control region.</summary>
[Command("!pcr", "!pcr [processor]", "Show a processor control region", Example = "!pcr")]
[Reads("nt!_KPCR", "nt!_KPRCB", "nt!KiProcessorBlock")]
public sealed class PcrCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        int processor = Processors.Chosen(session, arguments);
        StructureLayout type = session.Types["nt!_KPCR"];
        StructureValue pcr = type.Read(Processors.PrcbAddress(session, processor) - type.OffsetOf("Prcb"));
        yield return new Line($"KPCR for Processor {processor} at {pcr.Address:x16}:");
        yield return new Line($"    Major {pcr["MajorVersion"]} Minor {pcr["MinorVersion"]}");
        foreach ((string label, string field) in (IEnumerable<(string, string)>)[("SelfPcr", "Self"), ("Prcb", "CurrentPrcb"), ("Irql", "Irql"),
            ("IDT", "IdtBase"), ("GDT", "GdtBase"), ("TSS", "TssBase")])
            yield return new Line($"{label + ":",24} {pcr[field]:x16}");
        yield return new Line("");
        foreach ((string label, string field) in (IEnumerable<(string, string)>)[("CurrentThread", "CurrentThread"), ("NextThread", "NextThread"),
            ("IdleThread", "IdleThread")])
            yield return new Line($"{label + ":",24} ", Say.Linked(pcr["Prcb." + field], "!thread"));
        yield return new Line("");
        yield return new Line($"{"DpcQueue:",24} ");
        foreach ((ulong address, ulong routine) in DpcsCommand.Queue(session, Processors.Prcb(session, processor), 0))
            yield return new Line($"{"",25}{address:x16} ", Say.Code(session, routine));
    }
}

/// <summary><c>!ready</c>: threads that are ready to run, by priority.</summary>
[Command("!ready", "!ready [flags]", "Show the threads that are ready to run", Example = "!ready")]
[Reads("nt!_KPRCB", "nt!_ETHREAD", "nt!KiProcessorBlock")]
public sealed class ReadyCommand : WordCommand
{
    const int Most = 4096;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong flags = arguments.Value(session, 0);
        for (int processor = 0; processor < session.Target.ProcessorCount; processor++)
        {
            StructureValue prcb = Processors.Prcb(session, processor);
            bool any = false;
            int priorities = (int)Math.Min(prcb.Layout.Field("DispatcherReadyListHead").Type.Count, 32);
            for (int priority = priorities - 1; priority >= 0; priority--)
            {
                ulong head = prcb.AddressOf($"DispatcherReadyListHead[{priority}]");
                List<StructureValue> threads = [.. session.Types["nt!_ETHREAD"].List(head, "Tcb.WaitListEntry", Most)];
                if (threads.Count == 0)
                    continue;
                any = true;
                yield return new Line($"Processor {processor}: Ready Threads at priority {priority}");
                foreach (StructureValue thread in threads)
                    foreach (Node node in Ps.ThreadText.Show(session, thread, flags, "    "))
                        yield return node;
            }
            if (!any)
                yield return new Line($"Processor {processor}: No threads in READY state");
        }
    }
}
