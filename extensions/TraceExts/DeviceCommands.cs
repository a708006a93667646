using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;
using KdSim.Nt;

namespace TraceExts;

/// <summary><c>!irp</c> from events.</summary>
[Command("!irp", "!irp [address]", "Show a request or all that are not freed, as far as the trace tells", Example = "!irp")]
[Command("!irpfind", "!irpfind", "List the requests that are not freed, as far as the trace tells")]
public sealed class IrpFromEvents : EventStateCommand
{
    protected override IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session, IEventState state)
    {
        if (Address(arguments, session) is not { } address)
        {
            yield return new Line("Irp                [Thread]  (Mj,Mn) Device           [Driver]  State");
            foreach (RequestActivity request in state.Requests)
            {
                RequestHop? last = request.Hops.Count > 0 ? request.Hops[^1] : null;
                yield return new Line(Known(request.Irp, "!irp"),
                    $"   [{request.Thread?.ToString("x4") ?? "?",6}]  ({last?.Major ?? 0,2:x},{last?.Minor ?? 0,2:x}) ",
                    last is null ? new Text($"{"",16}") : Known(last.Device, "!devstack"), $" [{last?.Driver ?? "not sent yet"}]  {StateOf(request)}");
            }
            yield break;
        }
        RequestActivity one = state.Requests.FirstOrDefault(request => request.Irp == address)
            ?? throw new CommandException($"{address:x16}: the trace knows no IRP there at this time");
        yield return new Line($"Irp is {StateOf(one)}; thread {one.Thread?.ToString("x4") ?? "?"}, first seen at {Time(one.Since)}");
        yield return new Line("     cmd  routine, device, driver, what it returned");
        foreach (RequestHop hop in one.Hops)
        {
            string function = IrpNames.Minor(hop.Major, hop.Minor) ?? IrpNames.Major(hop.Major);
            yield return new Line($" [{function}({hop.Major:x}), {hop.Minor:x}] ", Code(session, hop.Routine), "  ", Known(hop.Device, "!devstack"),
                $"  {hop.Driver}  ", hop.Status is { } status ? NtStatusText(status) : "has not returned");
        }
        if (one.ControlCode != 0)
            yield return new Line($"  Control code {one.ControlCode:x}");
        yield return new Line("  ? stack locations, buffers and MDLs are not in a trace");
    }

    static string StateOf(RequestActivity request) =>
        (request.Completed is { } status ? $"completed with {NtStatusText(status)}" : "under way") + (request.IsCancelled ? ", cancelled" : "");

    static string NtStatusText(uint status) => NtStatusNames.Find(status) ?? $"0x{status:x8}";
}

/// <summary><c>!devstack</c> from events.</summary>
[Command("!devstack", "!devstack [address]", "Show a device stack or all devices, as far as the trace tells", Example = "!devstack")]
public sealed class DeviceStackFromEvents : EventStateCommand
{
    protected override IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session, IEventState state)
    {
        Dictionary<ulong, DeviceActivity> devices = state.Devices.ToDictionary(device => device.Device);
        yield return new Line("  !DevObj           !DrvObj            ObjectName");
        if (Address(arguments, session) is not { } address)
        {
            foreach (DeviceActivity device in state.Devices) yield return Row(" ", device);
            yield break;
        }
        if (!devices.TryGetValue(address, out DeviceActivity? wanted))
            throw new CommandException($"{address:x16}: the trace knows no device object there at this time");
        DeviceActivity top = wanted;
        var seen = new HashSet<ulong>();
        while (seen.Add(top.Device) && state.Devices.FirstOrDefault(device => device.Lower == top.Device) is { } above) top = above;
        seen.Clear();
        for (DeviceActivity? device = top; device is not null && seen.Add(device.Device); device = devices.GetValueOrDefault(device.Lower))
        {
            yield return Row(device.Device == address ? ">" : " ", device);
            if (device.Lower != 0 && !devices.ContainsKey(device.Lower)) yield return new Line($"  {device.Lower:x16}  ? created before the trace began");
            if (device.Lower == 0 && state.Nodes.FirstOrDefault(node => node.PhysicalDevice == device.Device) is { } node)
            {
                yield return new Line("!DevNode ", Known(node.Node, "!devnode"), " :");
                yield return new Line($"  DeviceInst is \"{node.InstancePath}\"");
                if (node.Service.Length > 0) yield return new Line($"  ServiceName is \"{node.Service}\"");
            }
        }
    }

    static Line Row(string mark, DeviceActivity device) => new($"{mark} ", Known(device.Device, "!devstack"), $"  {device.DriverName,-18} {device.Name}");
}

/// <summary><c>!devnode</c> from events.</summary>
[Command("!devnode", "!devnode [address]", "Show a device node or the tree, as far as the trace tells", Example = "!devnode 0 1")]
public sealed class DeviceNodeFromEvents : EventStateCommand
{
    protected override IEnumerable<Node> Run(EventStateArguments arguments, IDebugSession session, IEventState state)
    {
        if (Address(arguments, session) is { } address)
        {
            NodeActivity node = state.Nodes.FirstOrDefault(each => each.Node == address)
                ?? throw new CommandException($"{address:x16}: the trace knows no device node there at this time");
            foreach (Node line in Show(node, 0)) yield return line;
            yield break;
        }
        if (state.Nodes.Count == 0)
            yield return new Line("No device node is known: none has changed its state, or the trace has no such events");
        HashSet<ulong> known = [.. state.Nodes.Select(node => node.Node)];
        foreach (NodeActivity root in state.Nodes.Where(node => !known.Contains(node.Parent)))
            foreach (Node line in Tree(state, root, 0))
                yield return line;
    }

    static IEnumerable<Node> Tree(IEventState state, NodeActivity node, int depth)
    {
        const int Deepest = 64;
        foreach (Node line in Show(node, depth)) yield return line;
        if (depth == Deepest) yield break;
        foreach (NodeActivity child in state.Nodes.Where(each => each.Parent == node.Node))
            foreach (Node line in Tree(state, child, depth + 1))
                yield return line;
    }

    static IEnumerable<Node> Show(NodeActivity node, int depth)
    {
        string indent = new(' ', 2 * depth);
        yield return new Line($"{indent}DevNode ", Known(node.Node, "!devnode"), " for PDO ", Known(node.PhysicalDevice, "!devstack"));
        yield return new Line($"{indent}  InstancePath is \"{node.InstancePath}\"");
        if (node.Service.Length > 0) yield return new Line($"{indent}  ServiceName is \"{node.Service}\"");
        string problem = node.Problem == 0 ? "" : $", problem 0x{node.Problem:x}";
        yield return new Line($"{indent}  State = {(PNP_DEVNODE_STATE)node.State} (0x{node.State:x}){problem}");
    }
}
