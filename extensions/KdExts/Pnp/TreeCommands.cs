using System.Text.RegularExpressions;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Pnp;

/// <summary><c>!pcitree</c>: PCI buses with their functions, as the pci driver and the device tree know them.</summary>
[Command("!pcitree", "!pcitree", "Show the tree of PCI buses and functions", Example = "!pcitree")]
[Reads("nt!_DEVICE_NODE", "nt!_DEVICE_OBJECT", "nt!_BUS_EXTENSION", "nt!IopRootDeviceNode")]
public sealed partial class PciTreeCommand : WordCommand
{
    [GeneratedRegex(@"^PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})&SUBSYS_[0-9A-F]{8}&REV_([0-9A-F]{2})", RegexOptions.IgnoreCase)]
    private static partial Regex Identity();

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        StructureLayout type = session.Types["nt!_BUS_EXTENSION"];
        List<StructureValue> nodes = [.. DeviceTree.Nodes(session)];
        int total = 0;
        foreach (StructureValue bus in nodes.Where(n => n.UnicodeString("ServiceName").Equals("pci", StringComparison.OrdinalIgnoreCase)))
        {
            StructureValue? fdo = Function(session, bus);
            yield return new Line($"Bus 0x{bus["BusNumber"]:x} (FDO Ext ", Say.Linked(fdo?["DeviceExtension"] ?? 0, "dt nt!_BUS_EXTENSION"), ")");
            foreach (StructureValue node in nodes.Where(n => n["Parent"] == bus.Address))
            {
                if (Devices.Device(session, node["PhysicalDeviceObject"]) is not { } device ||
                    type.TryRead(device["DeviceExtension"]) is not { IsComplete: true } extension)
                    continue;
                total++;
                Match identity = Identity().Match(node.UnicodeString("InstancePath"));
                ulong slot = extension["Slot"];
                string service = node.UnicodeString("ServiceName");
                string vendorAndDevice = identity.Success ? (identity.Groups[1].Value + identity.Groups[2].Value).ToLowerInvariant() : "????????";
                yield return new Line($"  (d={slot >> 3:x},  f={slot & 7:x}) {vendorAndDevice} devext 0x",
                    Say.Linked(extension.Address, "dt nt!_BUS_EXTENSION"), " devstack 0x", Say.Linked(device.Address, "!devstack"),
                    $" {node.EnumName("State")}{(extension["Present"] == 0 ? ", not present" : "")}{(service.Length > 0 ? $", service {service}" : "")}");
            }
        }
        yield return new Line($"Total PCI functions: {total}");
    }

    static StructureValue? Function(IDebugSession session, StructureValue node) => Devices.Device(session, node["PhysicalDeviceObject"]) is { } physical
        ? Devices.Stack(session, physical).FirstOrDefault(d => Devices.DriverName(session, d["DriverObject"]) == @"\Driver\pci") : null;
}

/// <summary><c>!pnptriage</c>: what the PnP manager is busy with, and which devices have a problem.</summary>
[Command("!pnptriage", "!pnptriage", "Show device nodes with problems and the PnP requests that are under way", Example = "!pnptriage")]
[Reads("nt!_DEVICE_NODE", "nt!IopRootDeviceNode", "nt!_IRP", "nt!_IO_STACK_LOCATION", "nt!_POOL_HEADER", "nt!PnpEnumerationInProgress")]
public sealed class PnpTriageCommand : WordCommand
{
    const ulong PnpMajor = 0x1b;
    const uint IrpTag = 0x20707249;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        bool busy = session.TryReadInteger(session.AddressOf("nt!PnpEnumerationInProgress"), 1, out ulong flag) && flag != 0;
        yield return new Line($"PnP worker: {(busy ? "running" : "idle")}");
        yield return new Line("");
        yield return new Line("Problem nodes:");
        int count = 0;
        foreach (StructureValue node in DeviceTree.Nodes(session).Where(n => n["Problem"] != 0))
        {
            count++;
            yield return new Line("  DevNode 0x", Say.Linked(node.Address, "!devnode"),
                $" \"{node.UnicodeString("InstancePath")}\" {Problems.Name(node["Problem"])}");
        }
        if (count == 0)
            yield return new Line("  <none>");
        yield return new Line("");
        yield return new Line("PnP IRPs:");
        PoolReader pool = new(session);
        StructureLayout locationType = session.Types["nt!_IO_STACK_LOCATION"];
        count = 0;
        foreach (PoolBlock block in pool.Blocks(paged: false).Where(b => b.Allocated && b.Tag == IrpTag && b.Broken is null))
            if (Devices.Irp(session, block.Address + pool.HeaderSize) is { } irp && irp.Signed("CurrentLocation") <= irp.Signed("StackCount") &&
                locationType.TryRead(irp["Tail.Overlay.CurrentStackLocation"]) is { IsComplete: true } current && current["MajorFunction"] == PnpMajor)
            {
                count++;
                yield return new Line("  IRP ", Say.Linked(irp.Address, "!irp"),
                    $" {KdSim.Nt.IrpNames.Minor((byte)PnpMajor, (byte)current["MinorFunction"])} at ", Say.Linked(current["DeviceObject"], "!devobj"),
                    $" {Devices.DriverNameOf(session, current["DeviceObject"])}");
            }
        if (count == 0)
            yield return new Line("  <none>");
    }
}

/// <summary><c>!rellist</c>: a list of related devices.</summary>
[Command("!rellist", "!rellist address [flags]", "Show a list of device relations (2 resources in use, 4 required, 8 translated)", Example = "!rellist @rax")]
[Reads("nt!_DEVICE_RELATIONS", "nt!_DEVICE_OBJECT", "nt!_DEVOBJ_EXTENSION", "nt!_DEVICE_NODE")]
public sealed class RelationListCommand : WordCommand
{
    const ulong MostDevices = 4096;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session), flags = arguments.Value(session, 1);
        StructureLayout type = session.Types["nt!_DEVICE_RELATIONS"];
        if (!session.TryReadInteger(address + type.OffsetOf("Count"), 4, out ulong count) || count > MostDevices)
        {
            yield return new Error($"{address:x16}: is not a list of device relations");
            yield break;
        }
        yield return new Line($"DeviceRelations at 0x{address:x16}: {count} device{(count == 1 ? "" : "s")}");
        for (ulong i = 0; i < count; i++)
        {
            ulong at = session.ReadPointer(address + type.OffsetOf("Objects") + i * 8);
            if (Devices.Device(session, at) is not { } device)
            {
                yield return new Line($"  {at:x16}: is not a device object");
                continue;
            }
            ulong node = Devices.Node(session, device);
            yield return new Line("  PDO ", Say.Linked(at, "!devobj"), $" {Devices.DriverName(session, device["DriverObject"])} DevNode ",
                Say.Linked(node, "!devnode"));
            if (node != 0 && flags != 0)
                foreach (Node line in session.Execute($"!devnode {node:x} {flags:x}"))
                    yield return line;
        }
    }
}
