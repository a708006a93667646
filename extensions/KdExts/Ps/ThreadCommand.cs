using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Ps;

/// <summary><c>!thread</c>: a thread, what it waits for, its requests and its stack.</summary>
[Command("!thread", "!thread [-p] [-t] [address|-1 [flags]]", "Show a thread (flags 2 waits, 4 stack)", Example = "!thread")]
[Reads("nt!_ETHREAD", "nt!_KTHREAD", "nt!_EPROCESS", "nt!_KWAIT_BLOCK", "nt!_DISPATCHER_HEADER", "nt!_IRP", "nt!_KPRCB",
    "nt!_KUSER_SHARED_DATA")]
public sealed class ThreadCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Value(session, 0, ulong.MaxValue);
        if (address == ulong.MaxValue)
            address = session.CurrentThread;
        if (ProcessNames.Thread(session, address) is not { } thread)
            return [new Error($"{address:x16}: Unable to get thread contents (not a thread)")];
        return ThreadText.Show(session, thread, arguments.Value(session, 1, 6), "");
    }
}

/// <summary>A thread as text, for the commands that show threads.</summary>
static class ThreadText
{
    const int MostIrps = 512;
    const int MostWaits = 64;
    const ulong Waits = 2, Stack = 4;

    public static IEnumerable<Node> Show(IDebugSession session, StructureValue thread, ulong flags, string indent)
    {
        yield return new Line(indent, "THREAD ", Say.Linked(thread.Address, "!thread"),
            $"  Cid {thread["Cid.UniqueProcess"]:x4}.{thread["Cid.UniqueThread"]:x4}  Teb: {thread["Tcb.Teb"]:x16} " +
            $"Win32Thread: {thread["Tcb.Win32Thread"]:x16} {State(session, thread)}");
        if ((flags & Waits) != 0)
            foreach (Node node in WaitObjects(session, thread, indent))
                yield return node;
        if ((flags & Stack) == 0)
            yield break;
        foreach (Node node in Irps(session, thread, indent))
            yield return node;
        foreach (Node node in Details(session, thread, indent))
            yield return node;
        if (StackLines.RegistersOf(session, thread) is not { } registers)
        {
            yield return new Line($"{indent}The registers of this thread cannot be found.");
            yield break;
        }
        yield return new Line($"{indent}{StackLines.Header}");
        foreach (Node node in StackLines.Of(session, registers, isCurrent: thread["Tcb.Process"] == session.CurrentProcess))
            yield return indent.Length == 0 ? node : new Line(indent, Trimmed(node));
        yield return new Line("");
    }

    static Node Trimmed(Node node) => node is Line line ? new Text(string.Concat(line.Cells.Select(Flat))) : node;

    static string Flat(Node node) => node switch
    {
        Text text => text.Value,
        Address address => Addresses.Format(address.Value, address.Style),
        Symbol symbol => symbol.Name,
        _ => "",
    };

    public static string StateName(StructureValue thread) =>
        Enum.GetName((KTHREAD_STATE)thread["Tcb.State"]) ?? $"0x{thread["Tcb.State"]:x}";

    static string State(IDebugSession session, StructureValue thread) => (KTHREAD_STATE)thread["Tcb.State"] switch
    {
        KTHREAD_STATE.Running => $"RUNNING on processor {Processors.RunningOn(session, thread.Address) ?? (int)thread["Tcb.NextProcessor"]:x}",
        KTHREAD_STATE.Ready or KTHREAD_STATE.DeferredReady => $"READY on processor {thread["Tcb.NextProcessor"]:x}",
        KTHREAD_STATE.Standby => "STANDBY",
        KTHREAD_STATE.Terminated => "TERMINATED",
        KTHREAD_STATE.Initialized => "INITIALIZED",
        KTHREAD_STATE.Waiting => $"WAIT: ({Reason(thread)}) {(thread["Tcb.WaitMode"] == 0 ? "KernelMode" : "UserMode")} " +
            $"{(thread.TryGet("Tcb.Alertable", out ulong alertable) && alertable != 0 ? "Alertable" : "Non-Alertable")}",
        KTHREAD_STATE.Transition => "TRANSITION",
        _ => $"state 0x{thread["Tcb.State"]:x}",
    };

    public static string Reason(StructureValue thread) =>
        Enum.GetName((KWAIT_REASON)thread["Tcb.WaitReason"]) ?? $"0x{thread["Tcb.WaitReason"]:x}";

    static IEnumerable<Node> WaitObjects(IDebugSession session, StructureValue thread, string indent)
    {
        if ((KTHREAD_STATE)thread["Tcb.State"] != KTHREAD_STATE.Waiting)
            yield break;
        StructureLayout type = session.Types["nt!_KWAIT_BLOCK"];
        HashSet<ulong> seen = [];
        for (ulong at = thread["Tcb.WaitBlockList"]; at != 0 && seen.Count < MostWaits && seen.Add(at);)
        {
            if (type.TryRead(at) is not { IsComplete: true } block || block["Object"] == 0)
                yield break;
            yield return new Line($"{indent}    ", Say.Linked(block["Object"], "dt nt!_DISPATCHER_HEADER"), "  ",
                ObjectText(session, thread, block["Object"]));
            at = block["NextWaitBlock"];
        }
    }

    static string ObjectText(IDebugSession session, StructureValue thread, ulong address)
    {
        if (session.Types["nt!_DISPATCHER_HEADER"].TryRead(address) is not { IsComplete: true } header)
            return "unreadable";
        switch ((KOBJECTS)(header["Type"] & 0x7f))
        {
            case KOBJECTS.EventNotificationObject: return "NotificationEvent";
            case KOBJECTS.EventSynchronizationObject: return "SynchronizationEvent";
            case KOBJECTS.SemaphoreObject:
                return $"Semaphore Limit 0x{session.Types["nt!_KSEMAPHORE"].TryRead(address)?["Limit"] ?? 0:x}";
            case KOBJECTS.MutantObject:
                return $"Mutant - owning thread {session.Types["nt!_KMUTANT"].TryRead(address)?["OwnerThread"] ?? 0:x16}";
            case KOBJECTS.ThreadObject: return "Thread";
            case KOBJECTS.ProcessObject: return "ProcessObject";
            case KOBJECTS.QueueObject: return "QueueObject";
            case KOBJECTS.GateObject: return "Gate";
            case KOBJECTS.TimerNotificationObject: return "NotificationTimer";
            case KOBJECTS.TimerSynchronizationObject: return "SynchronizationTimer";
            default: return $"an object of type 0x{header["Type"]:x}";
        }
    }

    static IEnumerable<Node> Irps(IDebugSession session, StructureValue thread, string indent)
    {
        List<StructureValue> irps = [.. session.Types["nt!_IRP"].List(thread.AddressOf("IrpList"), "ThreadListEntry", MostIrps)];
        if (irps.Count == 0)
            yield break;
        yield return new Line($"{indent}IRP List:");
        foreach (StructureValue irp in irps)
            yield return new Line($"{indent}    ", Say.Linked(irp.Address, "!irp"),
                $": ({irp["Type"]:x4},{irp["Size"]:x4}) Flags: {irp["Flags"]:x8}  Mdl: {Say.Short(irp["MdlAddress"])}");
    }

    static IEnumerable<Node> Details(IDebugSession session, StructureValue thread, string indent)
    {
        ulong owner = thread["Tcb.Process"], attached = thread["Tcb.ApcState.Process"], tick = Clock.TickLength(session);
        bool impersonates = thread.TryGet("ActiveImpersonationInfo", out ulong impersonation) && impersonation != 0;
        yield return new Line($"{indent}{(impersonates ? "Impersonating" : "Not impersonating")}");
        if (ProcessNames.Process(session, owner) is { } process)
        {
            yield return new Line($"{indent}DeviceMap                 {Say.Plain(process["DeviceMap"])}");
            yield return new Line($"{indent}Owning Process            ", Say.Linked(owner, "!process"), 
                $"       Image:         {ProcessNames.Image(process)}");
        }
        yield return attached != owner && attached != 0
            ? new Line($"{indent}Attached Process          ", Say.Linked(attached, "!process"),
                $"       Image:         {ProcessNames.ImageOf(session, attached)}")
            : new Line($"{indent}Attached Process          N/A            Image:         N/A");
        ulong since = thread["Tcb.WaitTime"], ticks = Clock.TickCount(session) is var now && now >= since ? now - since : 0;
        yield return new Line($"{indent}Wait Start TickCount      {since,-14} Ticks: {ticks} ({Clock.ElapsedDays(ticks * tick)})");
        yield return new Line($"{indent}Context Switch Count      {thread["Tcb.ContextSwitches"],-14} " +
            $"IdealProcessor: {thread["Tcb.IdealProcessor"]}             ");
        yield return new Line($"{indent}UserTime                  {Clock.Elapsed(thread["Tcb.UserTime"] * tick)}");
        yield return new Line($"{indent}KernelTime                {Clock.Elapsed(thread["Tcb.KernelTime"] * tick)}");
        if (thread["Win32StartAddress"] is var start and not 0)
            yield return new Line($"{indent}Win32 Start Address ", StartText(session, start));
        else if (thread["StartAddress"] is var kernelStart and not 0)
            yield return new Line($"{indent}Start Address ", StartText(session, kernelStart));
        yield return new Line($"{indent}Stack Init {thread["Tcb.InitialStack"]:x16} Current {thread["Tcb.KernelStack"]:x16}");
        yield return new Line($"{indent}Base {thread["Tcb.StackBase"]:x16} Limit {thread["Tcb.StackLimit"]:x16} " +
            $"Call {thread["Tcb.CallbackStack"]:x16}");
        yield return new Line($"{indent}Priority {thread.Signed("Tcb.Priority")} BasePriority {thread.Signed("Tcb.BasePriority")} " +
            $"PriorityDecrement {thread["Tcb.PriorityDecrement"]:x}");
    }

    static Node StartText(IDebugSession session, ulong start) => session.Symbols.TryGetName(start, out string name, out ulong displacement)
        ? new Symbol($"{name}{(displacement == 0 ? "" : $"+0x{displacement:x}")} (0x{start:x16})", start)
        : new Address(start, AddressStyle.Prefixed);
}
