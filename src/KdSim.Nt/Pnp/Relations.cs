using System.Runtime.InteropServices;

namespace KdSim.Nt;

[NtType("_DEVICE_RELATIONS"), StructLayout(LayoutKind.Explicit, Size = 0x10)]
public partial struct DEVICE_RELATIONS
{
    [FieldOffset(0x000)] public uint Count;
    [FieldOffset(0x008), NtPointer<DEVICE_OBJECT>, NtArray(1)] public ulong Objects;
}

[NtType("_DEVICE_RELATION_TYPE")]
public enum DEVICE_RELATION_TYPE
{
    BusRelations = 0,
    EjectionRelations = 1,
    PowerRelations = 2,
    RemovalRelations = 3,
    TargetDeviceRelation = 4,
    SingleBusRelations = 5,
    TransportRelations = 6,
}

[NtType("_BUS_QUERY_ID_TYPE")]
public enum BUS_QUERY_ID_TYPE
{
    BusQueryDeviceID = 0,
    BusQueryHardwareIDs = 1,
    BusQueryCompatibleIDs = 2,
    BusQueryInstanceID = 3,
    BusQueryDeviceSerialNumber = 4,
    BusQueryContainerID = 5,
}

[NtType("_DEVICE_TEXT_TYPE")]
public enum DEVICE_TEXT_TYPE
{
    DeviceTextDescription = 0,
    DeviceTextLocationInformation = 1,
}

[NtType("_DEVICE_USAGE_NOTIFICATION_TYPE")]
public enum DEVICE_USAGE_NOTIFICATION_TYPE
{
    DeviceUsageTypeUndefined = 0,
    DeviceUsageTypePaging = 1,
    DeviceUsageTypeHibernation = 2,
    DeviceUsageTypeDumpFile = 3,
    DeviceUsageTypeBoot = 4,
    DeviceUsageTypePostDisplay = 5,
    DeviceUsageTypeGuestAssigned = 6,
}

[NtType("DEVICE_REGISTRY_PROPERTY")]
public enum DEVICE_REGISTRY_PROPERTY
{
    DevicePropertyDeviceDescription = 0,
    DevicePropertyHardwareID = 1,
    DevicePropertyCompatibleIDs = 2,
    DevicePropertyBootConfiguration = 3,
    DevicePropertyBootConfigurationTranslated = 4,
    DevicePropertyClassName = 5,
    DevicePropertyClassGuid = 6,
    DevicePropertyDriverKeyName = 7,
    DevicePropertyManufacturer = 8,
    DevicePropertyFriendlyName = 9,
    DevicePropertyLocationInformation = 10,
    DevicePropertyPhysicalDeviceObjectName = 11,
    DevicePropertyBusTypeGuid = 12,
    DevicePropertyLegacyBusType = 13,
    DevicePropertyBusNumber = 14,
    DevicePropertyEnumeratorName = 15,
    DevicePropertyAddress = 16,
    DevicePropertyUINumber = 17,
    DevicePropertyInstallState = 18,
    DevicePropertyRemovalPolicy = 19,
    DevicePropertyResourceRequirements = 20,
    DevicePropertyAllocatedResources = 21,
    DevicePropertyContainerID = 22,
}

[NtType("_DEVICE_INSTALL_STATE")]
public enum DEVICE_INSTALL_STATE
{
    InstallStateInstalled = 0,
    InstallStateNeedsReinstall = 1,
    InstallStateFailedInstall = 2,
    InstallStateFinishInstall = 3,
}
