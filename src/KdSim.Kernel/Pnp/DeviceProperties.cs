using System.Text;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>IoGetDeviceProperty and the property store of devices. PASSIVE_LEVEL.</summary>
public sealed class DeviceProperties(NtKernel kernel) : KernelComponent(kernel)
{
    private const int NameBytes = 0x200;
    private const string PropertyKey = @"\Properties\";
    private const uint MostBytes = 0x10000;

    [NtExport("IoGetDeviceProperty", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoGetDeviceProperty(
        Ptr<DEVICE_OBJECT> DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty, uint BufferLength, ulong PropertyBuffer, Ptr<uint> ResultLength)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.Of(DeviceObject);
        ResultLength.Write(0);
        if (node.IsNull)
            return NtStatus.InvalidDeviceRequest;
        if (DeviceProperty != DEVICE_REGISTRY_PROPERTY.DevicePropertyPhysicalDeviceObjectName)
            return Answer(Value(node, DeviceProperty), BufferLength, PropertyBuffer, ResultLength);
        ulong name = Guest.Scratch(NameBytes), length = Guest.Scratch(16);
        NtStatus status = await Guest.Call(Kernel.NtExports["ObQueryNameString"], DeviceObject, name, NameBytes, length);
        if (!status.IsSuccess)
            return status;
        byte[] text = Encoding.Unicode.GetBytes(Kernel.DeviceNodes.Text(new View<OBJECT_NAME_INFORMATION>(name).Name) + "\0");
        return Answer(text, BufferLength, PropertyBuffer, ResultLength);
    }

    /// <summary>The UI numbers of properties that are not in the registry, or bytes of those that are; null if the device has none.</summary>
    private byte[]? Value(View<DEVICE_NODE> node, DEVICE_REGISTRY_PROPERTY property)
    {
        static byte[]? Known(uint value, uint none) => value == none ? null : BitConverter.GetBytes(value);
        DeviceKeys keys = Kernel.DeviceKeys;
        switch (property)
        {
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyBootConfiguration or DEVICE_REGISTRY_PROPERTY.DevicePropertyBootConfigurationTranslated:
                return node.BootResources == 0 ? null : ResourceLists.Read(Memory, node.BootResources);
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyAllocatedResources:
                return node.ResourceList == 0 ? null : ResourceLists.Read(Memory, node.ResourceList);
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyResourceRequirements:
                return Kernel.Roots.Registry.Value(keys.KeyOf(node) + @"\LogConf", "BasicConfigVector")?.Data.ToArray();
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyLegacyBusType:
                return Known((uint)node.ChildInterfaceType, uint.MaxValue);
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyBusNumber:
                return Known(node.ChildBusNumber, 0xFFFF_FFF0);
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyAddress:
                return Known(node.Address_, uint.MaxValue);
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyUINumber:
                return Known(node.UINumber, uint.MaxValue);
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyInstallState:
                return BitConverter.GetBytes(keys.Text(node, "Driver") is null ? 2u : 0u);
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyRemovalPolicy:
                return BitConverter.GetBytes((uint)node.RemovalPolicy);
            case DEVICE_REGISTRY_PROPERTY.DevicePropertyEnumeratorName:
                return Encoding.Unicode.GetBytes(Kernel.DeviceNodes.PathOf(node).Split('\\')[0] + "\0");
            default:
                return NameOf(property) is { } name ? Kernel.Roots.Registry.Value(keys.KeyOf(node), name)?.Data.ToArray() : null;
        }
    }

    private static string? NameOf(DEVICE_REGISTRY_PROPERTY property) => property switch
    {
        DEVICE_REGISTRY_PROPERTY.DevicePropertyDeviceDescription => "DeviceDesc",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyHardwareID => "HardwareID",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyCompatibleIDs => "CompatibleIDs",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyClassName => "Class",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyClassGuid => "ClassGUID",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyDriverKeyName => "Driver",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyManufacturer => "Mfg",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyFriendlyName => "FriendlyName",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyLocationInformation => "LocationInformation",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyBusTypeGuid => "BusTypeGuid",
        DEVICE_REGISTRY_PROPERTY.DevicePropertyContainerID => "ContainerID",
        _ => null,
    };

    [NtExport("IoSetDevicePropertyData", MaxIrql = Irql.Passive)]
    public NtStatus IoSetDevicePropertyData(Ptr<DEVICE_OBJECT> Pdo, ulong PropertyKeyAddress, uint Lcid, uint Flags, uint Type, uint Size, ulong Data)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.Of(Pdo);
        if (node.IsNull)
            return NtStatus.InvalidDeviceRequest;
        if (Size > MostBytes)
            return NtStatus.InvalidParameter;
        var bytes = new byte[Size];
        if (Size != 0)
            Memory.Read(Data, bytes);
        Kernel.DeviceKeys.Set(KeyOf(node, PropertyKeyAddress), RegistryValue.Bytes(Lcid.ToString("x8"), (RegistryValueType)(0xFFFF_0000 | Type), bytes));
        return NtStatus.Success;
    }

    [NtExport("IoGetDevicePropertyData", MaxIrql = Irql.Passive)]
    public NtStatus IoGetDevicePropertyData(Ptr<DEVICE_OBJECT> Pdo, ulong PropertyKeyAddress, uint Lcid, uint Flags, uint Size, ulong Data,
        Ptr<uint> RequiredSize, Ptr<uint> Type)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.Of(Pdo);
        if (node.IsNull)
            return NtStatus.InvalidDeviceRequest;
        RegistryValue? value = Kernel.Roots.Registry.Value(KeyOf(node, PropertyKeyAddress), Lcid.ToString("x8"));
        if (value is not null)
            Type.Write((uint)value.Type & 0xFFFF);
        return Answer(value?.Data.ToArray(), Size, Data, RequiredSize);
    }

    [NtExport("IoGetDeviceNumaNode", MaxIrql = Irql.Dispatch)]
    public NtStatus IoGetDeviceNumaNode(Ptr<DEVICE_OBJECT> Pdo, Ptr<ushort> NodeNumber)
    {
        if (Kernel.DeviceNodes.Of(Pdo).IsNull)
            return NtStatus.InvalidParameter;
        NodeNumber.Write(0);
        return NtStatus.Success;
    }

    /// <summary>A DEVPROPKEY: a GUID and a number.</summary>
    private string KeyOf(View<DEVICE_NODE> node, ulong propertyKey)
    {
        Span<byte> guid = stackalloc byte[16];
        Memory.Read(propertyKey, guid);
        return $"{Kernel.DeviceKeys.KeyOf(node)}{PropertyKey}{{{new Guid(guid)}}}\\{Memory.ReadU32(propertyKey + 16):x4}";
    }

    private NtStatus Answer(byte[]? value, uint length, ulong buffer, Ptr<uint> resultLength)
    {
        if (value is null)
            return NtStatus.ObjectNameNotFound;
        resultLength.Write((uint)value.Length);
        if (value.Length > length)
            return NtStatus.BufferTooSmall;
        Memory.Write(buffer, value);
        return NtStatus.Success;
    }
}
