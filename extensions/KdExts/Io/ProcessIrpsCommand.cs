using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Io;

/// <summary><c>!processirps</c>: requests of a process's threads and files, with the driver that has each.</summary>
[Command("!processirps", "!processirps [process [flags]]",
    "Show the pending requests of processes (1 by threads, 2 by file objects)", Example = "!processirps")]
[Reads("nt!_EPROCESS", "nt!_ETHREAD", "nt!_IRP", "nt!_IO_STACK_LOCATION", "nt!_FILE_OBJECT", "nt!_HANDLE_TABLE", "nt!_HANDLE_TABLE_ENTRY",
    "nt!PsActiveProcessHead")]
public sealed class ProcessIrpsCommand : WordCommand
{
    const int MostIrps = 512;
    const ulong Threads = 1, Files = 2;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong wanted = arguments.Value(session, 0), flags = arguments.Value(session, 1, Threads | Files);
        if (wanted == ulong.MaxValue)
            wanted = session.CurrentProcess;
        if (wanted != 0 && !ProcessNames.IsProcess(session, wanted))
        {
            yield return new Error($"TYPE mismatch for process object at {wanted:x16}");
            yield break;
        }
        foreach (StructureValue process in ProcessNames.All(session).Where(p => wanted == 0 || p.Address == wanted))
        {
            yield return new Line("**** PROCESS ", Say.Linked(process.Address, "!process"), $" (Image: {ProcessNames.Image(process)}) ****");
            yield return new Line("");
            if ((flags & Threads) != 0)
                foreach (Node node in OfThreads(session, process))
                    yield return node;
            if ((flags & Files) != 0)
                foreach (Node node in OfFiles(session, process))
                    yield return node;
        }
    }

    static IEnumerable<Node> OfThreads(IDebugSession session, StructureValue process)
    {
        KernelObjects objects = new(session);
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

    /// <summary>Requests that hang on a file instead of a thread: its completion port's.</summary>
    static IEnumerable<Node> OfFiles(IDebugSession session, StructureValue process)
    {
        KernelObjects objects = new(session);
        yield return new Line("Checking file objects for IRPs.");
        yield return new Line("");
        if (HandleEntries.TableOf(session, process) is not { } table)
            yield break;
        foreach (HandleEntry entry in HandleEntries.In(session, table).Where(e => e.Body != 0))
        {
            if (objects.TypeName(entry.Body) != "File" || Devices.File(session, entry.Body) is not { } file || !file.Has("IrpList"))
                continue;
            List<StructureValue> irps = [.. session.Types["nt!_IRP"].List(file.AddressOf("IrpList"), "ThreadListEntry", MostIrps)];
            if (irps.Count == 0)
                continue;
            yield return new Line("  FileObject ", Say.Linked(file.Address, "!fileobj"), $" (handle {entry.Handle:x}):");
            yield return new Line("");
            foreach (StructureValue irp in irps)
                yield return Owner(session, objects, irp);
            yield return new Line("");
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
