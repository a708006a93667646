using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Io;

/// <summary><c>!fileobj</c>: an open file.</summary>
[Command("!fileobj", "!fileobj address", "Show a file object", Example = "!fileobj @rcx")]
[Reads("nt!_FILE_OBJECT", "nt!_DEVICE_OBJECT", "nt!_DRIVER_OBJECT")]
public sealed class FileObjectCommand : WordCommand
{
    static readonly (string Field, string Text)[] Access =
    [
        ("ReadAccess", "Read"), ("WriteAccess", "Write"), ("DeleteAccess", "Delete"), ("SharedRead", "SharedRead"),
        ("SharedWrite", "SharedWrite"), ("SharedDelete", "SharedDelete"),
    ];

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Address(session);
        if (Devices.File(session, address) is not { } file)
        {
            yield return new Error($"{address:x16}: is not a file object");
            yield break;
        }
        yield return new Line("");
        if (file.UnicodeString("FileName") is { Length: > 0 } name)
        {
            yield return new Line(name);
            yield return new Line("");
        }
        ulong device = file["DeviceObject"];
        yield return new Line("Device Object: 0x", Say.Linked(device, "!devobj"), $"   {Devices.DriverNameOf(session, device)}");
        if (file["Vpb"] is var vpb and not 0)
            yield return new Line($"Vpb: 0x{vpb:x16}");
        yield return new Line($"Event {(file["Event.Header.SignalState"] != 0 ? "signalled" : "not signalled")}");
        string access = string.Join(' ', Access.Where(a => file[a.Field] != 0).Select(a => a.Text));
        yield return new Line(access.Length > 0 ? $"Access: {access}" : "No access rights");
        yield return new Line("");
        yield return new Line($"Flags:  0x{file["Flags"]:x}");
        yield return new Line("");
        yield return new Line($"FsContext: 0x{file["FsContext"]:x16}\tFsContext2: 0x{file["FsContext2"]:x16}");
        yield return new Line($"CurrentByteOffset: {file["CurrentByteOffset.QuadPart"]:x}");
    }
}

/// <summary><c>!processirps</c>: requests of a process's threads, with the driver that has each.</summary>
[Command("!processirps", "!processirps [process]", "Show the pending requests of processes", Example = "!processirps")]
[Reads("nt!_EPROCESS", "nt!_ETHREAD", "nt!_IRP", "nt!_IO_STACK_LOCATION", "nt!PsActiveProcessHead")]
public sealed class ProcessIrpsCommand : WordCommand
{
    const int MostIrps = 512;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong wanted = arguments.Value(session, 0);
        if (wanted != 0 && !ProcessNames.IsProcess(session, wanted))
        {
            yield return new Error($"TYPE mismatch for process object at {wanted:x16}");
            yield break;
        }
        KernelObjects objects = new(session);
        foreach (StructureValue process in ProcessNames.All(session).Where(p => wanted == 0 || p.Address == wanted))
        {
            yield return new Line("**** PROCESS ", Say.Linked(process.Address, "!process"), $" (Image: {ProcessNames.Image(process)}) ****");
            yield return new Line("");
            yield return new Line("Checking threads for IRPs.");
            yield return new Line("");
            foreach (StructureValue thread in ProcessNames.Threads(session, process))
            {
                List<StructureValue> irps = [.. session.Types["nt!_IRP"].List(thread.AddressOf("IrpList"), "ThreadListEntry", MostIrps)];
                if (irps.Count == 0)
                    continue;
                yield return new Line("  Thread ", Say.Linked(thread.Address, "!thread"), ":");
                yield return new Line("");
                foreach (StructureValue irp in irps)
                    yield return Owner(session, objects, irp);
                yield return new Line("");
            }
        }
    }

    static Line Owner(IDebugSession session, KernelObjects objects, StructureValue irp)
    {
        ulong device = session.Types["nt!_IO_STACK_LOCATION"].TryRead(irp["Tail.Overlay.CurrentStackLocation"]) is { IsComplete: true } location &&
            irp.Signed("CurrentLocation") <= irp.Signed("StackCount") ? location["DeviceObject"] : 0;
        if (device == 0)
            return new Line("    IRP ", Say.Linked(irp.Address, "!irp"), " - is complete");
        string name = objects.Name(device);
        return new Line("    IRP ", Say.Linked(irp.Address, "!irp"), $" - Owned by {Devices.DriverNameOf(session, device)} for device ",
            name.Length > 0 ? $"{name} ({device:x16})" : Say.Linked(device, "!devobj"));
    }
}
