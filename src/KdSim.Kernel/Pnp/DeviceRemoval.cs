using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// Takes devices away, children first: a query that every driver may veto before an orderly removal, SURPRISE_REMOVAL before the removal of
/// hardware that has gone. Also stop and start again (rebalance). Only on the thread that runs PnP actions.
/// </summary>
public sealed class DeviceRemoval(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Asks the whole subtree, then removes it. STATUS_SUCCESS, or the veto (all who had agreed have got CANCEL_REMOVE).</summary>
    [NtRoutine("PnpQueryAndRemoveDevice")]
    public async KTask<NtStatus> PnpQueryAndRemoveDevice(Ptr<DEVICE_NODE> DeviceNode)
    {
        View<DEVICE_NODE> top = DeviceNode;
        ulong request = Kernel.PnpIrps.NewRequest();
        NtStatus status = await Kernel.PnpNotifications.TargetQueryRemove(top);
        View<DEVICE_NODE> node = Kernel.DeviceNodes.FirstBelow(top);
        while (status.IsSuccess && !node.IsNull)
        {
            if (IsStarted(node))
            {
                status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_REMOVE_DEVICE);
                if (!status.IsSuccess)
                    await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.CANCEL_REMOVE_DEVICE);
                else
                    Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeQueryRemoved);
            }
            node = Kernel.DeviceNodes.NextUpwards(node, top);
        }
        if (!status.IsSuccess)
        {
            for (node = top; !node.IsNull && node != Kernel.DeviceNodes.NextOutside(top); node = Kernel.DeviceNodes.Next(node))
                if (node.State == PNP_DEVNODE_STATE.DeviceNodeQueryRemoved)
                {
                    await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.CANCEL_REMOVE_DEVICE);
                    Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeStarted);
                }
            await Kernel.PnpNotifications.TargetRemoveCancelled(top);
            return status;
        }
        await RemoveTree(top);
        return NtStatus.Success;
    }

    /// <summary>Hardware has gone: SURPRISE_REMOVAL from the top of the subtree down its children, then removal from the bottom up.</summary>
    public async KTask SurpriseRemoveTree(View<DEVICE_NODE> top)
    {
        ulong request = Kernel.PnpIrps.NewRequest();
        View<DEVICE_NODE> node = Kernel.DeviceNodes.FirstBelow(top);
        while (!node.IsNull)
        {
            if (IsStarted(node) || node.State == PNP_DEVNODE_STATE.DeviceNodeStartPostWork)
            {
                await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.SURPRISE_REMOVAL);
                Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeAwaitingQueuedRemoval);
            }
            node = Kernel.DeviceNodes.NextUpwards(node, top);
        }
        await RemoveTree(top);
    }

    /// <summary>A node whose bus does not report it any more: surprise removal, then no node is left.</summary>
    public async KTask RemoveGone(View<DEVICE_NODE> top)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.FirstBelow(top);
        while (!node.IsNull)
        {
            if (OnlyBusKnows(node))
                await Guest.Call(Stub.PnpRemoveDevice, node.Address);
            node = Kernel.DeviceNodes.NextUpwards(node, top);
        }
        await SurpriseRemoveTree(top);
        node = Kernel.DeviceNodes.FirstBelow(top);
        while (!node.IsNull)
        {
            View<DEVICE_NODE> next = Kernel.DeviceNodes.NextUpwards(node, top);
            Ptr<DEVICE_OBJECT> device = node.PhysicalDeviceObject;
            Kernel.DeviceNodes.Delete(node);
            await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], device);
            node = next;
        }
        await Kernel.DriverUnloading.UnloadUnused();
    }

    /// <summary>Sends REMOVE_DEVICE to every stack of the subtree, children first. The nodes of hardware that is still there stay.</summary>
    public async KTask RemoveTree(View<DEVICE_NODE> top)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.FirstBelow(top);
        while (!node.IsNull)
        {
            View<DEVICE_NODE> next = Kernel.DeviceNodes.NextUpwards(node, top);
            if (HasStack(node))
                await RemoveStack(node);
            if (node != top)
                node.Flags |= (uint)Dnf.DEVICE_GONE; // Children of a bus that was removed go with it.
            node = next;
        }
        await Kernel.PnpNotifications.TargetRemoved(top);
    }

    /// <summary>REMOVE_DEVICE for one stack; its drivers detach and delete their objects. Unloads drivers that have none left.</summary>
    public async KTask RemoveStack(View<DEVICE_NODE> node)
    {
        await Guest.Call(Stub.PnpRemoveDevice, node.Address);
        await Kernel.DriverUnloading.UnloadUnused();
    }

    [NtRoutine("PnpRemoveDevice")]
    public async KTask PnpRemoveDevice(Ptr<DEVICE_NODE> DeviceNode)
    {
        View<DEVICE_NODE> node = DeviceNode;
        ulong request = Kernel.PnpIrps.NewRequest();
        await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.REMOVE_DEVICE);
        await Kernel.DeviceInterfaces.DisableAll(node);
        Kernel.ResourceAssignment.Release(node);
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeRemoved);
    }

    /// <summary>Stops a started device and starts it again with resources chosen anew (its requirements changed). A veto leaves it running.</summary>
    [NtRoutine("PnpRebalance")]
    public async KTask<NtStatus> PnpRebalance(Ptr<DEVICE_NODE> DeviceNode)
    {
        View<DEVICE_NODE> node = DeviceNode;
        ulong request = Kernel.PnpIrps.NewRequest();
        NtStatus status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_STOP_DEVICE);
        if (!status.IsSuccess)
        {
            await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.CANCEL_STOP_DEVICE);
            return status;
        }
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeQueryStopped);
        await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.STOP_DEVICE);
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeStopped);
        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_RESOURCE_REQUIREMENTS);
        if (status.IsSuccess)
            Replace(node, Kernel.PnpIrps.Information(request));
        status = await Guest.Call(Stub.PnpAssignResourcesToDevice, node.Address);
        if (!status.IsSuccess)
        {
            Kernel.DeviceNodes.SetProblem(node, CmProblem.NORMAL_CONFLICT, status);
            await RemoveStack(node);
            return status;
        }
        return await Guest.Call(Stub.PnpStartDeviceNode, node.Address);
    }

    /// <summary>True if drivers are attached: states from DriversAdded until REMOVE_DEVICE.</summary>
    public static bool HasStack(View<DEVICE_NODE> node) =>
        node.State is >= PNP_DEVNODE_STATE.DeviceNodeDriversAdded and not (PNP_DEVNODE_STATE.DeviceNodeRemoved or PNP_DEVNODE_STATE.DeviceNodeDeleted);

    /// <summary>
    /// A node without a stack whose bus still holds the physical device: its REMOVE_DEVICE lets the bus delete it. (A bus that was removed itself has
    /// deleted its children.)
    /// </summary>
    private static bool OnlyBusKnows(View<DEVICE_NODE> node) =>
        !HasStack(node) && (node.State != PNP_DEVNODE_STATE.DeviceNodeRemoved || IsStarted(node.Parent));

    public static bool IsStarted(View<DEVICE_NODE> node) =>
        node.State is PNP_DEVNODE_STATE.DeviceNodeStarted or PNP_DEVNODE_STATE.DeviceNodeEnumeratePending or PNP_DEVNODE_STATE.DeviceNodeEnumerateCompletion
            or PNP_DEVNODE_STATE.DeviceNodeQueryRemoved or PNP_DEVNODE_STATE.DeviceNodeStopped or PNP_DEVNODE_STATE.DeviceNodeQueryStopped;

    private void Replace(View<DEVICE_NODE> node, ulong list)
    {
        if (list == 0)
            return;
        if (!node.ResourceRequirements.IsNull)
            Kernel.Pool.Free(node.ResourceRequirements);
        node.ResourceRequirements = (Ptr<IO_RESOURCE_REQUIREMENTS_LIST>)list;
        node.Flags |= (uint)Dnf.RESOURCE_REQUIREMENTS_NEED_FILTERED;
    }
}

/// <summary>Unloads Plug and Play drivers that have no devices left.</summary>
public sealed class DriverUnloading(NtKernel kernel) : KernelComponent(kernel)
{
    internal async KTask UnloadUnused()
    {
        while (Kernel.DriverServices.FindUnused() is { IsNull: false } driver)
            await Guest.Call(Stub.IopUnloadDriver, driver);
    }
}
