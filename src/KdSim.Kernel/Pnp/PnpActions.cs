using KdSim.Kernel.Routines;
using KdSim.Machine.Buses;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// What people and scenarios do to devices: plug in, pull out, enable, disable. A device is named as the machine names it (a PCI function), or by its
/// instance path or hardware ID. Sequences: they run on a thread of the guest and return when the device tree is quiet again.
/// </summary>
public sealed class PnpActions(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>True if the machine has a PCI function of this name.</summary>
    public bool TryFindFunction(string name, out PciAddress address)
    {
        address = default;
        if (!Kernel.Options.DeviceNames.TryGetValue(name, out (int Device, int Function) place))
            return false;
        address = new PciAddress(0, place.Device, place.Function);
        return true;
    }

    /// <summary>The node of a device by any of its names, or a null view.</summary>
    public View<DEVICE_NODE> Find(string name)
    {
        if (TryFindFunction(name, out PciAddress address))
        {
            for (View<DEVICE_NODE> node = Kernel.DeviceNodes.Root; !node.IsNull; node = Kernel.DeviceNodes.Next(node))
                if (IsPci(node) && node.Address_ == (uint)(address.Device << 16 | address.Function))
                    return node;
            return default;
        }
        View<DEVICE_NODE> found = Kernel.DeviceNodes.Find(name);
        for (View<DEVICE_NODE> node = Kernel.DeviceNodes.Root; found.IsNull && !node.IsNull; node = Kernel.DeviceNodes.Next(node))
            if (Kernel.DeviceKeys.Texts(node, "HardwareID").Contains(name, StringComparer.OrdinalIgnoreCase))
                found = node;
        return found;
    }

    /// <summary>Plugs a PCI function in (or pulls it out without asking anybody) and enumerates its bus.</summary>
    public async KTask<NtStatus> SetPresent(PciAddress address, bool present)
    {
        Kernel.Computer.Pci!.SetPresent(address, present);
        View<DEVICE_NODE> bus = Kernel.DeviceNodes.FindService("pci");
        if (bus.IsNull)
            return NtStatus.NoSuchDevice;
        return await Guest.Call(Stub.PnpRequestDeviceAction, bus.PhysicalDeviceObject, (ulong)PnpAction.Enumerate);
    }

    /// <summary>Asks the drivers; if all agree, the device is removed (its hardware stays in its slot until it is pulled out).</summary>
    public async KTask<NtStatus> Remove(Ptr<DEVICE_NODE> device) =>
        await Guest.Call(Stub.PnpRequestDeviceAction, device.View.PhysicalDeviceObject, (ulong)PnpAction.Remove);

    /// <summary>An orderly unplug: removal, then the function leaves its slot. A veto leaves all as it was.</summary>
    public async KTask<NtStatus> Unplug(Ptr<DEVICE_NODE> device, PciAddress address)
    {
        NtStatus status = await Remove(device);
        return status.IsSuccess ? await SetPresent(address, false) : status;
    }

    public async KTask<NtStatus> Enable(Ptr<DEVICE_NODE> device) =>
        await Guest.Call(Stub.PnpRequestDeviceAction, device.View.PhysicalDeviceObject, (ulong)PnpAction.Enable);

    public async KTask<NtStatus> Disable(Ptr<DEVICE_NODE> device) =>
        await Guest.Call(Stub.PnpRequestDeviceAction, device.View.PhysicalDeviceObject, (ulong)PnpAction.Disable);

    /// <summary>Stop and start again, as when resources move.</summary>
    public async KTask<NtStatus> Rebalance(Ptr<DEVICE_NODE> device) =>
        await Guest.Call(Stub.PnpRequestDeviceAction, device.View.PhysicalDeviceObject, (ulong)PnpAction.Rebalance);

    private bool IsPci(View<DEVICE_NODE> node) => Kernel.DeviceNodes.PathOf(node).StartsWith(@"PCI\", StringComparison.OrdinalIgnoreCase);
}
