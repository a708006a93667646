using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Pnp;

/// <summary><c>!devnode</c>: nodes of the device tree.</summary>
[Command("!devnode", "!devnode address [flags [service]]",
    "Show device nodes: 0 is the root; flags 1 children, 2 used, 4 required, 8 translated resources, 0x10 only not started, 0x20 only problems",
    Example = "!devnode 0 1")]
[Reads("nt!_DEVICE_NODE", "nt!_DEVICE_OBJECT", "nt!IopRootDeviceNode", "nt!_CM_RESOURCE_LIST")]
public sealed class DeviceNodeCommand : WordCommand
{
    const ulong Children = 1, Used = 2, Required = 4, Translated = 8, OnlyNotStarted = 0x10, OnlyProblems = 0x20;
    const int Deepest = 64;
    const int MostNodes = 16384;

    sealed record Request(IDebugSession Session, ulong Flags, string Service)
    {
        public HashSet<ulong> Seen { get; } = [];
    }

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong address = arguments.Value(session, 0), flags = arguments.Value(session, 1);
        Request request = new(session, flags, arguments.Has(2) ? arguments.Values[2] : "");
        if (address is 1 or 2 && arguments.Has(0))
        {
            foreach (Node node in Pending(session, address))
                yield return node;
            yield break;
        }
        if (address == 0)
        {
            address = session.ReadPointer(session.AddressOf("nt!IopRootDeviceNode"));
            yield return new Line($"Dumping IopRootDeviceNode (= 0x{address:x16})");
        }
        if (Read(session, address) is not { } root)
        {
            yield return new Error($"{address:x16}: is not a device node");
            yield break;
        }
        foreach (Node node in Show(request, root, 0))
            yield return node;
    }

    static StructureValue? Read(IDebugSession session, ulong address) =>
        address != 0 && session.Types["nt!_DEVICE_NODE"].TryRead(address) is { IsComplete: true } node &&
        node["State"] is >= 0x300 and < 0x340 ? node : null;

    /// <summary>Device objects whose removal or ejection waits for something.</summary>
    static IEnumerable<Node> Pending(IDebugSession session, ulong which)
    {
        string name = which == 1 ? "nt!IopPendingSurpriseRemovals" : "nt!IopPendingEjects";
        if (!session.Symbols.TryGetAddress(name, out ulong head))
        {
            yield return new Error($"The symbols of this target have no {name}");
            yield break;
        }
        bool empty = session.TryReadPointer(head, out ulong first) && (first == head || first == 0);
        yield return new Line(empty
            ? $"No pending {(which == 1 ? "removals" : "ejects")}"
            : $"Pending {(which == 1 ? "removals" : "ejects")} at {first:x16}");
    }

    static IEnumerable<Node> Show(Request request, StructureValue node, int depth)
    {
        if (!request.Seen.Add(node.Address) || request.Seen.Count > MostNodes)
        {
            yield return new Line($"{Indent(depth)}DevNode 0x{node.Address:x16} was shown already: the tree is damaged");
            yield break;
        }
        if (Wanted(request, node))
            foreach (Node line in One(request, node, Indent(depth), depth == 0 && (request.Flags & Children) == 0))
                yield return line;
        if ((request.Flags & Children) == 0 || depth >= Deepest)
            yield break;
        ulong at = node["Child"];
        while (at != 0)
        {
            if (Read(request.Session, at) is not { } child)
            {
                yield return new Line($"{Indent(depth + 1)}*** ERROR: {at:x16} is not a device node");
                yield break;
            }
            if (request.Seen.Contains(at))
            {
                yield return new Line($"{Indent(depth + 1)}*** ERROR: the list of children comes back to {at:x16}");
                yield break;
            }
            foreach (Node line in Show(request, child, depth + 1))
                yield return line;
            at = child["Sibling"];
        }
    }

    static bool Wanted(Request request, StructureValue node)
    {
        if (request.Service.Length > 0 && !node.UnicodeString("ServiceName").Equals(request.Service, StringComparison.OrdinalIgnoreCase))
            return false;
        if ((request.Flags & OnlyProblems) != 0 && node["Problem"] == 0)
            return false;
        return (request.Flags & OnlyNotStarted) == 0 || node["State"] != Value(node, "State", "DeviceNodeStarted");
    }

    static ulong Value(StructureValue node, string field, string name) =>
        (ulong)node.Layout.Field(field).Type.Values.FirstOrDefault(v => v.Key == name).Value;

    static string Indent(int depth) => new(' ', depth * 2);

    static IEnumerable<Node> One(Request request, StructureValue node, string indent, bool full)
    {
        yield return new Line($"{indent}DevNode ", new Link($"0x{node.Address:x16}", $"!devnode {node.Address:x16}"), " for PDO ",
            new Link($"0x{node["PhysicalDeviceObject"]:x16}", $"!devobj {node["PhysicalDeviceObject"]:x16}"));
        string inner = indent + "  ";
        if (full)
            yield return new Line($"{inner}Parent 0x{node["Parent"]:x16}   Sibling 0x{node["Sibling"]:x16}   Child 0x{node["Child"]:x16}   ");
        yield return new Line($"{inner}InstancePath is \"{node.UnicodeString("InstancePath")}\"");
        if (node.UnicodeString("ServiceName") is { Length: > 0 } service)
            yield return new Line($"{inner}ServiceName is \"{service}\"");
        yield return new Line($"{inner}State = {State(node, "State")}");
        if (full || node["PreviousState"] != 0 && node["Parent"] == 0)
            yield return new Line($"{inner}Previous State = {State(node, "PreviousState")}");
        if (full)
            foreach (Node line in Details(node, inner))
                yield return line;
        if (node["Problem"] is var problem and not 0)
        {
            yield return new Line($"{inner}Problem = {Problems.Name(problem)}");
            if (node["ProblemStatus"] is var status and not 0)
                yield return new Line($"{inner}Problem Status = 0x{status:x8}");
        }
        foreach ((ulong flag, string field, string title) in Resources)
            if ((request.Flags & flag) != 0 && node[field] is var list and not 0)
            {
                yield return new Line($"{inner}{title} = {list:x16}");
                IEnumerable<Node> lines = field == "ResourceRequirements"
                    ? ResourceText.Requirements(request.Session, list, inner + "  ")
                    : ResourceText.List(request.Session, list, inner + "  ");
                foreach (Node line in lines)
                    yield return line;
            }
    }

    static readonly (ulong, string, string)[] Resources =
    [
        (Used, "ResourceList", "CmResourceList"), (Used, "BootResources", "BootResourcesList"),
        (Required, "ResourceRequirements", "IoResList"), (Translated, "ResourceListTranslated", "TranslatedResourceList"),
    ];

    static string State(StructureValue node, string field) => $"{node.EnumName(field)} (0x{node[field]:x})";

    static IEnumerable<Node> Details(StructureValue node, string inner)
    {
        IReadOnlyList<ulong> history = node.Array("StateHistory");
        int entry = (int)Math.Min(node["StateHistoryEntry"], 1000);
        int shown = 0;
        for (int i = 1; i <= history.Count; i++)
        {
            int index = ((entry - i) % history.Count + history.Count) % history.Count;
            if (history[index] == 0)
                break;
            string name = node.Layout.Field("State").Type.Values.FirstOrDefault(v => v.Value == (long)history[index]).Key ?? "Unknown";
            yield return new Line($"{inner}StateHistory[{index:d2}] = {name} (0x{history[index]:x})");
            shown++;
        }
        if (shown == 0)
            yield return new Line($"{inner}StateHistory is empty");
        yield return new Line($"{inner}Flags (0x{node["Flags"]:x8})  {Say.Bits(node["Flags"], Problems.NodeFlags)}".TrimEnd(' '));
        if (node["UserFlags"] is var user and not 0)
            yield return new Line($"{inner}UserFlags (0x{user:x8})  {Say.Bits(user, Problems.UserFlags)}".TrimEnd(' '));
        if (node["DisableableDepends"] is var depends and not 0)
            yield return new Line($"{inner}DisableableDepends = {depends} (including self)");
    }
}
