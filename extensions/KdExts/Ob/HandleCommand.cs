using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ob;

/// <summary><c>!handle</c>: handles of a process, or of the kernel.</summary>
[Command("!handle", "!handle [handle [flags [process [type]]]]",
    "Show handles (0 or -1: all; flags 1 basic, 2 objects, 4 free rows, 0x10 the kernel's table)", Example = "!handle 0 3")]
[Reads("nt!_EPROCESS", "nt!_HANDLE_TABLE", "nt!_HANDLE_TABLE_ENTRY", "nt!_OBJECT_HEADER", "nt!ObpKernelHandleTable", "nt!PsActiveProcessHead")]
public sealed class HandleCommand : WordCommand
{
    const ulong Objects = 2, FreeRows = 4, KernelTable = 0x10, CidTable = 0x20;
    const ulong LargestPid = 0x1000000;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong wanted = arguments.Value(session, 0), flags = arguments.Value(session, 1, 3), which = arguments.Value(session, 2);
        string type = arguments.Has(3) ? arguments.Values[3] : "";
        if ((flags & CidTable) != 0)
            throw new CommandException("!handle: this kernel has no table of process and thread IDs (its symbols have no nt!PspCidTable)");
        if ((flags & KernelTable) != 0)
        {
            yield return new Line("");
            yield return new Line("Kernel handle table");
            StructureValue? kernel = HandleEntries.Table(session, session.ReadPointer(session.AddressOf("nt!ObpKernelHandleTable")));
            foreach (Node node in Show(session, kernel, wanted, flags, type))
                yield return node;
            yield break;
        }
        // Process 0 or -1 after a type means the handles of all processes.
        if (arguments.Has(2) && which == 0)
        {
            foreach (StructureValue each in ProcessNames.All(session))
                foreach (Node node in OfProcess(session, each, wanted, flags, type))
                    yield return node;
            yield break;
        }
        ulong address = which is 0 or ulong.MaxValue ? session.CurrentProcess
            : which < LargestPid ? ProcessNames.All(session).FirstOrDefault(p => p["UniqueProcessId"] == which)?.Address ?? which : which;
        if (ProcessNames.Process(session, address) is not { } process)
        {
            yield return new Error($"TYPE mismatch for process object at {address:x16}");
            yield break;
        }
        foreach (Node node in OfProcess(session, process, wanted, flags, type))
            yield return node;
    }

    static IEnumerable<Node> OfProcess(IDebugSession session, StructureValue process, ulong wanted, ulong flags, string type)
    {
        yield return new Line("");
        yield return new Line("PROCESS ", Say.Linked(process.Address, "!process"));
        yield return new Line($"    Cid: {process["UniqueProcessId"]:x4}  Image: {ProcessNames.Image(process)}");
        foreach (Node node in Show(session, HandleEntries.TableOf(session, process), wanted, flags, type))
            yield return node;
    }

    static IEnumerable<Node> Show(IDebugSession session, StructureValue? table, ulong wanted, ulong flags, string type)
    {
        yield return new Line("");
        if (table is null)
        {
            yield return new Line("The process has no handle table");
            yield break;
        }
        yield return new Line($"Handle table at {table.Address:x16} with {table["HandleCount"]} entries in use");
        yield return new Line("");
        KernelObjects objects = new(session);
        foreach (HandleEntry entry in HandleEntries.In(session, table))
        {
            if (wanted is not (0 or ulong.MaxValue) && (wanted & ~3UL) != entry.Handle)
                continue;
            if (entry.Body == 0)
            {
                if ((flags & FreeRows) != 0 && type.Length == 0)
                    yield return new Line($"{entry.Handle:x4}: free handle, Entry address {entry.Address:x16}");
                continue;
            }
            if (type.Length > 0 && objects.TypeName(entry.Body) != type)
                continue;
            yield return new Line($"{entry.Handle:x4}: Object: ", Say.Linked(entry.Body, "!object"),
                $"  GrantedAccess: {entry.Access:x8}{(entry.Protect ? " (Protected)" : "")}{(entry.Inherit ? " (Inherit)" : "")} Entry: {entry.Address:x16}");
            if ((flags & Objects) != 0)
                foreach (Node node in ObjectCommand.Show(session, objects, entry.Body, 1))
                    yield return node is Error error ? new Line($"    {error.Message}") : node;
            yield return new Line("");
        }
    }
}
