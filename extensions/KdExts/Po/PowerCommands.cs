using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Po;

/// <summary><c>!podev</c>: what the power manager knows of a device.</summary>
[Command("!podev", "!podev device", "Show the power state of a device object", Example = "!podev Buffers")]
[Reads("nt!_DEVICE_OBJECT", "nt!_DEVOBJ_EXTENSION", "nt!_DRIVER_OBJECT", "nt!_SYSTEM_POWER_STATE", "nt!_DEVICE_POWER_STATE")]
public sealed class PowerDeviceCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Has(0) ? new KernelObjects(session).Resolve(arguments.Values[0], @"\Device", "") : arguments.Address(session);
        if (Devices.Device(session, address) is not { } device)
        {
            yield return new Error($"{address:x16}: is not a device object");
            yield break;
        }
        yield return new Line("Device object is for:");
        yield return new Line($"  {Devices.DriverName(session, device["DriverObject"])}  DriverObject ", Say.Linked(device["DriverObject"], "!drvobj"));
        yield return new Line("Current Irp ", Say.Linked(device["CurrentIrp"], "!irp"), $" RefCount {device.Signed("ReferenceCount")} " +
            $"Type {device["DeviceType"]:x8} AttachedDev ", Say.Linked(device["AttachedDevice"], "!devobj"), $" DevFlags {device["Flags"]:x8}");
        yield return new Line(device["DeviceQueue.Busy"] == 0 ? "Device queue is not busy." : "Device queue is busy.");
        if (Devices.Extension(session, device) is not { } extension)
        {
            yield return new Error($"{device["DeviceObjectExtension"]:x16}: the device object's extension cannot be read");
            yield break;
        }
        ulong flags = extension["PowerFlags"];
        yield return new Line($"Device Object Extension: {extension.Address:x16}:");
        yield return new Line($"PowerFlags: {flags:x8} => SystemState={PowerStates.System(session, flags & 15)} " +
            $"DeviceState={PowerStates.Device(session, flags >> 4 & 15)}");
        yield return new Line($"Dope: {Say.Short(extension["Dope"])}:");
        List<PowerIrp> irps = [.. PowerIrp.All(session).Where(i => i.Locations.Any(l => l["DeviceObject"] == address))];
        yield return new Line(irps.Count == 0 ? "No power IRPs are at the device" : "Power IRPs at the device:");
        foreach (PowerIrp irp in irps)
            yield return irp.Row(session);
    }
}

/// <summary><c>!poaction</c>: the power IRPs that are under way. This kernel starts no system power action of its own, and keeps no state of one.</summary>
[Command("!poaction", "!poaction", "Show the power IRPs that are under way", Example = "!poaction")]
[Command("!powertriage", "!powertriage", "Show the power IRPs that are under way, and the power state of each started device", Example = "!powertriage")]
[Reads("nt!_IRP", "nt!_IO_STACK_LOCATION", "nt!_POOL_HEADER", "nt!_DEVICE_NODE", "nt!IopRootDeviceNode")]
public sealed class PowerActionCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        if (!session.Symbols.TryGetAddress("nt!PopAction", out _))
            yield return new Line("PopAction: not kept by this kernel (its symbols have no nt!PopAction)");
        yield return new Line("");
        yield return new Line("Allocated power irps:");
        bool any = false;
        foreach (PowerIrp irp in PowerIrp.All(session))
        {
            any = true;
            yield return irp.Row(session);
        }
        if (!any)
            yield return new Line("  <none>");
        if (arguments.Name != "!powertriage")
            yield break;
        yield return new Line("");
        yield return new Line("Device power states:");
        foreach (StructureValue node in DeviceTree.Nodes(session))
        {
            yield return new Line($"  {node.UnicodeString("InstancePath")}");
            if (Devices.Device(session, node["PhysicalDeviceObject"]) is { } physical)
                foreach (StructureValue device in Devices.Stack(session, physical))
                    yield return new Line("    0x", Say.Linked(device.Address, "!podev"), $" {Devices.DriverName(session, device["DriverObject"])} " +
                        $"{(Devices.Extension(session, device) is { } extension ? PowerStates.Device(session, extension["PowerFlags"] >> 4 & 15) : "?")}");
        }
    }
}

/// <summary>A power IRP, found in the pool: nt keeps no list of them here.</summary>
sealed record PowerIrp(StructureValue Irp, StructureValue Location, IReadOnlyList<StructureValue> Locations)
{
    const ulong PowerMajor = 0x16;
    const uint IrpTag = 0x20707249;

    static readonly string[] Minors = ["wait-wake", "sequence", "set", "query"];

    public static IEnumerable<PowerIrp> All(IDebugSession session)
    {
        PoolReader pool = new(session);
        StructureLayout locationType = session.Types["nt!_IO_STACK_LOCATION"];
        foreach (PoolBlock block in pool.Blocks(paged: false).Where(b => b.Allocated && b.Tag == IrpTag && b.Broken is null))
        {
            if (Devices.Irp(session, block.Address + pool.HeaderSize) is not { } irp || irp.Signed("CurrentLocation") > irp.Signed("StackCount") ||
                locationType.TryRead(irp["Tail.Overlay.CurrentStackLocation"]) is not { IsComplete: true } current || current["MajorFunction"] != PowerMajor)
                continue;
            List<StructureValue> locations = [];
            for (int i = 0; i < irp.Signed("StackCount"); i++)
                if (locationType.TryRead(irp.Address + irp.Layout.Size + (ulong)i * locationType.Size) is { IsComplete: true } location)
                    locations.Add(location);
            yield return new PowerIrp(irp, current, locations);
        }
    }

    public Line Row(IDebugSession session)
    {
        ulong minor = Location["MinorFunction"], state = Location["Parameters.Power.State.SystemState"];
        bool isSystem = Location["Parameters.Power.Type"] == 0;
        ulong bottom = Devices.Device(session, Location["DeviceObject"]) is { } device ? Devices.Stack(session, device)[^1].Address : 0;
        return new Line("  IRP: ", Say.Linked(Irp.Address, "!irp"), $" ({(minor < 4 ? Minors[minor] : $"{minor:x}")}/" +
            $"{(isSystem ? PowerStates.System(session, state) : PowerStates.Device(session, state))},), PDO: ", Say.Linked(bottom, "!devobj"), ", CURRENT: ",
            Say.Linked(Location["DeviceObject"], "!devobj"));
    }
}

/// <summary>Names of power states, from the target's own enumerations: <c>S0</c>, <c>D3</c>.</summary>
static class PowerStates
{
    public static string System(IDebugSession session, ulong state) => Short(session, "nt!_SYSTEM_POWER_STATE", state) switch
    {
        "Working" => "S0",
        "Sleeping1" => "S1",
        "Sleeping2" => "S2",
        "Sleeping3" => "S3",
        "Hibernate" => "S4",
        "Shutdown" => "S5",
        var other => other,
    };

    public static string Device(IDebugSession session, ulong state) => Short(session, "nt!_DEVICE_POWER_STATE", state);

    static string Short(IDebugSession session, string type, ulong state) =>
        session.Types.Find(type)?.Values.FirstOrDefault(v => v.Value == (long)state).Key?
            .Replace("PowerSystem", "").Replace("PowerDevice", "") ?? state.ToString();
}
