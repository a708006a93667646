using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ke;

/// <summary><c>!timer</c>: the timers of the system, or one.</summary>
[Command("!timer", "!timer [address]", "Show the system's timers", Example = "!timer")]
[Reads("nt!_KPRCB", "nt!_KTIMER", "nt!_KTIMER_TABLE", "nt!_KTIMER_TABLE_ENTRY", "nt!_KDPC", "nt!_KWAIT_BLOCK", "nt!_KUSER_SHARED_DATA")]
public sealed class TimerCommand : WordCommand
{
    const int MostInList = 4096;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong now = Clock.InterruptTime(session), date = Clock.SystemTime(session);
        if (arguments.Has(0))
        {
            ulong address = arguments.Address(session);
            if (session.Types["nt!_KTIMER"].TryRead(address) is not { IsComplete: true } timer || (timer["Header.Type"] & 0x7f) is not (8 or 9))
            {
                yield return new Error($"{address:x16}: is not a timer");
                yield break;
            }
            yield return Row(session, timer, 0, now, date);
            yield break;
        }
        yield return new Line("Dump system timers");
        yield return new Line("");
        yield return new Line($"Interrupt time: {(uint)now:x8} {now >> 32:x8} [{Clock.Date(date)}]");
        yield return new Line("");
        int total = 0, longest = 0;
        for (int processor = 0; processor < session.Target.ProcessorCount; processor++)
        {
            StructureValue prcb = Processors.Prcb(session, processor);
            ulong table = prcb.AddressOf("TimerTable");
            yield return new Line($"PROCESSOR {processor} (nt!_KTIMER_TABLE {table:x16})");
            yield return new Line("List Timer             Interrupt Low/High Fire Time              DPC/thread");
            int entries = (int)Math.Min(prcb.Layout.Field("TimerTable.TimerEntries").Type.Count, 256);
            for (int list = 0; list < entries; list++)
            {
                int count = 0;
                StructureLayout type = session.Types["nt!_KTIMER"];
                ulong head = prcb.AddressOf($"TimerTable.TimerEntries[{list}].Entry");
                foreach (StructureValue timer in type.List(head, "TimerListEntry", MostInList))
                {
                    count++;
                    yield return Row(session, timer, list, now, date);
                }
                total += count;
                longest = Math.Max(longest, count);
            }
        }
        yield return new Line("");
        yield return new Line("");
        yield return new Line($"Total Timers: {total}, Maximum List: {longest}");
        yield return new Line($"Current Hand: {now >> 18 & 0xff}");
    }

    static Line Row(IDebugSession session, StructureValue timer, int list, ulong now, ulong date)
    {
        ulong due = timer["DueTime.QuadPart"];
        string fires = Clock.Date(due == 0 || due > now + 0x2000_0000_0000_0000 ? ulong.MaxValue : date + (due - now));
        string periodic = timer["Period"] != 0 ? "P" : " ";
        List<Node> cells = [$"{list,3} ", Say.Linked(timer.Address, "!timer"), $" {periodic}  {(uint)due:x8} {due >> 32:x8} [{fires}]  "];
        if (timer["Dpc"] is var dpc and not 0)
            cells.AddRange(session.Types["nt!_KDPC"].TryRead(dpc) is { IsComplete: true } read
                ? [Say.Code(session, read["DeferredRoutine"]), $" (DPC @ {dpc:x16})"]
                : (IEnumerable<Node>)[$"(DPC @ {dpc:x16}, which cannot be read)"]);
        else
            foreach (StructureValue block in session.Types["nt!_KWAIT_BLOCK"].List(timer.AddressOf("Header.WaitListHead"), "WaitListEntry", 8))
                cells.AddRange(["thread ", Say.Linked(block["Thread"], "!thread"), " "]);
        return new Line(cells);
    }
}
