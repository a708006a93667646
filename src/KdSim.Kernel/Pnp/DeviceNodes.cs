using System.Runtime.InteropServices;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// The device tree: DEVICE_NODE structures in nonpaged pool, linked by Parent, Child and Sibling, each with its state and the history of its states.
/// Only the thread that runs PnP actions changes the tree.
/// </summary>
[NtData("IopRootDeviceNode", 8)]
[NtData("IopNumberDeviceNodes", 4)]
public sealed class DeviceNodes(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x646F6E44; // "Dnod"
    private const int HistoryLength = 20;

    public View<DEVICE_NODE> Root => new(Memory.ReadU64(Kernel.Data(Datum.IopRootDeviceNode)));

    /// <summary>The node of a physical device object; null if the object is none.</summary>
    public View<DEVICE_NODE> Of(Ptr<DEVICE_OBJECT> device) =>
        device.IsNull || device.View.DeviceObjectExtension.IsNull ? default : device.View.DeviceObjectExtension.View.DeviceNode;

    /// <summary>The physical device at the bottom of a stack.</summary>
    public Ptr<DEVICE_OBJECT> BottomOf(Ptr<DEVICE_OBJECT> device)
    {
        while (device.View.DeviceObjectExtension.View.AttachedTo is { IsNull: false } lower)
            device = lower;
        return device;
    }

    /// <summary>Makes a node for a device that its bus has just reported. The caller holds a reference on the device, which the node takes over.</summary>
    public View<DEVICE_NODE> Create(Ptr<DEVICE_OBJECT> device, View<DEVICE_NODE> parent)
    {
        View<DEVICE_NODE> node = new(Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, DEVICE_NODE.SizeOf, Tag));
        node.Clear();
        node.PhysicalDeviceObject = device;
        node.State = PNP_DEVNODE_STATE.DeviceNodeUninitialized;
        node.PreviousState = PNP_DEVNODE_STATE.DeviceNodeUnspecified;
        node.InterfaceType = node.ChildInterfaceType = INTERFACE_TYPE.InterfaceTypeUndefined;
        node.BusNumber = node.ChildBusNumber = 0xFFFF_FFF0;
        node.ChildBusTypeIndex = 0xFFFF;
        node.UINumber = node.Address_ = uint.MaxValue;
        foreach (int list in (ReadOnlySpan<int>)[DEVICE_NODE.Offsets.TargetDeviceNotify, DEVICE_NODE.Offsets.DeviceArbiterList,
            DEVICE_NODE.Offsets.DeviceTranslatorList, DEVICE_NODE.Offsets.PendedSetInterfaceState, DEVICE_NODE.Offsets.LegacyBusListEntry])
        {
            Memory.WriteU64(node.Address + (ulong)list, node.Address + (ulong)list);
            Memory.WriteU64(node.Address + (ulong)list + 8, node.Address + (ulong)list);
        }
        View<DEVOBJ_EXTENSION> extension = device.View.DeviceObjectExtension;
        extension.DeviceNode = node.Ptr;
        View<DEVICE_OBJECT> self = device;
        self.Flags |= DO.BUS_ENUMERATED_DEVICE;
        uint count = Memory.ReadU32(Kernel.Data(Datum.IopNumberDeviceNodes));
        Memory.WriteU32(Kernel.Data(Datum.IopNumberDeviceNodes), count + 1);
        if (parent.IsNull)
            Memory.WriteU64(Kernel.Data(Datum.IopRootDeviceNode), node.Address);
        else
            Append(node, parent);
        return node;
    }

    /// <summary>Moves a node to a state and keeps the old one in the history.</summary>
    public void SetState(View<DEVICE_NODE> node, PNP_DEVNODE_STATE state)
    {
        PNP_DEVNODE_STATE old = node.State;
        if (old == state)
            return;
        node.PreviousState = old;
        node.State = state;
        node.StateHistory.Set((int)node.StateHistoryEntry, old);
        node.StateHistoryEntry = (node.StateHistoryEntry + 1) % HistoryLength;
        Observer?.DeviceStateChanged(Cpu.Number, node.Address, (uint)old, (uint)state);
    }

    public void SetProblem(View<DEVICE_NODE> node, CmProblem problem, NtStatus status)
    {
        node.Flags |= (uint)Dnf.HAS_PROBLEM;
        node.Problem = (uint)problem;
        node.ProblemStatus = status;
    }

    public void ClearProblem(View<DEVICE_NODE> node)
    {
        node.Flags &= ~(uint)Dnf.HAS_PROBLEM;
        node.Problem = 0;
        node.ProblemStatus = NtStatus.Success;
    }

    public static bool Has(View<DEVICE_NODE> node, Dnf flag) => (node.Flags & (uint)flag) != 0;

    /// <summary>The node behind this one when the whole tree is walked from the root, parents first; null at the end.</summary>
    public View<DEVICE_NODE> Next(View<DEVICE_NODE> node)
    {
        if (!node.Child.IsNull)
            return node.Child;
        return NextOutside(node);
    }

    /// <summary>As <see cref="Next"/>, but skips what is below the node.</summary>
    public View<DEVICE_NODE> NextOutside(View<DEVICE_NODE> node)
    {
        while (!node.IsNull && node.Sibling.IsNull)
            node = node.Parent;
        return node.IsNull ? default : node.Sibling;
    }

    /// <summary>The first node of a subtree walked children first: its deepest first descendant.</summary>
    public View<DEVICE_NODE> FirstBelow(View<DEVICE_NODE> node)
    {
        while (!node.Child.IsNull)
            node = node.Child;
        return node;
    }

    /// <summary>The next of a subtree walked children first; null behind its top.</summary>
    public View<DEVICE_NODE> NextUpwards(View<DEVICE_NODE> node, View<DEVICE_NODE> top)
    {
        if (node == top)
            return default;
        return node.Sibling.IsNull ? node.Parent : FirstBelow(node.Sibling);
    }

    /// <summary>The node with this instance path, or a null view.</summary>
    public View<DEVICE_NODE> Find(string path)
    {
        for (View<DEVICE_NODE> node = Root; !node.IsNull; node = Next(node))
            if (PathOf(node).Equals(path, StringComparison.OrdinalIgnoreCase))
                return node;
        return default;
    }

    /// <summary>The first node that runs this service, or a null view.</summary>
    public View<DEVICE_NODE> FindService(string service)
    {
        for (View<DEVICE_NODE> node = Root; !node.IsNull; node = Next(node))
            if (Text(node.ServiceName).Equals(service, StringComparison.OrdinalIgnoreCase))
                return node;
        return default;
    }

    /// <summary>The instance path, such as <c>PCI\VEN_1AF5...\3&amp;...</c>.</summary>
    public string PathOf(View<DEVICE_NODE> node) => Text(node.InstancePath);

    public string Text(UNICODE_STRING text)
    {
        if (text.Length == 0)
            return "";
        var bytes = new byte[text.Length & ~1];
        Memory.Read(text.Buffer, bytes);
        return new string(MemoryMarshal.Cast<byte, char>(bytes));
    }

    public void SetPath(View<DEVICE_NODE> node, string path)
    {
        if (node.InstancePath.Buffer != 0)
            Kernel.Pool.Free(node.InstancePath.Buffer);
        node.InstancePath = Kernel.ModuleList.NewString(path);
    }

    public void SetService(View<DEVICE_NODE> node, string service)
    {
        if (node.ServiceName.Buffer != 0)
            Kernel.Pool.Free(node.ServiceName.Buffer);
        node.ServiceName = service.Length == 0 ? default : Kernel.ModuleList.NewString(service);
    }

    /// <summary>Takes a node that has no children out of the tree and frees it. The device loses its node.</summary>
    public void Delete(View<DEVICE_NODE> node)
    {
        if (!node.Child.IsNull)
            throw new InvalidOperationException($"the device node {PathOf(node)} still has children");
        SetState(node, PNP_DEVNODE_STATE.DeviceNodeDeleted);
        Unlink(node);
        View<DEVOBJ_EXTENSION> extension = node.PhysicalDeviceObject.View.DeviceObjectExtension;
        extension.DeviceNode = default;
        foreach (ulong block in (ReadOnlySpan<ulong>)[node.InstancePath.Buffer, node.ServiceName.Buffer, node.ResourceList, node.ResourceListTranslated,
            node.ResourceRequirements, node.BootResources])
            if (block != 0)
                Kernel.Pool.Free(block);
        Memory.WriteU32(Kernel.Data(Datum.IopNumberDeviceNodes), Memory.ReadU32(Kernel.Data(Datum.IopNumberDeviceNodes)) - 1);
        Kernel.Pool.Free(node.Address);
    }

    private void Append(View<DEVICE_NODE> node, View<DEVICE_NODE> parent)
    {
        node.Parent = parent.Ptr;
        node.Level = parent.Level + 1;
        if (parent.LastChild.IsNull)
            parent.Child = node.Ptr;
        else
            SetSibling(parent.LastChild, node.Ptr);
        parent.LastChild = node.Ptr;
    }

    private void Unlink(View<DEVICE_NODE> node)
    {
        View<DEVICE_NODE> parent = node.Parent, previous = default;
        for (View<DEVICE_NODE> child = parent.Child; child != node; child = child.Sibling)
            previous = child;
        if (previous.IsNull)
            parent.Child = node.Sibling;
        else
            previous.Sibling = node.Sibling;
        if (parent.LastChild == node.Ptr)
            parent.LastChild = previous.Ptr;
        node.PreviousParent = parent.Ptr;
        node.Parent = default;
    }

    private static void SetSibling(View<DEVICE_NODE> node, Ptr<DEVICE_NODE> sibling) => node.Sibling = sibling;
}
