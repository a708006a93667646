using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// Brings the device tree to a quiet state: each node is moved on from state to state until it is started or has a problem, and each bus that
/// asked for it is enumerated. Only on the thread that runs PnP actions.
/// </summary>
public sealed class DeviceEnumeration(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint MostChildren = 1024;

    [NtRoutine("PipProcessDevNodeTree")]
    public async KTask PipProcessDevNodeTree()
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.Root;
        while (!node.IsNull)
        {
            while (await Step(node))
            {
            }
            node = Kernel.DeviceNodes.Next(node);
        }
        await RemoveMissing();
    }

    /// <summary>Does what the state of the node asks for next; false if there is nothing.</summary>
    private async KTask<bool> Step(View<DEVICE_NODE> node)
    {
        if (DeviceNodes.Has(node, Dnf.HAS_PROBLEM | Dnf.DEVICE_GONE))
            return false;
        switch (node.State)
        {
            case PNP_DEVNODE_STATE.DeviceNodeUninitialized:
                NtStatus status = await Guest.Call(Stub.PiProcessNewDeviceNode, node.Address);
                if (!status.IsSuccess)
                    node.Flags |= (uint)Dnf.DEVICE_GONE; // A device that does not say who it is never becomes one.
                return status.IsSuccess;
            case PNP_DEVNODE_STATE.DeviceNodeInitialized:
                return ((NtStatus)await Guest.Call(Stub.PipCallDriverAddDevice, node.Address)).IsSuccess;
            case PNP_DEVNODE_STATE.DeviceNodeDriversAdded:
                status = await Guest.Call(Stub.PnpAssignResourcesToDevice, node.Address);
                if (!status.IsSuccess)
                    Kernel.DeviceNodes.SetProblem(node, CmProblem.NORMAL_CONFLICT, status);
                return status.IsSuccess;
            case PNP_DEVNODE_STATE.DeviceNodeResourcesAssigned:
                return ((NtStatus)await Guest.Call(Stub.PnpStartDeviceNode, node.Address)).IsSuccess;
            case PNP_DEVNODE_STATE.DeviceNodeStarted when DeviceNodes.Has(node, Dnf.NON_STOPPED_REBALANCE):
                node.Flags &= ~(uint)(Dnf.NON_STOPPED_REBALANCE | Dnf.RESOURCE_REQUIREMENTS_CHANGED);
                return ((NtStatus)await Guest.Call(Stub.PnpRebalance, node.Address)).IsSuccess;
            case PNP_DEVNODE_STATE.DeviceNodeStarted when DeviceNodes.Has(node, Dnf.REENUMERATE):
                await Guest.Call(Stub.PipEnumerateDevice, node.Address);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Asks a bus for its children: nodes for new ones, a mark on those that it no longer reports.</summary>
    [NtRoutine("PipEnumerateDevice")]
    public async KTask<NtStatus> PipEnumerateDevice(Ptr<DEVICE_NODE> DeviceNode)
    {
        View<DEVICE_NODE> node = DeviceNode;
        node.Flags &= ~(uint)Dnf.REENUMERATE;
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeEnumeratePending);
        ulong request = Kernel.PnpIrps.NewRequest();
        NtStatus status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_DEVICE_RELATIONS,
            (ulong)DEVICE_RELATION_TYPE.BusRelations);
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeEnumerateCompletion);
        View<DEVICE_RELATIONS> relations = new(status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0);
        if (status.IsSuccess)
        {
            MarkChildren(node);
            for (uint i = 0; !relations.IsNull && i < Math.Min(relations.Count, MostChildren); i++)
            {
                Ptr<DEVICE_OBJECT> child = (Ptr<DEVICE_OBJECT>)Memory.ReadU64(relations.Address + 8 + i * 8UL);
                View<DEVICE_NODE> known = Kernel.DeviceNodes.Of(child);
                if (known.IsNull)
                    known = Kernel.DeviceNodes.Create(child, node);
                else
                    await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], child); // The node holds its own reference.
                known.Flags |= (uint)Dnf.ENUMERATED;
            }
            if (!relations.IsNull)
                Kernel.Pool.Free(relations.Address);
            MarkMissing(node);
        }
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeStarted);
        return status;
    }

    private static void MarkChildren(View<DEVICE_NODE> node)
    {
        for (View<DEVICE_NODE> child = node.Child; !child.IsNull; child = child.Sibling)
            child.Flags &= ~(uint)Dnf.ENUMERATED;
    }

    /// <summary>A child that is not reported any more has gone; nodes that the PnP manager itself made up stay.</summary>
    private static void MarkMissing(View<DEVICE_NODE> node)
    {
        for (View<DEVICE_NODE> child = node.Child; !child.IsNull; child = child.Sibling)
            if (!DeviceNodes.Has(child, Dnf.ENUMERATED) && !DeviceNodes.Has(child, Dnf.MADEUP))
                child.Flags |= (uint)Dnf.DEVICE_GONE;
    }

    private async KTask RemoveMissing()
    {
        while (FindMissing() is { IsNull: false } gone)
            await Kernel.DeviceRemoval.RemoveGone(gone);
    }

    private View<DEVICE_NODE> FindMissing()
    {
        for (View<DEVICE_NODE> node = Kernel.DeviceNodes.Root; !node.IsNull; node = Kernel.DeviceNodes.Next(node))
            if (DeviceNodes.Has(node, Dnf.DEVICE_GONE) && node.State != PNP_DEVNODE_STATE.DeviceNodeDeletePendingCloses)
                return node;
        return default;
    }
}
