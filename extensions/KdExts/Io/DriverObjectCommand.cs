using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Io;

/// <summary><c>!drvobj</c>: a driver object with its devices and routines.</summary>
[Command("!drvobj", "!drvobj {address|name} [flags]", "Show a driver object (1 devices, 2 routines, 4 device stacks)", Example = "!drvobj pulse 3")]
[Reads("nt!_DRIVER_OBJECT", "nt!_DRIVER_EXTENSION", "nt!_IO_CLIENT_EXTENSION", "nt!_DEVICE_OBJECT", "nt!_FAST_IO_DISPATCH")]
public sealed class DriverObjectCommand : WordCommand
{
    const int MostDevices = 4096;
    const int MostExtensions = 256;
    const int PerLine = 4;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Has(0)
            ? new KernelObjects(session).Resolve(arguments.Values[0], @"\Driver", @"\FileSystem")
            : arguments.Address(session);
        if (Devices.Driver(session, address) is not { } driver)
        {
            yield return new Error($"{address:x16}: is not a driver object");
            yield break;
        }
        ulong flags = arguments.Value(session, 1, 1);
        yield return new Line($"Driver object ({address:x16}) is for:");
        yield return new Line($" {driver.UnicodeString("DriverName")}");
        yield return new Line("");
        yield return new Line("Driver Extension List: (id , addr)");
        foreach (Node node in Extensions(session, driver))
            yield return node;
        yield return new Line("");
        List<StructureValue> devices = [.. DevicesOf(session, driver)];
        if ((flags & 1) != 0)
        {
            yield return new Line("Device Object list:");
            foreach (StructureValue[] row in devices.Chunk(PerLine))
                yield return new Line([.. row.SelectMany(d => (Node[])[Say.Linked(d.Address, "!devobj"), "  "])]);
            yield return new Line("");
        }
        if ((flags & 2) != 0)
            foreach (Node node in Routines(session, driver))
                yield return node;
        if ((flags & 4) != 0)
        {
            yield return new Line("Device Object stacks:");
            yield return new Line("");
            foreach (StructureValue device in devices)
            {
                yield return new Line($"!devstack {device.Address:x16} :");
                foreach (Node node in DeviceStackCommand.Stack(session, device))
                    yield return node;
                yield return new Line("");
            }
        }
    }

    static IEnumerable<StructureValue> DevicesOf(IDebugSession session, StructureValue driver)
    {
        int left = MostDevices;
        for (ulong at = driver["DeviceObject"]; left-- > 0 && Devices.Device(session, at) is { } device; at = device["NextDevice"])
            yield return device;
    }

    static IEnumerable<Node> Extensions(IDebugSession session, StructureValue driver)
    {
        if (session.Types["nt!_DRIVER_EXTENSION"].TryRead(driver["DriverExtension"]) is not { IsComplete: true } extension ||
            !extension.TryGet("ClientDriverExtension", out ulong at))
            yield break;
        StructureLayout type = session.Types["nt!_IO_CLIENT_EXTENSION"];
        for (int left = MostExtensions; left > 0 && at != 0 && type.TryRead(at) is { IsComplete: true } client; left--)
        {
            yield return new Line($"({client["ClientIdentificationAddress"]:x16} {at + type.Size:x16})");
            at = client["NextExtension"];
        }
    }

    static IEnumerable<Node> Routines(IDebugSession session, StructureValue driver)
    {
        ulong addDevice = session.Types["nt!_DRIVER_EXTENSION"].TryRead(driver["DriverExtension"]) is { IsComplete: true } extension
            ? extension["AddDevice"] : 0;
        yield return Routine(session, "DriverEntry:   ", driver["DriverInit"]);
        yield return Routine(session, "DriverStartIo: ", driver["DriverStartIo"]);
        yield return Routine(session, "DriverUnload:  ", driver["DriverUnload"]);
        yield return Routine(session, "AddDevice:     ", addDevice);
        yield return new Line("");
        yield return new Line("Dispatch routines:");
        IReadOnlyList<ulong> major = driver.Array("MajorFunction");
        for (int i = 0; i < major.Count; i++)
            yield return Routine(session, $"[{i:x2}] {IrpNames.Major((byte)i),-35}", major[i]);
        ulong fast = driver["FastIoDispatch"];
        if (fast == 0 || session.Types["nt!_FAST_IO_DISPATCH"].TryRead(fast) is not { IsComplete: true } table)
            yield break;
        yield return new Line("");
        yield return new Line("Fast I/O routines:");
        foreach (FieldInfo field in table.Layout.Type.Fields)
            if (field.Type.Kind == TypeKind.Pointer && table[field.Name] is var routine and not 0)
                yield return Routine(session, $"{field.Name,-40}", routine);
    }

    static Line Routine(IDebugSession session, string label, ulong address) =>
        new(label, $"{Say.Short(address)}\t", address == 0 ? "" : Say.Code(session, address));
}
