using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdExts.Ke;

/// <summary><c>!idt</c>: interrupt vectors with the routines that drivers connected.</summary>
[Command("!idt", "!idt [vector|-a]", "Show the interrupt descriptor table (-a: all vectors)", Example = "!idt")]
[Reads("nt!_KPRCB", "nt!_KPCR", "nt!_KINTERRUPT", "nt!_KIDTENTRY64")]
public sealed class IdtCommand : WordCommand
{
    const int Vectors = 256;
    const int FirstHardware = 0x30;
    const int MostShared = 64;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        int processor = session.CurrentProcessor;
        StructureValue prcb = Processors.Prcb(session, processor);
        ulong idt = Table(session, processor, prcb);
        yield return new Line("");
        yield return new Line($"Dumping IDT: {idt:x16}");
        yield return new Line("");
        bool all = arguments.HasSwitch("a");
        ulong wanted = arguments.Value(session, 0, ulong.MaxValue);
        IReadOnlyList<ulong> objects = prcb.Array("InterruptObject");
        for (int vector = 0; vector < Vectors; vector++)
        {
            if (arguments.Has(0) && wanted != (ulong)vector)
                continue;
            ulong interrupt = vector < objects.Count ? objects[vector] : 0;
            if (interrupt == 0 && !all && !arguments.Has(0) && vector >= FirstHardware)
                continue;
            if (interrupt == 0)
            {
                if ((all || arguments.Has(0) || vector < FirstHardware) && Handler(session, idt, vector) is var handler and not 0)
                    yield return new Line($"{vector:x2}:\t{handler:x16} ", Say.Code(session, handler));
                continue;
            }
            foreach (Node node in Connected(session, vector, interrupt))
                yield return node;
        }
    }

    static ulong Table(IDebugSession session, int processor, StructureValue prcb)
    {
        if (session.Target.TryGetContext(processor, out ProcessorContext context) && context.Control is { IdtBase: not 0 } control)
            return control.IdtBase;
        StructureLayout pcr = session.Types["nt!_KPCR"];
        return session.TryReadPointer(prcb.Address - pcr.OffsetOf("Prcb") + pcr.OffsetOf("IdtBase"), out ulong table) ? table : 0;
    }

    static ulong Handler(IDebugSession session, ulong idt, int vector)
    {
        StructureLayout type = session.Types["nt!_KIDTENTRY64"];
        if (type.TryRead(idt + (ulong)vector * type.Size) is not { IsComplete: true } entry || entry["Present"] == 0)
            return 0;
        return entry["OffsetLow"] | entry["OffsetMiddle"] << 16 | entry["OffsetHigh"] << 32;
    }

    static IEnumerable<Node> Connected(IDebugSession session, int vector, ulong first)
    {
        StructureLayout type = session.Types["nt!_KINTERRUPT"];
        if (type.TryRead(first) is not { IsComplete: true } interrupt)
        {
            yield return new Line($"{vector:x2}:\t*** ERROR: the interrupt object {first:x16} cannot be read");
            yield break;
        }
        yield return Row($"{vector:x2}:\t{Service(interrupt):x16} ", session, interrupt);
        ulong head = interrupt.AddressOf("InterruptListEntry");
        foreach (StructureValue shared in type.List(head, "InterruptListEntry", MostShared))
            yield return Row("\t                 ", session, shared);
    }

    static ulong Service(StructureValue interrupt) =>
        interrupt["MessageServiceRoutine"] is var message and not 0 ? message : interrupt["ServiceRoutine"];

    static Line Row(string label, IDebugSession session, StructureValue interrupt) =>
        new(label, Say.Code(session, Service(interrupt)), " (KINTERRUPT ",
            new Link($"{interrupt.Address:x16}", $"dt nt!_KINTERRUPT {interrupt.Address:x16}"), ")");
}
