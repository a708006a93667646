using System.Text;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>Asks a new device who it is, gives it its instance path and writes its key under Enum.</summary>
public sealed class DeviceIdentification(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MostCharacters = 4096;
    private const uint UniqueId = 1 << 6;
    private const uint RawDeviceOk = 1 << 8;

    /// <summary>DEVICE_NODE.CapabilityFlags of a device that may start without a driver.</summary>
    public static bool IsRaw(View<DEVICE_NODE> node) => (node.CapabilityFlags & RawDeviceOk) != 0;

    [NtRoutine("PiProcessNewDeviceNode")]
    public async KTask<NtStatus> PiProcessNewDeviceNode(Ptr<DEVICE_NODE> DeviceNode)
    {
        View<DEVICE_NODE> node = DeviceNode;
        ulong request = Kernel.PnpIrps.NewRequest();
        View<DEVICE_CAPABILITIES> capabilities = Guest.Scratch<DEVICE_CAPABILITIES>();

        NtStatus status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_ID, (ulong)BUS_QUERY_ID_TYPE.BusQueryDeviceID);
        if (!status.IsSuccess || Kernel.PnpIrps.Information(request) == 0)
            return status.IsSuccess ? NtStatus.InvalidParameter : status;
        ulong deviceId = Kernel.PnpIrps.Information(request);
        Prepare(capabilities);
        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_CAPABILITIES, capabilities.Address);
        if (status.IsSuccess)
            Take(node, capabilities);
        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_ID, (ulong)BUS_QUERY_ID_TYPE.BusQueryInstanceID);
        ulong instance = status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0;
        status = CreateKey(node, deviceId, instance, (capabilities.Bits & UniqueId) != 0);
        if (!status.IsSuccess)
            return status;

        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_ID, (ulong)BUS_QUERY_ID_TYPE.BusQueryHardwareIDs);
        TakeIds(node, "HardwareID", status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0);
        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_ID, (ulong)BUS_QUERY_ID_TYPE.BusQueryCompatibleIDs);
        TakeIds(node, "CompatibleIDs", status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0);
        node.Flags |= (uint)(Dnf.IDS_QUERIED | Dnf.ENUMERATED);

        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_DEVICE_TEXT, (ulong)DEVICE_TEXT_TYPE.DeviceTextDescription, 0x409);
        TakeText(node, "DeviceDesc", status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0, overwrite: false);
        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_DEVICE_TEXT, (ulong)DEVICE_TEXT_TYPE.DeviceTextLocationInformation,
            0x409);
        TakeText(node, "LocationInformation", status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0, overwrite: true);

        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_BUS_INFORMATION);
        TakeBus(node, status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0);
        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_RESOURCES);
        TakeBootResources(node, status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0);
        status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.QUERY_RESOURCE_REQUIREMENTS);
        TakeRequirements(node, status.IsSuccess ? Kernel.PnpIrps.Information(request) : 0);

        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeInitialized);
        return NtStatus.Success;
    }

    /// <summary>Fills in what the caller of QUERY_CAPABILITIES must (WDK, IRP_MN_QUERY_CAPABILITIES).</summary>
    public static void Prepare(View<DEVICE_CAPABILITIES> capabilities)
    {
        capabilities.Clear();
        capabilities.Size = DEVICE_CAPABILITIES.SizeOf;
        capabilities.Version = 1;
        capabilities.Address_ = uint.MaxValue;
        capabilities.UINumber = uint.MaxValue;
    }

    public void Take(View<DEVICE_NODE> node, View<DEVICE_CAPABILITIES> capabilities)
    {
        node.CapabilityFlags = capabilities.Bits;
        node.Address_ = capabilities.Address_;
        node.UINumber = capabilities.UINumber;
    }

    /// <summary>A NUL-terminated list of strings in guest memory that ends with an empty one.</summary>
    public string[] ReadList(ulong address)
    {
        var texts = new List<string>();
        for (int total = 0; Memory.ReadUnicode(address, MostCharacters) is { Length: > 0 } text && total < MostCharacters; total += text.Length)
        {
            texts.Add(text);
            address += (ulong)(text.Length + 1) * 2;
        }
        return [.. texts];
    }

    /// <summary>
    /// The text that makes an instance id unique under its parent, when the device's own is only unique on its bus: level, hash of the parent's path, 0.
    /// </summary>
    public static string UniqueParent(string parentPath, uint level)
    {
        uint hash = 0;
        foreach (byte b in Encoding.Unicode.GetBytes(parentPath.ToUpperInvariant()))
            hash = hash * 37 + b;
        return $"{level:x}&{hash:x}&0";
    }

    private NtStatus CreateKey(View<DEVICE_NODE> node, ulong deviceId, ulong instance, bool isUnique)
    {
        string id = Memory.ReadUnicode(deviceId, MostCharacters), own = instance == 0 ? "" : Memory.ReadUnicode(instance, MostCharacters);
        Kernel.Pool.Free(deviceId);
        if (instance != 0)
            Kernel.Pool.Free(instance);
        if (id.Length == 0 || id.Contains(' ') || id.IndexOf('\\') <= 0)
            return NtStatus.InvalidParameter;
        View<DEVICE_NODE> parent = node.Parent;
        if (!isUnique)
        {
            string prefix = UniqueParent(Kernel.DeviceNodes.PathOf(parent), node.Level);
            own = own.Length == 0 ? prefix : $"{prefix}&{own}";
        }
        else if (own.Length == 0)
        {
            return NtStatus.InvalidParameter;
        }
        string path = $@"{id}\{own}";
        if (Kernel.DeviceNodes.Find(path) is { IsNull: false } other)
        {
            if (isUnique)
                throw new GuestBugCheck(BugCheckCode.PNP_DETECTED_FATAL_ERROR, 1, node.PhysicalDeviceObject, other.PhysicalDeviceObject);
            node.Flags |= (uint)Dnf.DUPLICATE;
            return NtStatus.ObjectNameCollision;
        }
        Kernel.DeviceNodes.SetPath(node, path);
        Kernel.DeviceKeys.Set(node, RegistryValue.Number("Capabilities", node.CapabilityFlags));
        if (node.UINumber != uint.MaxValue)
            Kernel.DeviceKeys.Set(node, RegistryValue.Number("UINumber", node.UINumber));
        if (node.Address_ != uint.MaxValue)
            Kernel.DeviceKeys.Set(node, RegistryValue.Number("Address", node.Address_));
        return NtStatus.Success;
    }

    private void TakeIds(View<DEVICE_NODE> node, string name, ulong list)
    {
        if (list == 0)
            return;
        string[] ids = ReadList(list);
        Kernel.Pool.Free(list);
        if (ids.Length > 0)
            Kernel.DeviceKeys.Set(node, RegistryValue.Texts(name, ids));
    }

    private void TakeText(View<DEVICE_NODE> node, string name, ulong text, bool overwrite)
    {
        if (text == 0)
            return;
        if (overwrite || Kernel.DeviceKeys.Text(node, name) is null)
            Kernel.DeviceKeys.Set(node, RegistryValue.Text(name, Memory.ReadUnicode(text, MostCharacters)));
        Kernel.Pool.Free(text);
    }

    private void TakeBus(View<DEVICE_NODE> node, ulong information)
    {
        if (information == 0)
            return;
        View<PNP_BUS_INFORMATION> bus = new(information);
        node.InterfaceType = bus.LegacyBusType;
        node.BusNumber = bus.BusNumber;
        node.ChildInterfaceType = bus.LegacyBusType;
        node.ChildBusNumber = bus.BusNumber;
        Span<byte> guid = stackalloc byte[16];
        Memory.Read(information, guid);
        Kernel.DeviceKeys.Set(node, RegistryValue.Bytes("BusTypeGuid", RegistryValueType.Binary, guid));
        Kernel.Pool.Free(information);
    }

    private void TakeBootResources(View<DEVICE_NODE> node, ulong list)
    {
        if (list == 0)
            return;
        node.BootResources = (Ptr<CM_RESOURCE_LIST>)list;
        node.Flags |= (uint)Dnf.HAS_BOOT_CONFIG;
        Kernel.DeviceKeys.Set(Kernel.DeviceKeys.KeyOf(node) + @"\LogConf",
            RegistryValue.Bytes("BootConfig", RegistryValueType.ResourceList, ResourceLists.Read(Memory, list)));
    }

    private void TakeRequirements(View<DEVICE_NODE> node, ulong list)
    {
        if (list == 0)
        {
            node.Flags |= (uint)Dnf.NO_RESOURCE_REQUIRED;
            return;
        }
        node.ResourceRequirements = (Ptr<IO_RESOURCE_REQUIREMENTS_LIST>)list;
        node.Flags |= (uint)Dnf.RESOURCE_REQUIREMENTS_NEED_FILTERED;
        var bytes = new byte[Math.Min(node.ResourceRequirements.View.ListSize, 0x10000)];
        Memory.Read(list, bytes);
        Kernel.DeviceKeys.Set(Kernel.DeviceKeys.KeyOf(node) + @"\LogConf",
            RegistryValue.Bytes("BasicConfigVector", RegistryValueType.ResourceRequirementsList, bytes));
    }
}
