using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ob;

/// <summary><c>!handle</c>: handles of a process.</summary>
[Command("!handle", "!handle [handle [flags [process [type]]]]", "Show handles (0 or -1: all; flags 1 basic, 2 objects)", Example = "!handle 0 3")]
[Reads("nt!_EPROCESS", "nt!_HANDLE_TABLE", "nt!_HANDLE_TABLE_ENTRY", "nt!_OBJECT_HEADER")]
public sealed class HandleCommand : WordCommand
{
    const ulong Objects = 2;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong wanted = arguments.Value(session, 0), flags = arguments.Value(session, 1, 3), address = arguments.Value(session, 2);
        string type = arguments.Has(3) ? arguments.Values[3] : "";
        if (address is 0 or ulong.MaxValue)
            address = session.CurrentProcess;
        if (ProcessNames.Process(session, address) is not { } process)
        {
            yield return new Error($"TYPE mismatch for process object at {address:x16}");
            yield break;
        }
        yield return new Line("");
        yield return new Line("PROCESS ", Say.Linked(process.Address, "!process"));
        yield return new Line($"    Cid: {process["UniqueProcessId"]:x4}  Image: {ProcessNames.Image(process)}");
        yield return new Line("");
        if (session.Types["nt!_HANDLE_TABLE"].TryRead(process["ObjectTable"]) is not { IsComplete: true } table)
        {
            yield return new Line("The process has no handle table");
            yield break;
        }
        yield return new Line($"Handle table at {table.Address:x16} with {table["HandleCount"]} entries in use");
        yield return new Line("");
        KernelObjects objects = new(session);
        foreach ((ulong handle, StructureValue entry) in HandleEntries.Of(session, table))
        {
            if (wanted is not (0 or ulong.MaxValue) && wanted != handle || entry["ObjectPointerBits"] == 0)
                continue;
            ulong body = HandleEntries.ObjectOf(session, entry);
            if (type.Length > 0 && objects.TypeName(body) != type)
                continue;
            string inherit = (entry["Attributes"] & 2) != 0 ? " (Inherit)" : "";
            yield return new Line($"{handle:x4}: Object: ", Say.Linked(body, "!object"),
                $"  GrantedAccess: {entry["GrantedAccessBits"]:x8}{inherit} Entry: {entry.Address:x16}");
            if ((flags & Objects) != 0)
                foreach (Node node in ObjectCommand.Show(session, objects, body, 1))
                    yield return node is Error error ? new Line($"    {error.Message}") : node;
            yield return new Line("");
        }
    }
}
