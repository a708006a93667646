using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>Starts devices that have resources, and asks them afterwards what state they are in.</summary>
public sealed class DeviceStart(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong StateDisabled = 1, StateRemoved = 0x8, StateFailed = 4, StateRequirementsChanged = 0x10;

    [NtRoutine("PnpStartDeviceNode")]
    public async KTask<NtStatus> PnpStartDeviceNode(Ptr<DEVICE_NODE> DeviceNode)
    {
        View<DEVICE_NODE> node = DeviceNode;
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeStartPending);
        ulong request = Kernel.PnpIrps.NewRequest();
        NtStatus status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.START_DEVICE, node.ResourceList, node.ResourceListTranslated);
        node.CompletionStatus = status;
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeStartCompletion);
        if (!status.IsSuccess)
        {
            Kernel.DeviceNodes.SetProblem(node, CmProblem.FAILED_START, status);
            await Kernel.DeviceRemoval.RemoveStack(node);
            return status;
        }
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeStartPostWork);
        View<DEVICE_CAPABILITIES> capabilities = Guest.Scratch<DEVICE_CAPABILITIES>();
        DeviceIdentification.Prepare(capabilities);
        if ((await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_CAPABILITIES, capabilities.Address)).IsSuccess)
            Kernel.DeviceIdentification.Take(node, capabilities);
        if (!await QueryState(node))
            return NtStatus.PlugplayNoDevice;
        node.Flags |= (uint)Dnf.REENUMERATE;
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeStarted);
        return NtStatus.Success;
    }

    /// <summary>QUERY_PNP_DEVICE_STATE, and what follows from the answer; false if the device does not run any more.</summary>
    public async KTask<bool> QueryState(View<DEVICE_NODE> node)
    {
        ulong request = Kernel.PnpIrps.NewRequest();
        NtStatus status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_PNP_DEVICE_STATE);
        ulong state = status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0;
        node.UserFlags = (uint)state;
        if ((state & StateRequirementsChanged) != 0)
            node.Flags |= (uint)(Dnf.RESOURCE_REQUIREMENTS_CHANGED | Dnf.NON_STOPPED_REBALANCE);
        if ((state & (StateRemoved | StateFailed | StateDisabled)) == 0)
            return true;
        CmProblem problem = (state & StateRemoved) != 0 ? CmProblem.DEVICE_NOT_THERE : (state & StateFailed) != 0 ? CmProblem.FAILED_POST_START
            : CmProblem.HARDWARE_DISABLED;
        Kernel.DeviceNodes.SetProblem(node, problem, NtStatus.Success);
        await Kernel.DeviceRemoval.SurpriseRemoveTree(node);
        return false;
    }
}
