using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Io;

/// <summary><c>!irpfind</c>: the IRPs of the system, found by their pool tag.</summary>
[Command("!irpfind", "!irpfind [-v] [pooltype [restart [criteria data]]]",
    "Find the I/O request packets of the system (arg, device, fileobject, mdlprocess, thread, userevent)", Example = "!irpfind")]
[Reads("nt!_IRP", "nt!_IO_STACK_LOCATION", "nt!_POOL_HEADER", "nt!_MDL")]
public sealed class IrpFindCommand : WordCommand
{
    const uint IrpTag = 0x20707249;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        PoolReader pool = new(session);
        bool paged = (arguments.Value(session, 0) & 1) != 0;
        ulong restart = arguments.Value(session, 1);
        string criteria = arguments.Has(2) ? arguments.Values[2].ToLowerInvariant() : "";
        if (criteria is not ("" or "arg" or "device" or "fileobject" or "mdlprocess" or "thread" or "userevent"))
            throw new CommandException($"!irpfind: '{criteria}' is not one of arg, device, fileobject, mdlprocess, thread, userevent");
        ulong wanted = criteria.Length > 0 ? arguments.Address(session, 3) : 0;
        yield return new Line("");
        yield return new Line("Scanning large pool allocation table for tag 0x20707249 (Irp )");
        (ulong start, ulong end) = pool.Range(paged);
        IEnumerable<ulong> found = pool.BigBlocks(paged).Where(b => b.Tag == IrpTag).Select(b => b.Address);
        yield return new Line("");
        yield return new Line($"Searching {(paged ? "Paged" : "NonPaged")} pool ({Math.Max(start, restart):x16} : {end:x16}) for Tag: Irp ");
        yield return new Line("");
        yield return new Line("Irp                [Thread]         irpStack: (Mj,Mn)   DevObj          [Driver]         MDL Process");
        ulong header = pool.HeaderSize;
        found = found.Concat(pool.Blocks(paged).Where(b => b.Allocated && b.Broken is null && b.Tag == IrpTag).Select(b => b.Address + header));
        foreach (ulong address in found)
        {
            if (address < restart || Devices.Irp(session, address) is not { } irp || !Fits(session, irp, criteria, wanted))
                continue;
            foreach (Node node in Row(session, irp))
                yield return node;
            if (arguments.HasSwitch("v"))
                foreach (Node node in session.Execute($"!irp {address:x}"))
                    yield return node;
        }
    }

    static StructureValue? Current(IDebugSession session, StructureValue irp) => irp.Signed("CurrentLocation") <= irp.Signed("StackCount")
        && session.Types["nt!_IO_STACK_LOCATION"].TryRead(irp["Tail.Overlay.CurrentStackLocation"]) is { IsComplete: true } location
        ? location : null;

    static IEnumerable<Node> Row(IDebugSession session, StructureValue irp)
    {
        ulong thread = irp["Tail.Overlay.Thread"], mdl = irp["MdlAddress"];
        Node irpLink = Say.Linked(irp.Address, "!irp");
        if (Current(session, irp) is not { } location)
        {
            yield return new Line(irpLink, " [", Say.Plain(thread), "] Irp is complete ",
                $"(CurrentLocation {irp.Signed("CurrentLocation")} > StackCount {irp.Signed("StackCount")})");
            yield break;
        }
        ulong device = location["DeviceObject"];
        string mdlText = mdl != 0 && session.Types["nt!_MDL"].TryRead(mdl) is { IsComplete: true } read ? $" 0x{read["Process"]:x16}" : "";
        yield return new Line(irpLink, " [", thread == 0 ? Say.Plain(0) : Say.Linked(thread, "!thread"),
            $"] irpStack: ({location["MajorFunction"],2:x},{location["MinorFunction"],2:x})  ", Say.Linked(device, "!devobj"),
            $" [ {(device == 0 ? "" : Devices.DriverNameOf(session, device))}]{mdlText}");
    }

    static bool Fits(IDebugSession session, StructureValue irp, string criteria, ulong wanted) => criteria switch
    {
        "" => true,
        "thread" => irp["Tail.Overlay.Thread"] == wanted,
        "userevent" => irp["UserEvent"] == wanted,
        "fileobject" => irp["Tail.Overlay.OriginalFileObject"] == wanted || Locations(session, irp).Any(l => l["FileObject"] == wanted),
        "device" => Locations(session, irp).Any(l => l["DeviceObject"] == wanted),
        "arg" => Locations(session, irp).Any(l => Enumerable.Range(1, 4).Any(i => l[$"Parameters.Others.Argument{i}"] == wanted)),
        _ => irp["MdlAddress"] is var mdl and not 0 && session.Types["nt!_MDL"].TryRead(mdl) is { IsComplete: true } read && read["Process"] == wanted,
    };

    static IEnumerable<StructureValue> Locations(IDebugSession session, StructureValue irp)
    {
        StructureLayout type = session.Types["nt!_IO_STACK_LOCATION"];
        for (int i = 0; i < irp.Signed("StackCount"); i++)
            if (type.TryRead(irp.Address + irp.Layout.Size + (ulong)i * type.Size) is { IsComplete: true } location)
                yield return location;
    }
}
