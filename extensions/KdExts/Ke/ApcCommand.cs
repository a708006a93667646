using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ke;

/// <summary><c>!apc</c>: asynchronous procedure calls that wait for their threads, or one of them.</summary>
[Command("!apc", "!apc [proc process | thre thread | address]", "Show queued APCs of all threads, a process, a thread, or one APC", Example = "!apc")]
[Reads("nt!_KAPC", "nt!_KAPC_STATE", "nt!_ETHREAD", "nt!_EPROCESS", "nt!PsActiveProcessHead")]
public sealed class ApcCommand : WordCommand
{
    const int MostApcs = 4096;
    const ulong ApcObject = 18;

    static readonly string[] Modes = ["KERNEL", "USER"];

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        string kind = arguments.Has(0) ? arguments.Values[0].ToLowerInvariant() : "";
        if (kind is "thre" or "proc")
            return kind == "thre" ? OfThread(session, arguments.Address(session, 1)) : OfProcess(session, arguments.Address(session, 1));
        return kind.Length > 0 ? One(session, arguments.Address(session)) : All(session);
    }

    static IEnumerable<Node> All(IDebugSession session)
    {
        yield return new Line("*** Enumerating APCs in all processes");
        foreach (StructureValue process in ProcessNames.All(session))
            foreach (Node node in Process(session, process))
                yield return node;
    }

    static IEnumerable<Node> OfProcess(IDebugSession session, ulong address) => ProcessNames.Process(session, address) is { } process
        ? Process(session, process) : [new Error($"TYPE mismatch for process object at {address:x16}")];

    static IEnumerable<Node> OfThread(IDebugSession session, ulong address) => ProcessNames.Thread(session, address) is { } thread
        ? Thread(session, thread) : [new Error($"{address:x16}: is not a thread")];

    static IEnumerable<Node> Process(IDebugSession session, StructureValue process)
    {
        yield return new Line("Process ", Say.Linked(process.Address, "!process"), $" {ProcessNames.Image(process)}");
        foreach (StructureValue thread in ProcessNames.Threads(session, process))
            foreach (Node node in Thread(session, thread))
                yield return node;
    }

    /// <summary>Two states: of the process that the thread is attached to, and of its own while it is attached elsewhere.</summary>
    static IEnumerable<Node> Thread(IDebugSession session, StructureValue thread)
    {
        StructureLayout apc = session.Types["nt!_KAPC"];
        foreach ((string state, int index) in (IEnumerable<(string, int)>)[("Tcb.ApcState", 0), ("Tcb.SavedApcState", 1)])
            for (int mode = 0; mode < Modes.Length; mode++)
            {
                if (!thread.Has($"{state}.ApcListHead[{mode}]"))
                    continue;
                ulong head = thread.AddressOf($"{state}.ApcListHead[{mode}]");
                List<StructureValue> queued = [.. apc.List(head, "ApcListEntry", MostApcs)];
                if (queued.Count == 0)
                    continue;
                yield return new Line("    Thread ", Say.Linked(thread.Address, "!thread"), $" ApcStateIndex {index} ApcListHead {head:x16} [{Modes[mode]}]");
                foreach (StructureValue each in queued)
                    foreach (Node node in Show(session, each, "        "))
                        yield return node;
            }
    }

    static IEnumerable<Node> One(IDebugSession session, ulong address) =>
        session.Types["nt!_KAPC"].TryRead(address) is { IsComplete: true } apc && apc["Type"] == ApcObject
            ? Show(session, apc, "") : [new Error($"{address:x16}: is not an APC")];

    static IEnumerable<Node> Show(IDebugSession session, StructureValue apc, string indent)
    {
        yield return new Line(indent, "KAPC @ ", new Link($"{apc.Address:x16}", $"dt nt!_KAPC {apc.Address:x16}"));
        yield return new Line($"{indent}  Type           {apc["Type"]:x}");
        foreach (string routine in (IEnumerable<string>)["KernelRoutine", "RundownRoutine", "NormalRoutine"])
            yield return apc[routine] is var address and not 0
                ? new Line($"{indent}  {routine,-14} {address:x16} ", Say.Code(session, address))
                : new Line($"{indent}  {routine,-14} {0:x16}");
    }
}
