using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>What can be asked of the PnP manager.</summary>
public enum PnpAction : uint
{
    Enumerate,
    QueryState,
    Remove,
    Enable,
    Disable,
    Rebalance,
    Eject,
}

/// <summary>
/// The queue of PnP actions, in nonpaged pool, and the one worker that runs them: a system work item. Requests come from any thread at up to
/// DISPATCH_LEVEL; while the worker runs, or before the system has started, they only queue.
/// </summary>
[NtData("PnpEnumerationRequestList", 16, Type = "_LIST_ENTRY")]
[NtData("PnpEnumerationInProgress", 1)]
[NtData("PnpDeviceActionWorkItem", WORK_QUEUE_ITEM.SizeOf, Type = "_WORK_QUEUE_ITEM")]
public sealed class DeviceActions(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x41706E50; // "PnpA"
    private const ulong RequestSize = 0x30;
    private const int ActionOffset = 0x10, DeviceOffset = 0x18, EventOffset = 0x20, StatusOffset = 0x28;
    private const ulong DelayedWorkQueue = 1;

    /// <summary>Queues an action for a physical device; the worker runs it later.</summary>
    public async KTask Request(PnpAction action, Ptr<DEVICE_OBJECT> device)
    {
        await Guest.Call(Kernel.NtExports["ObfReferenceObject"], device);
        Append(action, device, 0, 0);
        await StartWorker();
    }

    /// <summary>Queues an action and waits until it is done: its status. PASSIVE_LEVEL, not on the worker itself.</summary>
    [NtRoutine("PnpRequestDeviceAction")]
    public async KTask<NtStatus> PnpRequestDeviceAction(Ptr<DEVICE_OBJECT> DeviceObject, uint RequestType)
    {
        View<KEVENT> done = Guest.Scratch<KEVENT>();
        ulong status = Guest.Scratch(16);
        await Guest.Call(Kernel.NtExports["KeInitializeEvent"], done.Address, 0, 0);
        await Guest.Call(Kernel.NtExports["ObfReferenceObject"], DeviceObject);
        Append((PnpAction)RequestType, DeviceObject, done.Address, status);
        await StartWorker();
        await Guest.Call(Kernel.NtExports["KeWaitForSingleObject"], done.Address, 0, 0, 0, 0);
        return (NtStatus)Memory.ReadU32(status);
    }

    /// <summary>The worker: runs queued actions until none is left.</summary>
    [NtRoutine("PnpDeviceActionWorker")]
    public async KTask PnpDeviceActionWorker(ulong Context)
    {
        ulong request;
        while ((request = Take()) != 0)
        {
            Ptr<DEVICE_OBJECT> device = (Ptr<DEVICE_OBJECT>)Memory.ReadU64(request + DeviceOffset);
            NtStatus status = await Run((PnpAction)Memory.ReadU32(request + ActionOffset), device);
            if (Memory.ReadU64(request + EventOffset) is var waiting and not 0)
            {
                Memory.WriteU32(Memory.ReadU64(request + StatusOffset), (uint)status);
                await Guest.Call(Kernel.NtExports["KeSetEvent"], waiting, 0, 0);
            }
            Kernel.Pool.Free(request);
            await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], device);
        }
        Memory.WriteU8(Kernel.Data(Datum.PnpEnumerationInProgress), 0);
    }

    /// <summary>From now on the worker is running on this thread: requests only queue.</summary>
    internal void Hold() => Memory.WriteU8(Kernel.Data(Datum.PnpEnumerationInProgress), 1);

    private async KTask<NtStatus> Run(PnpAction action, Ptr<DEVICE_OBJECT> device)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.Of(device);
        if (node.IsNull)
            return NtStatus.NoSuchDevice;
        NtStatus status = NtStatus.Success;
        switch (action)
        {
            case PnpAction.Enumerate:
                node.Flags |= (uint)Dnf.REENUMERATE;
                break;
            case PnpAction.QueryState:
                if (node.State == PNP_DEVNODE_STATE.DeviceNodeStarted)
                    await Kernel.DeviceStart.QueryState(node);
                break;
            case PnpAction.Disable:
                status = await Disable(node);
                break;
            case PnpAction.Enable:
                Kernel.DeviceConfiguration.SetDisabled(node, false);
                Restart(node);
                break;
            case PnpAction.Rebalance:
                status = NtStatus.InvalidDeviceState;
                if (node.State == PNP_DEVNODE_STATE.DeviceNodeStarted)
                    status = await Guest.Call(Stub.PnpRebalance, node.Address);
                break;
            case PnpAction.Remove or PnpAction.Eject:
                status = await Guest.Call(Stub.PnpQueryAndRemoveDevice, node.Address);
                if (status.IsSuccess)
                    Kernel.DeviceNodes.SetProblem(node, action == PnpAction.Eject ? CmProblem.HELD_FOR_EJECT : CmProblem.WILL_BE_REMOVED, NtStatus.Success);
                break;
        }
        await Guest.Call(Stub.PipProcessDevNodeTree);
        return status;
    }

    private async KTask<NtStatus> Disable(View<DEVICE_NODE> node)
    {
        NtStatus status = NtStatus.Success;
        if (DeviceRemoval.HasStack(node))
            status = await Guest.Call(Stub.PnpQueryAndRemoveDevice, node.Address);
        if (!status.IsSuccess)
            return status;
        Kernel.DeviceConfiguration.SetDisabled(node, true);
        Kernel.DeviceNodes.SetProblem(node, CmProblem.DISABLED, NtStatus.Success);
        return status;
    }

    /// <summary>A removed or failed device begins again at AddDevice.</summary>
    private void Restart(View<DEVICE_NODE> node)
    {
        if (DeviceRemoval.HasStack(node))
            return;
        Kernel.DeviceNodes.ClearProblem(node);
        if (!node.ResourceRequirements.IsNull)
            node.Flags |= (uint)Dnf.RESOURCE_REQUIREMENTS_NEED_FILTERED;
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeInitialized);
    }

    private async KTask StartWorker()
    {
        if (Memory.ReadU8(Kernel.Data(Datum.PnpEnumerationInProgress)) != 0)
            return;
        Hold();
        View<WORK_QUEUE_ITEM> item = new(Kernel.Data(Datum.PnpDeviceActionWorkItem));
        item.WorkerRoutine = Kernel.Stubs.AddressOf(Stub.PnpDeviceActionWorker);
        item.Parameter = 0;
        Memory.WriteU64(item.Address, 0);
        await Guest.Call(Kernel.NtExports["ExQueueWorkItem"], item.Address, DelayedWorkQueue);
    }

    private void Append(PnpAction action, ulong device, ulong done, ulong status)
    {
        ulong head = Head(), last = Memory.ReadU64(head + 8);
        ulong request = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, RequestSize, Tag);
        Memory.WriteU64(request, head);
        Memory.WriteU64(request + 8, last);
        Memory.WriteU64(request + ActionOffset, (uint)action);
        Memory.WriteU64(request + DeviceOffset, device);
        Memory.WriteU64(request + EventOffset, done);
        Memory.WriteU64(request + StatusOffset, status);
        Memory.WriteU64(last, request);
        Memory.WriteU64(head + 8, request);
    }

    private ulong Take()
    {
        ulong head = Head(), request = Memory.ReadU64(head);
        if (request == head)
            return 0;
        ulong next = Memory.ReadU64(request);
        Memory.WriteU64(head, next);
        Memory.WriteU64(next + 8, head);
        return request;
    }

    private ulong Head()
    {
        ulong head = Kernel.Data(Datum.PnpEnumerationRequestList);
        if (Memory.ReadU64(head) == 0)
        {
            Memory.WriteU64(head, head);
            Memory.WriteU64(head + 8, head);
        }
        return head;
    }
}
