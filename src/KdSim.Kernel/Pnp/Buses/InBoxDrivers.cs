using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp.Buses;

/// <summary>
/// The drivers that come with the system and are C#: PnpManager (nt), ACPI_HAL (hal), ACPI and pci (images of their own). They are loaded by their services
/// like any other; their routines have stubs in their images and use exports of nt through calls of guest code only.
/// </summary>
public sealed class InBoxDrivers(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>The DriverEntry of an image path, if the image is one of ours.</summary>
    public static Stub? EntryOf(string path) => path[(path.LastIndexOf('\\') + 1)..].ToLowerInvariant() switch
    {
        ImageNames.Pci => Stub.PciDriverEntry,
        ImageNames.Acpi => Stub.ACPIDriverEntry,
        ImageNames.Hal => Stub.HalpDriverEntry,
        _ => null,
    };

    [NtRoutine("PciDriverEntry", Image = ImageNames.Pci)]
    public NtStatus PciDriverEntry(Ptr<DRIVER_OBJECT> DriverObject, Ptr<UNICODE_STRING> RegistryPath)
    {
        Fill(DriverObject, Stub.PciAddDevice, Stub.PciDispatchPnpPower, Stub.PciDispatchPnpPower, Stub.PciDispatchSystemControl);
        return NtStatus.Success;
    }

    [NtRoutine("ACPIDriverEntry", Image = ImageNames.Acpi)]
    public NtStatus ACPIDriverEntry(Ptr<DRIVER_OBJECT> DriverObject, Ptr<UNICODE_STRING> RegistryPath)
    {
        Fill(DriverObject, Stub.ACPIDispatchAddDevice, Stub.ACPIDispatchIrp, Stub.ACPIDispatchIrp, Stub.ACPIDispatchForwardIrp);
        return NtStatus.Success;
    }

    [NtRoutine("HalpDriverEntry", Image = ImageNames.Hal)]
    public NtStatus HalpDriverEntry(Ptr<DRIVER_OBJECT> DriverObject, Ptr<UNICODE_STRING> RegistryPath)
    {
        Fill(DriverObject, Stub.HalpAddDevice, Stub.HalpDispatchPnp, Stub.HalpDispatchPnp, Stub.HalpDispatchWmi);
        return NtStatus.Success;
    }

    /// <summary>The root's driver is nt itself and has no AddDevice: its devices are made up.</summary>
    internal void FillPnpManager(Ptr<DRIVER_OBJECT> driver) => Fill(driver, null, Stub.IopPnPDispatch, Stub.IopPowerDispatch, Stub.IopSystemControlDispatch);

    [NtRoutine("PciAddDevice", Image = ImageNames.Pci)]
    public async KTask<NtStatus> PciAddDevice(Ptr<DRIVER_OBJECT> DriverObject, Ptr<DEVICE_OBJECT> PhysicalDeviceObject) =>
        await Kernel.BusDevices.AddDevice(DriverObject, PhysicalDeviceObject, BUS_KIND.Pci);

    [NtRoutine("ACPIDispatchAddDevice", Image = ImageNames.Acpi)]
    public async KTask<NtStatus> ACPIDispatchAddDevice(Ptr<DRIVER_OBJECT> DriverObject, Ptr<DEVICE_OBJECT> PhysicalDeviceObject) =>
        await Kernel.BusDevices.AddDevice(DriverObject, PhysicalDeviceObject, BUS_KIND.Acpi);

    [NtRoutine("HalpAddDevice", Image = ImageNames.Hal)]
    public async KTask<NtStatus> HalpAddDevice(Ptr<DRIVER_OBJECT> DriverObject, Ptr<DEVICE_OBJECT> PhysicalDeviceObject) =>
        await Kernel.BusDevices.AddDevice(DriverObject, PhysicalDeviceObject, BUS_KIND.AcpiHal);

    [NtRoutine("IopPnPDispatch")]
    public async KTask<NtStatus> IopPnPDispatch(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) => await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    [NtRoutine("IopPowerDispatch")]
    public async KTask<NtStatus> IopPowerDispatch(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) => await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    [NtRoutine("IopSystemControlDispatch")]
    public async KTask<NtStatus> IopSystemControlDispatch(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) =>
        await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    [NtRoutine("HalpDispatchPnp", Image = ImageNames.Hal)]
    public async KTask<NtStatus> HalpDispatchPnp(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) => await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    [NtRoutine("HalpDispatchWmi", Image = ImageNames.Hal)]
    public async KTask<NtStatus> HalpDispatchWmi(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) => await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    [NtRoutine("ACPIDispatchIrp", Image = ImageNames.Acpi)]
    public async KTask<NtStatus> ACPIDispatchIrp(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) => await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    [NtRoutine("ACPIDispatchForwardIrp", Image = ImageNames.Acpi)]
    public async KTask<NtStatus> ACPIDispatchForwardIrp(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) =>
        await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    [NtRoutine("PciDispatchPnpPower", Image = ImageNames.Pci)]
    public async KTask<NtStatus> PciDispatchPnpPower(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) => await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    [NtRoutine("PciDispatchSystemControl", Image = ImageNames.Pci)]
    public async KTask<NtStatus> PciDispatchSystemControl(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp) =>
        await Kernel.BusDispatch.Dispatch(DeviceObject, Irp);

    private void Fill(Ptr<DRIVER_OBJECT> driver, Stub? addDevice, Stub pnp, Stub power, Stub systemControl)
    {
        View<DRIVER_OBJECT> view = driver;
        view.MajorFunction.Set((int)IRP_MJ.PNP, Kernel.Stubs.AddressOf(pnp));
        view.MajorFunction.Set((int)IRP_MJ.POWER, Kernel.Stubs.AddressOf(power));
        view.MajorFunction.Set((int)IRP_MJ.SYSTEM_CONTROL, Kernel.Stubs.AddressOf(systemControl));
        View<DRIVER_EXTENSION> extension = view.DriverExtension;
        extension.AddDevice = addDevice is { } stub ? Kernel.Stubs.AddressOf(stub) : 0;
    }
}
