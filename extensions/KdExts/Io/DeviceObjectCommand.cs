using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Io;

/// <summary><c>!devobj</c>: a device object by address or name.</summary>
[Command("!devobj", "!devobj {address|name}", "Show a device object", Example = "!devobj Buffers")]
[Reads("nt!_DEVICE_OBJECT", "nt!_DEVOBJ_EXTENSION", "nt!_DRIVER_OBJECT", "nt!_OBJECT_HEADER")]
public sealed class DeviceObjectCommand : WordCommand
{
    const int MostQueued = 256;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        KernelObjects objects = new(session);
        ulong address = arguments.Has(0) ? objects.Resolve(arguments.Values[0], @"\Device", "") : arguments.Address(session);
        if (Devices.Device(session, address) is not { } device)
        {
            yield return new Error($"{address:x16}: is not a device object");
            yield break;
        }
        yield return new Line($"Device object ({address:x16}) is for:");
        ulong driver = device["DriverObject"];
        yield return new Line($" {objects.Name(address)} {Devices.DriverName(session, driver)} DriverObject ", Say.Linked(driver, "!drvobj"));
        yield return new Line("Current Irp ", Say.Linked(device["CurrentIrp"], "!irp"),
            $" RefCount {device.Signed("ReferenceCount")} Type {device["DeviceType"]:x8} Flags {device["Flags"]:x8}");
        StructureValue? extension = Devices.Extension(session, device);
        ulong node = Devices.Node(session, device), vpb = device["Vpb"], dope = 0;
        extension?.TryGet("Dope", out dope);
        List<Node> line = [];
        if (vpb != 0)
            line.Add($"Vpb {vpb:x16} ");
        line.Add($"SecurityDescriptor {Say.Short(device["SecurityDescriptor"])} DevExt {Say.Short(device["DeviceExtension"])} " +
            $"DevObjExt {Say.Short(device["DeviceObjectExtension"])} ");
        if (dope != 0)
            line.Add($"Dope {dope:x16} ");
        if (node != 0)
            line.AddRange(["DevNode ", Say.Linked(node, "!devnode"), " "]);
        yield return new Line(line);
        ulong extensionFlags = 0;
        extension?.TryGet("ExtensionFlags", out extensionFlags);
        yield return FlagsLine("ExtensionFlags", extensionFlags, ExtensionFlagNames);
        yield return FlagsLine("Characteristics", device["Characteristics"],
            Enum.GetValues<DEVICE_CHARACTERISTICS>().Select(v => KeyValuePair.Create(v.ToString(), (long)v)));
        if (device["AttachedDevice"] is var upper and not 0)
            yield return new Line("AttachedDevice (Upper) ", Say.Linked(upper, "!devobj"), $" {Devices.DriverNameOf(session, upper)}");
        if (Devices.Lower(session, device) is var lower and not 0)
            yield return new Line("AttachedTo (Lower) ", Say.Linked(lower, "!devobj"), $" {Devices.DriverNameOf(session, lower)}");
        foreach (Node queue in Queue(session, device))
            yield return queue;
    }

    static Line FlagsLine(string name, ulong value, IEnumerable<KeyValuePair<string, long>> names) =>
        new(value == 0 ? $"{name} (0000000000)  " : $"{name} (0x{value:x8})  {Say.Bits(value, names).TrimEnd(' ', ',')}");

    static IEnumerable<Node> Queue(IDebugSession session, StructureValue device)
    {
        if (device["DeviceQueue.Busy"] == 0)
        {
            yield return new Line("Device queue is not busy.");
            yield break;
        }
        StructureLayout irp = session.Types["nt!_IRP"];
        List<StructureValue> waiting =
            irp.List(device.AddressOf("DeviceQueue.DeviceListHead"), "Tail.Overlay.DeviceQueueEntry.DeviceListEntry", MostQueued).ToList();
        yield return new Line(waiting.Count == 0 ? "Device queue is busy -- Queue empty" : "Device queue is busy -- Queue:");
        foreach (StructureValue queued in waiting)
            yield return new Line("    Irp ", Say.Linked(queued.Address, "!irp"), $" SortKey {queued["Tail.Overlay.DeviceQueueEntry.SortKey"]:x8}");
    }

    static readonly KeyValuePair<string, long>[] ExtensionFlagNames =
    [
        new("DOE_UNLOAD_PENDING", 1), new("DOE_DELETE_PENDING", 2), new("DOE_REMOVE_PENDING", 4), new("DOE_REMOVE_PROCESSED", 8),
        new("DOE_START_PENDING", 0x10), new("DOE_DEFAULT_SD_PRESENT", 0x800),
    ];
}
