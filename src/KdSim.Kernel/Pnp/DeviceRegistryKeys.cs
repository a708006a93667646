using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>Opens the registry keys that belong to devices and interfaces; the caller closes the handle. PASSIVE_LEVEL.</summary>
public sealed class DeviceRegistryKeys(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint DeviceKey = 1, DriverKey = 2;
    private const uint KernelHandle = 0x200, CaseInsensitive = 0x40;

    [NtExport("IoOpenDeviceRegistryKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoOpenDeviceRegistryKey(Ptr<DEVICE_OBJECT> DeviceObject, uint DevInstKeyType, uint DesiredAccess, Ptr<ulong> DeviceRegKey)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.Of(DeviceObject);
        if (node.IsNull || (DevInstKeyType & 3) is not (DeviceKey or DriverKey))
            return node.IsNull ? NtStatus.InvalidDeviceRequest : NtStatus.InvalidParameter;
        UNICODE_STRING path = PathOf(node, (DevInstKeyType & 3) == DriverKey);
        return path.Length == 0 ? NtStatus.ObjectNameNotFound : await Open(path.Buffer, path.Length, DesiredAccess, DeviceRegKey);
    }

    /// <summary>The Parameters key of the driver's service (DriverRegKeyParameters, 0).</summary>
    [NtExport("IoOpenDriverRegistryKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoOpenDriverRegistryKey(Ptr<DRIVER_OBJECT> DriverObject, uint RegKeyType, uint DesiredAccess, uint Flags,
        Ptr<ulong> DriverRegKey)
    {
        if (RegKeyType != 0 || Flags != 0)
            return NtStatus.InvalidParameter;
        UNICODE_STRING path = Kernel.ModuleList.NewString(DeviceKeys.Services + Kernel.DriverServices.ServiceOf(DriverObject) + @"\Parameters");
        return await Open(path.Buffer, path.Length, DesiredAccess, DriverRegKey);
    }

    [NtExport("IoOpenDeviceInterfaceRegistryKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoOpenDeviceInterfaceRegistryKey(Ptr<UNICODE_STRING> SymbolicLinkName, uint DesiredAccess, Ptr<ulong> DeviceInterfaceKey)
    {
        UNICODE_STRING path = InterfacePath(Kernel.DeviceNodes.Text(SymbolicLinkName.Read()));
        return path.Length == 0 ? NtStatus.ObjectNameNotFound : await Open(path.Buffer, path.Length, DesiredAccess, DeviceInterfaceKey);
    }

    /// <summary>Makes the key if it is not there, through the registry's own routine. Frees the path.</summary>
    private async KTask<NtStatus> Open(ulong buffer, ushort length, uint access, Ptr<ulong> handle)
    {
        View<UNICODE_STRING> name = Guest.Scratch<UNICODE_STRING>();
        name.Write(new UNICODE_STRING { Length = length, MaximumLength = (ushort)(length + 2), Buffer = new Ptr<char>(buffer) });
        View<OBJECT_ATTRIBUTES> attributes = Guest.Scratch<OBJECT_ATTRIBUTES>();
        attributes.Length = OBJECT_ATTRIBUTES.SizeOf;
        attributes.ObjectName = name.Ptr;
        attributes.Attributes = KernelHandle | CaseInsensitive;
        NtStatus status = await Guest.Call(Kernel.NtExports["ZwCreateKey"], handle, access, attributes.Address, 0, 0, 0, 0);
        Kernel.Pool.Free(buffer);
        return status;
    }

    private UNICODE_STRING PathOf(View<DEVICE_NODE> node, bool software)
    {
        string? path = software ? Kernel.DeviceKeys.SoftwareKey(node) : Kernel.DeviceKeys.KeyOf(node) + @"\Device Parameters";
        return path is null ? default : Kernel.ModuleList.NewString(path);
    }

    private UNICODE_STRING InterfacePath(string link)
    {
        if (link.IndexOf('{') < 4 || Kernel.Roots.Registry.Find(DeviceInterfaces.ReferenceKey(link)) is null)
            return default;
        return Kernel.ModuleList.NewString(DeviceInterfaces.ReferenceKey(link) + @"\Device Parameters");
    }
}
