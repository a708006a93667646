using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Io;

/// <summary><c>!devstack</c>: the devices attached over and under a device, top first, and the node at the bottom.</summary>
[Command("!devstack", "!devstack {address|name}", "Show the device stack of a device object", Example = "!devstack Buffers")]
[Reads("nt!_DEVICE_OBJECT", "nt!_DEVOBJ_EXTENSION", "nt!_DEVICE_NODE")]
public sealed class DeviceStackCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Has(0)
            ? new KernelObjects(session).Resolve(arguments.Values[0], @"\Device", "")
            : arguments.Address(session);
        if (Devices.Device(session, address) is { } device)
            return Stack(session, device);
        return [new Error($"{address:x16}: is not a device object")];
    }

    internal static IEnumerable<Node> Stack(IDebugSession session, StructureValue device)
    {
        KernelObjects objects = new(session);
        IReadOnlyList<StructureValue> stack = Devices.Stack(session, device);
        yield return new Line("  !DevObj           !DrvObj            !DevExt           ObjectName");
        foreach (StructureValue each in stack)
            yield return new Line(each.Address == device.Address ? "> " : "  ", Say.Linked(each.Address, "!devobj"),
                $"  {Devices.DriverName(session, each["DriverObject"]),-18} {Say.Short(each["DeviceExtension"]),-16} {objects.Name(each.Address)}");
        if (Devices.Node(session, stack[^1]) is not (var node and not 0) ||
            session.Types["nt!_DEVICE_NODE"].TryRead(node) is not { IsComplete: true } read)
            yield break;
        yield return new Line("!DevNode ", Say.Linked(node, "!devnode"), " :");
        yield return new Line($"  DeviceInst is \"{read.UnicodeString("InstancePath")}\"");
        if (read.UnicodeString("ServiceName") is { Length: > 0 } service)
            yield return new Line($"  ServiceName is \"{service}\"");
    }
}
