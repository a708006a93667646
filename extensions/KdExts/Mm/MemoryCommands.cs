using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Mm;

/// <summary><c>!vm</c>: how much memory is in use, as far as nt keeps count.</summary>
[Command("!vm", "!vm [flags]", "Show the use of virtual memory (1: without processes)", Example = "!vm")]
[Reads("nt!_POOL_TRACKER_TABLE", "nt!PoolTrackTable", "nt!PoolTrackTableSize", "nt!MmNonPagedPoolStart", "nt!MmNonPagedPoolEnd",
    "nt!MmPagedPoolStart", "nt!MmPagedPoolEnd", "nt!_EPROCESS", "nt!PsActiveProcessHead")]
public sealed class VirtualMemoryCommand : WordCommand
{
    const ulong WithoutProcesses = 1;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        PoolReader pool = new(session);
        List<StructureValue> rows = [.. PoolUsedCommand.Rows(session)];
        foreach (bool paged in (IEnumerable<bool>)[false, true])
        {
            string name = paged ? "PagedPool" : "NonPagedPool", field = paged ? "PagedBytes" : "NonPagedBytes";
            ulong used = rows.Aggregate(0UL, (sum, row) => sum + row[field]);
            (ulong start, ulong end) = pool.Range(paged);
            yield return Row($"{name} Usage:", used);
            yield return Row($"{name} Maximum:", end - start);
        }
        yield return new Line("Physical memory, commit and page files: this kernel's symbols have no counts of them");
        if ((arguments.Value(session, 0) & WithoutProcesses) != 0)
            yield break;
        yield return new Line("");
        foreach (StructureValue process in ProcessNames.All(session))
            yield return Row($"{process["UniqueProcessId"]:x4} {ProcessNames.Image(process)}", process["VirtualSize"]);
    }

    static Line Row(string label, ulong bytes) => new($"{label,-24}{(bytes + 0xfff) / 0x1000,10} ({(bytes + 0x3ff) / 0x400,12} Kb)");
}

/// <summary><c>!address</c>: what an address belongs to.</summary>
[Command("!address", "!address address", "Show what an address of the kernel belongs to", Example = "!address @rsp")]
[Reads("nt!MmNonPagedPoolStart", "nt!MmPagedPoolStart", "nt!_ETHREAD", "nt!_EPROCESS", "nt!PsActiveProcessHead", "nt!_KPRCB",
    "nt!KiProcessorBlock", "nt!MmSystemRangeStart")]
public sealed class AddressCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session);
        (string usage, ulong start, ulong end, Node detail) = Owner(session, address);
        yield return new Line($"Usage:                  {usage}");
        if (end != 0)
        {
            yield return new Line($"Base Address:           {Addresses.Accent(start)}");
            yield return new Line($"End Address:            {Addresses.Accent(end)}");
            yield return new Line($"Region Size:            {Addresses.Accent(end - start)}");
        }
        if (detail is not Text { Value: "" })
            yield return new Line("VA Type:                ", detail);
        List<PageTableStep> steps = PageTableStep.Walk(session, PageTableStep.DirectoryBase(session), address);
        string page = steps[^1].IsValid ? $"valid, physical {PageTableStep.Translate(steps, address):x}" : $"not valid ({steps[^1].Name})";
        yield return new Line($"Page:                   {page}");
    }

    const ulong LargestStack = 0x6000;

    static (string Usage, ulong Start, ulong End, Node Detail) Owner(IDebugSession session, ulong address)
    {
        if (session.Target.Modules.FirstOrDefault(m => !m.Unloaded && m.Contains(address)) is { } module)
            return ("Image", module.Base, module.End, new Link(module.ImageName, $"lmv m {module.Name}"));
        PoolReader pool = new(session);
        if (pool.IsPaged(address) is { } paged)
        {
            (ulong start, ulong end) = pool.Range(paged);
            return (paged ? "PagedPool" : "NonPagedPool", start, end, new Link("pool block", $"!pool {address:x16} 2"));
        }
        foreach (StructureValue process in ProcessNames.All(session))
            foreach (StructureValue thread in ProcessNames.Threads(session, process))
                if (address >= thread["Tcb.StackLimit"] && address < thread["Tcb.StackBase"])
                    return ("Stack", thread["Tcb.StackLimit"], thread["Tcb.StackBase"],
                        new Link($"of thread {thread.Address:x16}", $"!thread {thread.Address:x16}"));
        for (int i = 0; i < session.Target.ProcessorCount; i++)
            foreach ((string field, string name) in (IEnumerable<(string, string)>)[("DpcStack", "DPC stack"), ("IsrStack", "ISR stack")])
                if (Processors.TryPrcb(session, i)?[field] is { } top and not 0 && address < top && address >= top - LargestStack)
                    return ("Stack", 0, 0, $"{name} of processor {i}");
        return address >= session.ReadPointer(session.AddressOf("nt!MmSystemRangeStart"))
            ? ("System", 0, 0, "") : ("User", 0, 0, new Link("of the current process", $"!process {session.CurrentProcess:x16}"));
    }
}
