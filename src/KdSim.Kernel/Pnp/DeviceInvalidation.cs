using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>How drivers tell the PnP manager that something changed. Up to DISPATCH_LEVEL; the worker acts later.</summary>
public sealed class DeviceInvalidation(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("IoInvalidateDeviceRelations", MaxIrql = Irql.Dispatch)]
    public async KTask IoInvalidateDeviceRelations(Ptr<DEVICE_OBJECT> DeviceObject, DEVICE_RELATION_TYPE Type)
    {
        if (CheckNode(DeviceObject) && Type is DEVICE_RELATION_TYPE.BusRelations or DEVICE_RELATION_TYPE.SingleBusRelations)
            await Kernel.DeviceActions.Request(PnpAction.Enumerate, DeviceObject);
    }

    [NtExport("IoInvalidateDeviceState", MaxIrql = Irql.Dispatch)]
    public async KTask IoInvalidateDeviceState(Ptr<DEVICE_OBJECT> PhysicalDeviceObject)
    {
        if (CheckNode(PhysicalDeviceObject))
            await Kernel.DeviceActions.Request(PnpAction.QueryState, PhysicalDeviceObject);
    }

    [NtExport("IoRequestDeviceEject", MaxIrql = Irql.Dispatch)]
    public async KTask IoRequestDeviceEject(Ptr<DEVICE_OBJECT> PhysicalDeviceObject)
    {
        if (CheckNode(PhysicalDeviceObject))
            await Kernel.DeviceActions.Request(PnpAction.Eject, PhysicalDeviceObject);
    }

    /// <summary>Anything but a physical device with a node is a driver's error: NT stops (0xCA, 2).</summary>
    private bool CheckNode(Ptr<DEVICE_OBJECT> device) =>
        Kernel.DeviceNodes.Of(device).IsNull ? throw new GuestBugCheck(BugCheckCode.PNP_DETECTED_FATAL_ERROR, 2, device) : true;
}
