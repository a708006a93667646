using KdSim.Kernel.Cm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>Builds a device's stack: finds its driver, loads what its keys name, calls each AddDevice from the lowest filter up.</summary>
public sealed class DeviceConfiguration(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint ConfigFlagDisabled = 1;
    private const int MostDrivers = 32;

    [NtRoutine("PipCallDriverAddDevice")]
    public async KTask<NtStatus> PipCallDriverAddDevice(Ptr<DEVICE_NODE> DeviceNode)
    {
        View<DEVICE_NODE> node = DeviceNode;
        if (!MayStart(node))
            return NtStatus.PlugplayNoDevice;
        int count = Count(node, out int function);
        View<UNICODE_STRING> name = Guest.Scratch<UNICODE_STRING>();
        ulong drivers = Guest.Scratch(MostDrivers * 8);
        for (int i = 0; i < count; i++)
        {
            name.Write(NewName(node, i));
            NtStatus status = await Guest.Call(Stub.IopLoadDriver, name.Address);
            if (status.IsSuccess)
                Memory.WriteU64(drivers + (ulong)i * 8, Kernel.DriverServices.Find(Kernel.DriverServices.NameOf(name.Ptr)));
            Kernel.Pool.Free(name.Read().Buffer);
            if (status.IsSuccess && new View<DRIVER_OBJECT>(Memory.ReadU64(drivers + (ulong)i * 8)).DriverExtension.View.AddDevice == 0)
                status = NtStatus.InvalidDeviceRequest; // A driver without AddDevice is no Plug and Play driver.
            if (!status.IsSuccess)
            {
                Kernel.DeviceNodes.SetProblem(node, ProblemOf(status), status);
                await Kernel.DriverUnloading.UnloadUnused();
                return status;
            }
        }
        for (int i = 0; i < count; i++)
        {
            View<DRIVER_OBJECT> driver = new(Memory.ReadU64(drivers + (ulong)i * 8));
            Observer?.AddDeviceCalled(Cpu.Number, driver.Address, DeviceNode);
            NtStatus status = await Guest.Call(driver.DriverExtension.View.AddDevice, driver.Address, node.PhysicalDeviceObject);
            Observer?.AddDeviceReturned(Cpu.Number, driver.Address, DeviceNode, (uint)status);
            if (!status.IsSuccess)
            {
                Kernel.DeviceNodes.SetProblem(node, CmProblem.FAILED_ADD, status);
                await Kernel.DeviceRemoval.RemoveStack(node);
                return status;
            }
        }
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeDriversAdded);
        return NtStatus.Success;
    }

    private static CmProblem ProblemOf(NtStatus status) => status switch
    {
        NtStatus.PlugplayNoDevice => CmProblem.DISABLED_SERVICE,
        NtStatus.FailedDriverEntry => CmProblem.FAILED_DRIVER_ENTRY,
        NtStatus.DriverFailedPriorUnload => CmProblem.DRIVER_FAILED_PRIOR_UNLOAD,
        NtStatus.InvalidDeviceRequest => CmProblem.FAILED_ADD,
        _ => CmProblem.DRIVER_FAILED_LOAD,
    };

    /// <summary>False (and a problem on the node) if the device is disabled, or has no driver and cannot do without.</summary>
    private bool MayStart(View<DEVICE_NODE> node)
    {
        if (((Kernel.DeviceKeys.Number(node, "ConfigFlags") ?? 0) & ConfigFlagDisabled) != 0)
        {
            Kernel.DeviceNodes.SetProblem(node, CmProblem.DISABLED, NtStatus.Success);
            return false;
        }
        bool installed = Kernel.DeviceKeys.Text(node, "Service") is not null || Kernel.DeviceKeys.Install(node);
        if (!installed && !DeviceIdentification.IsRaw(node))
        {
            Kernel.DeviceNodes.SetProblem(node, CmProblem.FAILED_INSTALL, NtStatus.Success);
            return false;
        }
        Kernel.DeviceNodes.SetService(node, Kernel.DeviceKeys.Text(node, "Service") ?? "");
        return true;
    }

    private int Count(View<DEVICE_NODE> node, out int function)
    {
        int count = Kernel.DeviceKeys.StackOf(node, out function).Length;
        return count <= MostDrivers ? count : throw new GuestException(NtStatus.InsufficientResources);
    }

    private UNICODE_STRING NewName(View<DEVICE_NODE> node, int index) => Kernel.ModuleList.NewString(Kernel.DeviceKeys.StackOf(node, out _)[index]);

    /// <summary>Marks a device as disabled or not, in its key.</summary>
    internal void SetDisabled(View<DEVICE_NODE> node, bool disabled)
    {
        uint flags = Kernel.DeviceKeys.Number(node, "ConfigFlags") ?? 0;
        Kernel.DeviceKeys.Set(node, RegistryValue.Number("ConfigFlags", disabled ? flags | ConfigFlagDisabled : flags & ~ConfigFlagDisabled));
    }
}
