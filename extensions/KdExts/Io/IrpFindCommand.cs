using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Io;

/// <summary><c>!irpfind</c>: the IRPs of the system, found by their pool tag.</summary>
[Command("!irpfind", "!irpfind [-v] [pooltype [restart [criteria data]]]",
    "Find the I/O request packets of the system (arg, device, fileobject, mdlprocess, thread, userevent)", Example = "!irpfind")]
[Reads("nt!_IRP", "nt!_IO_STACK_LOCATION", "nt!_POOL_HEADER", "nt!_MDL", "nt!_DEVICE_OBJECT", "nt!_DRIVER_OBJECT")]
public sealed class IrpFindCommand : WordCommand
{
    const uint IrpTag = 0x20707249;
    const ulong Paged = 1;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        PoolReader pool = new(session);
        ulong poolType = arguments.Value(session, 0);
        if (poolType is not (0 or Paged))
            throw new CommandException($"!irpfind: pool type {poolType:x} is not searched: 0 is the nonpaged pool, 1 the paged pool");
        bool paged = poolType == Paged;
        ulong restart = arguments.Value(session, 1);
        if (restart == ulong.MaxValue)
            restart = 0;
        string criteria = arguments.Has(2) ? arguments.Values[2].ToLowerInvariant() : "";
        if (criteria is not ("" or "arg" or "device" or "fileobject" or "mdlprocess" or "thread" or "userevent"))
            throw new CommandException($"!irpfind: '{criteria}' is not one of arg, device, fileobject, mdlprocess, thread, userevent");
        IrpSearch search = new(session, criteria, criteria.Length > 0 ? arguments.Address(session, 3) : 0);
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
            if (address < restart || search.Row(address) is not { } row)
                continue;
            yield return row;
            if (arguments.HasSwitch("v"))
                foreach (Node node in session.Execute($"!irp {address:x}"))
                    yield return node;
        }
    }
}

/// <summary>Rows of IRPs that meet a criterion. Types are bound, and drivers named, once for many rows.</summary>
sealed class IrpSearch(IDebugSession session, string criteria, ulong wanted)
{
    readonly StructureLayout _irp = session.Types["nt!_IRP"], _location = session.Types["nt!_IO_STACK_LOCATION"], _mdl = session.Types["nt!_MDL"];
    readonly Dictionary<ulong, string> _drivers = [];

    /// <summary>The row of an IRP; null for what is none, or not one that is looked for.</summary>
    public Line? Row(ulong address)
    {
        if (_irp.TryRead(address) is not { IsComplete: true } irp || irp["Type"] != Devices.IrpType || !Fits(irp))
            return null;
        ulong thread = irp["Tail.Overlay.Thread"];
        long current = irp.Signed("CurrentLocation"), count = irp.Signed("StackCount");
        Node irpLink = Say.Linked(address, "!irp"), threadLink = thread == 0 ? Say.Plain(0) : Say.Linked(thread, "!thread");
        if (current > count || _location.TryRead(irp["Tail.Overlay.CurrentStackLocation"]) is not { IsComplete: true } location)
            return new Line(irpLink, " [", threadLink, "] Irp is complete ", $"(CurrentLocation {current} > StackCount {count})");
        ulong device = location["DeviceObject"], process = MdlProcess(irp);
        return new Line(irpLink, " [", threadLink, $"] irpStack: ({location["MajorFunction"],2:x},{location["MinorFunction"],2:x})  ",
            Say.Linked(device, "!devobj"), $" [ {Driver(device)}]{(process == 0 ? "" : $" 0x{process:x16}")}");
    }

    string Driver(ulong device)
    {
        if (!_drivers.TryGetValue(device, out string? name))
            _drivers[device] = name = device == 0 ? "" : Devices.DriverNameOf(session, device);
        return name;
    }

    ulong MdlProcess(StructureValue irp) => irp["MdlAddress"] is var mdl and not 0 && _mdl.TryRead(mdl) is { IsComplete: true } read ? read["Process"] : 0;

    bool Fits(StructureValue irp) => criteria switch
    {
        "" => true,
        "thread" => irp["Tail.Overlay.Thread"] == wanted,
        "userevent" => irp["UserEvent"] == wanted,
        "fileobject" => irp["Tail.Overlay.OriginalFileObject"] == wanted || Locations(irp).Any(l => l["FileObject"] == wanted),
        "device" => Locations(irp).Any(l => l["DeviceObject"] == wanted),
        "arg" => Locations(irp).Any(l => Enumerable.Range(1, 4).Any(i => l[$"Parameters.Others.Argument{i}"] == wanted)),
        _ => MdlProcess(irp) == wanted,
    };

    IEnumerable<StructureValue> Locations(StructureValue irp)
    {
        for (int i = 0; i < irp.Signed("StackCount"); i++)
            if (_location.TryRead(irp.Address + _irp.Size + (ulong)i * _location.Size) is { IsComplete: true } location)
                yield return location;
    }
}
