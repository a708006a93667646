using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ps;

/// <summary><c>!findthreads</c>: threads that have to do with a request, a device, a thread or a process: by their requests and their stacks.</summary>
[Command("!findthreads", "!findthreads {-i irp | -d device | -t thread | -a address | -p process} [-v]",
    "Find the threads that have to do with an object (-v: with their stacks)", Example = "!findthreads -d @rcx")]
[Reads("nt!_ETHREAD", "nt!_EPROCESS", "nt!_IRP", "nt!_KWAIT_BLOCK", "nt!PsActiveProcessHead")]
public sealed class FindThreadsCommand : WordCommand
{
    const int MostStack = 0x6000;
    const int MostIrps = 512;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        string kind = arguments.Switches.FirstOrDefault(s => s is not "-v" and not "/v") ??
            throw new CommandException($"{arguments.Name}: one of -i -d -t -a -p is expected");
        if (kind[1..] is not ("i" or "d" or "t" or "a" or "p"))
            throw new CommandException($"{arguments.Name}: {kind} is not one of -i -d -t -a -p");
        ulong wanted = arguments.Address(session);
        int found = 0;
        foreach (StructureValue process in ProcessNames.All(session))
            foreach (StructureValue thread in ProcessNames.Threads(session, process))
            {
                if (Reason(session, thread, kind[1], wanted) is not { } reason)
                    continue;
                found++;
                yield return new Line("Thread ", Say.Linked(thread.Address, "!thread"), $" of {ProcessNames.Image(process)}: {reason}");
                if (!arguments.HasSwitch("v"))
                    continue;
                foreach (Node node in ThreadText.Show(session, thread, 6, "    "))
                    yield return node;
            }
        yield return new Line($"Found {found} thread{(found == 1 ? "" : "s")} matching the search criteria");
    }

    static string? Reason(IDebugSession session, StructureValue thread, char kind, ulong wanted)
    {
        if (thread.Address == wanted)
            return "is the thread";
        if (thread["Tcb.Process"] == wanted || thread["Tcb.ApcState.Process"] == wanted)
            return thread["Tcb.Process"] == wanted ? "belongs to the process" : "is attached to the process";
        if (kind == 'p')
            return null;
        foreach (StructureValue irp in session.Types["nt!_IRP"].List(thread.AddressOf("IrpList"), "ThreadListEntry", MostIrps))
            if (irp.Address == wanted || kind == 'd' && CurrentDevice(session, irp) == wanted)
                return irp.Address == wanted ? "issued the IRP" : $"issued IRP {irp.Address:x16}, which the device has";
        return OnStack(session, thread, wanted) is { } at ? $"its stack mentions it at {at:x16}" : null;
    }

    static ulong CurrentDevice(IDebugSession session, StructureValue irp) =>
        session.Types["nt!_IO_STACK_LOCATION"].TryRead(irp["Tail.Overlay.CurrentStackLocation"]) is { IsComplete: true } location
            ? location["DeviceObject"] : 0;

    static ulong? OnStack(IDebugSession session, StructureValue thread, ulong wanted)
    {
        ulong top = thread["Tcb.StackBase"], from = StackLines.RegistersOf(session, thread)?.Rsp & ~7UL ?? top;
        if (from >= top || top - from > MostStack)
            return null;
        byte[] bytes = new byte[top - from];
        int length = session.Read(from, bytes);
        for (int i = 0; i + 8 <= length; i += 8)
            if (BitConverter.ToUInt64(bytes, i) == wanted)
                return from + (ulong)i;
        return null;
    }
}
