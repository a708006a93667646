using System.Runtime.InteropServices;

namespace KdSim.Nt;

/// <summary>A node of the device tree. Our own layout, public field names.</summary>
[NtType("_DEVICE_NODE"), StructLayout(LayoutKind.Explicit, Size = 0x210)]
public partial struct DEVICE_NODE
{
    [FieldOffset(0x000), NtPointer<DEVICE_NODE>] public ulong Sibling;
    [FieldOffset(0x008), NtPointer<DEVICE_NODE>] public ulong Child;
    [FieldOffset(0x010), NtPointer<DEVICE_NODE>] public ulong Parent;
    [FieldOffset(0x018), NtPointer<DEVICE_NODE>] public ulong LastChild;
    [FieldOffset(0x020), NtPointer<DEVICE_OBJECT>] public ulong PhysicalDeviceObject;
    [FieldOffset(0x028)] public UNICODE_STRING InstancePath;
    [FieldOffset(0x038)] public UNICODE_STRING ServiceName;
    [FieldOffset(0x048), NtPointer<IRP>] public ulong PendingIrp;
    [FieldOffset(0x050)] public uint Level;
    [FieldOffset(0x054)] public uint CurrentPowerState;
    [FieldOffset(0x058)] public PO_DEVICE_NOTIFY Notify;
    [FieldOffset(0x090)] public PNP_DEVNODE_STATE State;
    [FieldOffset(0x094)] public PNP_DEVNODE_STATE PreviousState;
    [FieldOffset(0x098), NtArray(20)] public PNP_DEVNODE_STATE StateHistory;
    [FieldOffset(0x0E8)] public uint StateHistoryEntry;
    [FieldOffset(0x0EC)] public NtStatus CompletionStatus;
    [FieldOffset(0x0F0)] public uint Flags;
    [FieldOffset(0x0F4)] public uint UserFlags;
    [FieldOffset(0x0F8)] public uint Problem;
    [FieldOffset(0x0FC)] public NtStatus ProblemStatus;
    [FieldOffset(0x100), NtPointer<CM_RESOURCE_LIST>] public ulong ResourceList;
    [FieldOffset(0x108), NtPointer<CM_RESOURCE_LIST>] public ulong ResourceListTranslated;
    [FieldOffset(0x110), NtPointer<DEVICE_OBJECT>] public ulong DuplicatePDO;
    [FieldOffset(0x118), NtPointer<IO_RESOURCE_REQUIREMENTS_LIST>] public ulong ResourceRequirements;
    [FieldOffset(0x120)] public INTERFACE_TYPE InterfaceType;
    [FieldOffset(0x124)] public uint BusNumber;
    [FieldOffset(0x128)] public INTERFACE_TYPE ChildInterfaceType;
    [FieldOffset(0x12C)] public uint ChildBusNumber;
    [FieldOffset(0x130)] public ushort ChildBusTypeIndex;
    [FieldOffset(0x132)] public byte RemovalPolicy;
    [FieldOffset(0x133)] public byte HardwareRemovalPolicy;
    [FieldOffset(0x138)] public LIST_ENTRY TargetDeviceNotify;
    [FieldOffset(0x148)] public LIST_ENTRY DeviceArbiterList;
    [FieldOffset(0x158)] public LIST_ENTRY DeviceTranslatorList;
    [FieldOffset(0x168)] public ushort NoTranslatorMask;
    [FieldOffset(0x16A)] public ushort QueryTranslatorMask;
    [FieldOffset(0x16C)] public ushort NoArbiterMask;
    [FieldOffset(0x16E)] public ushort QueryArbiterMask;
    [FieldOffset(0x170), NtPointer<CM_RESOURCE_LIST>] public ulong BootResources;
    [FieldOffset(0x178), NtPointer<CM_RESOURCE_LIST>] public ulong BootResourcesTranslated;
    [FieldOffset(0x180)] public uint CapabilityFlags;
    [FieldOffset(0x184)] public uint DisableableDepends;
    [FieldOffset(0x188)] public LIST_ENTRY PendedSetInterfaceState;
    [FieldOffset(0x198)] public LIST_ENTRY LegacyBusListEntry;
    [FieldOffset(0x1A8)] public uint DriverUnloadRetryCount;
    [FieldOffset(0x1B0), NtPointer<DEVICE_NODE>] public ulong PreviousParent;
    [FieldOffset(0x1B8)] public uint DeletedChildren;
    [FieldOffset(0x1BC)] public uint NumaNodeIndex;
    [FieldOffset(0x1C0)] public GUID ContainerID;
    [FieldOffset(0x1D0)] public bool OverrideFlags;
    [FieldOffset(0x1D1)] public bool RequiresUnloadedDriver;
    [FieldOffset(0x1D2)] public ushort Pad0;
    [FieldOffset(0x1D4)] public uint Address;
    [FieldOffset(0x1D8)] public uint UINumber;
    [FieldOffset(0x1E0), NtArray(6)] public ulong Spare;
}

[NtType("_PO_DEVICE_NOTIFY"), StructLayout(LayoutKind.Explicit, Size = 0x38)]
public partial struct PO_DEVICE_NOTIFY
{
    [FieldOffset(0x000)] public LIST_ENTRY Link;
    [FieldOffset(0x010), NtPointer<DEVICE_OBJECT>] public ulong TargetDevice;
    [FieldOffset(0x018)] public byte OrderLevel;
    [FieldOffset(0x020)] public Ptr<byte> DeviceName;
    [FieldOffset(0x028)] public Ptr<byte> DriverName;
    [FieldOffset(0x030)] public uint ChildCount;
    [FieldOffset(0x034)] public uint ActiveChild;
}

[NtType("_PNP_DEVNODE_STATE")]
public enum PNP_DEVNODE_STATE
{
    DeviceNodeUnspecified = 768,
    DeviceNodeUninitialized = 769,
    DeviceNodeInitialized = 770,
    DeviceNodeDriversAdded = 771,
    DeviceNodeResourcesAssigned = 772,
    DeviceNodeStartPending = 773,
    DeviceNodeStartCompletion = 774,
    DeviceNodeStartPostWork = 775,
    DeviceNodeStarted = 776,
    DeviceNodeQueryStopped = 777,
    DeviceNodeStopped = 778,
    DeviceNodeRestartCompletion = 779,
    DeviceNodeEnumeratePending = 780,
    DeviceNodeEnumerateCompletion = 781,
    DeviceNodeAwaitingQueuedDeletion = 782,
    DeviceNodeAwaitingQueuedRemoval = 783,
    DeviceNodeQueryRemoved = 784,
    DeviceNodeRemovePendingCloses = 785,
    DeviceNodeRemoved = 786,
    DeviceNodeDeletePendingCloses = 787,
    DeviceNodeDeleted = 788,
    MaxDeviceNodeState = 789,
}
