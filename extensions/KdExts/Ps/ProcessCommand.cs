using System.Globalization;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Ps;

/// <summary><c>!process</c>: one process, or all.</summary>
[Command("!process", "!process [address|pid|-1|0 [flags [image]]]", "Show processes (flags 1 statistics, 2 threads with waits, 4 stacks)",
    Example = "!process 0 0")]
[Reads("nt!_EPROCESS", "nt!_KPROCESS", "nt!_ETHREAD", "nt!_HANDLE_TABLE", "nt!PsActiveProcessHead")]
public sealed class ProcessCommand : WordCommand
{
    const ulong Statistics = 1, Threads = 2, Stacks = 4, WithStacks = 6;
    const ulong LargestPid = 0x1000000;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong which = arguments.Value(session, 0, ulong.MaxValue);
        bool isAll = arguments.Has(0) && which == 0, isCurrent = which == ulong.MaxValue;
        ulong flags = arguments.Value(session, 1, isAll || isCurrent ? 3UL : 0xf);
        string image = arguments.Has(2) ? arguments.Values[2] : "";
        if (isAll)
            return All(session, flags, image);
        if (isCurrent)
            which = session.CurrentProcess;
        else if (which < LargestPid)
            return ById(session, which, flags);
        return ProcessNames.Process(session, which) is { } process
            ? Show(session, process, flags)
            : [new Error($"TYPE mismatch for process object at {which:x16}")];
    }

    static IEnumerable<Node> All(IDebugSession session, ulong flags, string image)
    {
        yield return new Line("**** NT ACTIVE PROCESS DUMP ****");
        foreach (StructureValue process in ProcessNames.All(session))
            if (image.Length == 0 || ProcessNames.Image(process).StartsWith(image, StringComparison.OrdinalIgnoreCase))
                foreach (Node node in Show(session, process, flags))
                    yield return node;
    }

    static IEnumerable<Node> ById(IDebugSession session, ulong id, ulong flags)
    {
        yield return new Line($"Searching for Process with Cid == {id:x}");
        foreach (StructureValue process in ProcessNames.All(session))
            if (process["UniqueProcessId"] == id)
                foreach (Node node in Show(session, process, flags))
                    yield return node;
    }

    static IEnumerable<Node> Show(IDebugSession session, StructureValue process, ulong flags)
    {
        yield return new Line("PROCESS ", Say.Linked(process.Address, "!process"));
        ulong table = process["ObjectTable"];
        ulong handles = session.Types["nt!_HANDLE_TABLE"].TryRead(table) is { IsComplete: true } read ? read["HandleCount"] : 0;
        string owner = process["Session"] == 0 ? "none" : Say.Plain(process["Session"]);
        yield return new Line($"    SessionId: {owner}  Cid: {process["UniqueProcessId"]:x4}    Peb: {process["Peb"]:x10}  " +
            $"ParentCid: {process["InheritedFromUniqueProcessId"]:x4}");
        yield return new Line($"    DirBase: {process["Pcb.DirectoryTableBase"]:x8}  ObjectTable: {table:x16}  HandleCount: {handles,3}.");
        yield return new Line($"    Image: {ProcessNames.Image(process)}");
        if ((flags & Statistics) != 0)
            foreach (Node node in Numbers(session, process))
                yield return node;
        yield return new Line("");
        if ((flags & (Threads | Stacks)) == 0)
            yield break;
        foreach (StructureValue thread in ProcessNames.Threads(session, process))
        {
            foreach (Node node in ThreadText.Show(session, thread, (flags & Stacks) != 0 ? WithStacks : 2, "        "))
                yield return node;
            yield return new Line("");
        }
    }

    static IEnumerable<Node> Numbers(IDebugSession session, StructureValue process)
    {
        ulong tick = Clock.TickLength(session), created = process["CreateTime.QuadPart"], now = Clock.SystemTime(session);
        yield return new Line($"    VadRoot {process["VadRoot"]:x16} Vads {process["VadCount"]} Modified {process["ModifiedPageCount"]}.");
        yield return new Line($"    DeviceMap {process["DeviceMap"]:x16}");
        yield return Number("Token", Say.Plain(process["Token.Object"] & ~0xfUL));
        yield return Number("ElapsedTime", Clock.Elapsed(created != 0 && now > created ? now - created : 0));
        yield return Number("UserTime", Clock.Elapsed(process["Pcb.UserTime"] * tick));
        yield return Number("KernelTime", Clock.Elapsed(process["Pcb.KernelTime"] * tick));
        yield return Number("QuotaPoolUsage[PagedPool]", process["ProcessQuotaUsage[1]"].ToString(CultureInfo.InvariantCulture));
        yield return Number("QuotaPoolUsage[NonPagedPool]", process["ProcessQuotaUsage[0]"].ToString(CultureInfo.InvariantCulture));
        yield return Number("VirtualSize", $"{process["VirtualSize"] >> 20} Mb");
        yield return Number("PeakVirtualSize", $"{process["PeakVirtualSize"] >> 20} Mb");
        yield return Number("BasePriority", process.Signed("Pcb.BasePriority").ToString(CultureInfo.InvariantCulture));
        yield return Number("CommitCharge", process["CommitCharge"].ToString(CultureInfo.InvariantCulture));
    }

    static Line Number(string name, string value) => new($"    {name,-33} {value}");
}

/// <summary><c>!stacks</c>: all threads with the routine that each stands in, nt's own frames left out.</summary>
[Command("!stacks", "!stacks [0|1|2 [filter]]", "Show where the threads of the system stand (2: whole stacks)", Example = "!stacks")]
[Reads("nt!_EPROCESS", "nt!_ETHREAD", "nt!PsActiveProcessHead")]
public sealed class StacksCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong level = arguments.Value(session, 0);
        string filter = arguments.Has(1) ? arguments.Values[1] : "";
        ulong now = Clock.TickCount(session);
        yield return new Line("Proc.Thread  .Thread  Ticks   ThreadState Blocker");
        int count = 0;
        foreach (StructureValue process in ProcessNames.All(session))
        {
            bool named = false;
            foreach (StructureValue thread in ProcessNames.Threads(session, process))
            {
                List<CallFrame> frames = StackLines.RegistersOf(session, thread) is { } registers
                    ? [.. session.Stacks.Walk(registers, 64)] : [];
                List<string> sites = [.. frames.Select(f => session.SymbolAt(f.Registers.Rip))];
                if (filter.Length > 0 && !sites.Any(s => s.Contains(filter, StringComparison.OrdinalIgnoreCase)))
                    continue;
                if (!named)
                    yield return new Line($"                            [{process.Address:x16} {ProcessNames.Image(process)}]");
                named = true;
                count++;
                string blocker = sites.FirstOrDefault(s => s.Contains('!') && !s.StartsWith("nt!", StringComparison.Ordinal)) ??
                    sites.FirstOrDefault(s => !s.StartsWith("nt!KiSwap", StringComparison.Ordinal)) ?? sites.FirstOrDefault() ?? "[no stack]";
                string state = State(thread);
                ulong ticks = now >= thread["Tcb.WaitTime"] ? now - thread["Tcb.WaitTime"] : 0;
                yield return new Line($"{process["UniqueProcessId"],4:x}.{thread["Cid.UniqueThread"]:x6}  ", Say.Linked(thread.Address, "!thread"),
                    $" {ticks:x7} {state,-10} {blocker}");
                if (level >= 2)
                    foreach (string site in sites)
                        yield return new Line($"                                        {site}");
            }
        }
        yield return new Line("");
        yield return new Line($"Threads Processed: {count}");
    }

    static string State(StructureValue thread) => (KTHREAD_STATE)thread["Tcb.State"] switch
    {
        KTHREAD_STATE.Running => "RUNNING",
        KTHREAD_STATE.Waiting => "Blocked",
        _ => ThreadText.StateName(thread),
    };
}
