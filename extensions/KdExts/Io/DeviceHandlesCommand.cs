using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Io;

/// <summary><c>!devhandles</c>: open handles of files on a device, in all processes.</summary>
[Command("!devhandles", "!devhandles {address|name}", "Show the handles that are open on a device", Example = "!devhandles Buffers")]
[Reads("nt!_EPROCESS", "nt!_HANDLE_TABLE", "nt!_HANDLE_TABLE_ENTRY", "nt!_FILE_OBJECT", "nt!_DEVICE_OBJECT", "nt!PsActiveProcessHead")]
public sealed class DeviceHandlesCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        KernelObjects objects = new(session);
        ulong address = arguments.Has(0) ? objects.Resolve(arguments.Values[0], @"\Device", "") : arguments.Address(session);
        if (Devices.Device(session, address) is not { } device)
        {
            yield return new Error($"{address:x16}: is not a device object");
            yield break;
        }
        // A file is opened on the device that was named; its requests go to the top of that device's stack.
        HashSet<ulong> stack = [.. Devices.Stack(session, device).Select(d => d.Address)];
        int count = 0;
        foreach (StructureValue process in ProcessNames.All(session))
        {
            if (HandleEntries.TableOf(session, process) is not { } table)
                continue;
            yield return new Line($"Checking handle table for process 0x{process.Address:x16}");
            yield return new Line($"Handle table at {table.Address:x16} with {table["HandleCount"]} entries in use");
            foreach (HandleEntry entry in HandleEntries.In(session, table).Where(e => e.Body != 0))
                if (objects.TypeName(entry.Body) == "File" && Devices.File(session, entry.Body) is { } file && stack.Contains(file["DeviceObject"]))
                {
                    count++;
                    yield return new Line($"  {entry.Handle:x4}: FileObject ", Say.Linked(entry.Body, "!fileobj"), $"  GrantedAccess: {entry.Access:x8} " +
                        $"\"{file.UnicodeString("FileName")}\"");
                }
            yield return new Line("");
        }
        yield return new Line($"{count} handles");
    }
}
