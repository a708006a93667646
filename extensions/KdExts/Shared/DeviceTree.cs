using KdSim.Debugging.Structures;

namespace KdExts.Shared;

/// <summary>The nodes of the device tree, parents before children.</summary>
static class DeviceTree
{
    const int MostNodes = 16384;

    public static IEnumerable<StructureValue> Nodes(IDebugSession session)
    {
        StructureLayout type = session.Types["nt!_DEVICE_NODE"];
        Stack<ulong> left = new([session.ReadPointer(session.AddressOf("nt!IopRootDeviceNode"))]);
        HashSet<ulong> seen = [];
        while (left.TryPop(out ulong at))
        {
            if (at == 0 || seen.Count >= MostNodes || !seen.Add(at) || type.TryRead(at) is not { IsComplete: true } node)
                continue;
            yield return node;
            left.Push(node["Sibling"]);
            left.Push(node["Child"]);
        }
    }
}
