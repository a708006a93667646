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
