using KdSim.Nt;
using KdSim.Tracing.Etl.Providers;

namespace KdSim.Recording;

/// <summary>Devices, their stacks and nodes, and the drivers that are started for them.</summary>
sealed partial class KernelRecorder
{
    static readonly EventProviderNames Pnp = new(KernelPnpProvider.Provider);

    /// <summary>Declared events by name.</summary>
    readonly record struct EventProviderNames(EventProvider Provider)
    {
        public ProviderEvent this[string name] => Provider.Named(name);
    }

    public void DeviceCreated(int cpu, ulong device)
    {
        if (!Wants(RecordedKinds.Pnp)) return;
        ulong driver = _guest.U64(device + DEVICE_OBJECT.Offsets.DriverObject);
        Own(cpu, "DeviceCreate", device, driver, _guest.U32(device + DEVICE_OBJECT.Offsets.DeviceType), DriverName(driver), NameOf(device));
    }

    public void DeviceAttached(int cpu, ulong device, ulong lower)
    {
        if (Wants(RecordedKinds.Pnp)) Own(cpu, "DeviceAttach", device, lower);
    }

    public void DeviceDetached(int cpu, ulong device, ulong lower)
    {
        if (Wants(RecordedKinds.Pnp)) Own(cpu, "DeviceDetach", device, lower);
    }

    public void DeviceDeleted(int cpu, ulong device)
    {
        if (Wants(RecordedKinds.Pnp)) Own(cpu, "DeviceDelete", device);
    }

    public void DriverEntryCalled(int cpu, ulong driver)
    {
        if (Wants(RecordedKinds.Pnp)) Counted(cpu, Pnp["DriverInitStart"], DriverName(driver));
    }

    public void DriverEntryReturned(int cpu, ulong driver, uint status)
    {
        if (!Wants(RecordedKinds.Pnp)) return;
        string name = DriverName(driver);
        Event(cpu, Pnp["DriverInitStop"], name.Length, name, status);
    }

    public void AddDeviceCalled(int cpu, ulong driver, ulong deviceNode)
    {
        if (Wants(RecordedKinds.Pnp)) Own(cpu, "AddDevice", driver, deviceNode, DriverName(driver));
    }

    public void AddDeviceReturned(int cpu, ulong driver, ulong deviceNode, uint status)
    {
        if (Wants(RecordedKinds.Pnp)) Own(cpu, "AddDeviceReturn", driver, deviceNode, status);
    }

    public void DeviceStateChanged(int cpu, ulong deviceNode, uint from, uint to)
    {
        if (!Wants(RecordedKinds.Pnp)) return;
        string path = PathOf(deviceNode);
        Own(cpu, "NodeState", deviceNode, _guest.U64(deviceNode + DEVICE_NODE.Offsets.Parent),
            _guest.U64(deviceNode + DEVICE_NODE.Offsets.PhysicalDeviceObject), from, to,
            _guest.U32(deviceNode + DEVICE_NODE.Offsets.Problem), path, _guest.Unicode(deviceNode + DEVICE_NODE.Offsets.ServiceName));
        switch ((PNP_DEVNODE_STATE)to)
        {
            case PNP_DEVNODE_STATE.DeviceNodeInitialized when from == (uint)PNP_DEVNODE_STATE.DeviceNodeUninitialized:
                Event(cpu, Pnp["ProcessNewDeviceStart"], deviceNode);
                Event(cpu, Pnp["ProcessNewDevice"], deviceNode, path);
                break;
            case PNP_DEVNODE_STATE.DeviceNodeStartPending:
                Counted(cpu, Pnp["DeviceStart"], path);
                break;
            case PNP_DEVNODE_STATE.DeviceNodeStartCompletion:
                Event(cpu, Pnp["DeviceStartStop"], path.Length, path, _guest.U32(deviceNode + DEVICE_NODE.Offsets.CompletionStatus), 0, "", 0);
                break;
            case PNP_DEVNODE_STATE.DeviceNodeStarted when from == (uint)PNP_DEVNODE_STATE.DeviceNodeStartPostWork:
                Event(cpu, Pnp["ProcessNewDeviceStop"], deviceNode);
                break;
            case PNP_DEVNODE_STATE.DeviceNodeAwaitingQueuedRemoval or PNP_DEVNODE_STATE.DeviceNodeQueryRemoved:
                Event(cpu, Pnp["DeviceRemovalStart"], path);
                break;
            case PNP_DEVNODE_STATE.DeviceNodeRemoved or PNP_DEVNODE_STATE.DeviceNodeDeleted:
                Event(cpu, Pnp["DeviceRemovalStop"], path);
                break;
        }
    }

    void Counted(int cpu, ProviderEvent declared, string text) => Event(cpu, declared, text.Length, text);

    string DriverName(ulong driver) => driver == 0 ? "" : _guest.Unicode(driver + DRIVER_OBJECT.Offsets.DriverName);

    string PathOf(ulong node) => _guest.Unicode(node + DEVICE_NODE.Offsets.InstancePath);

    /// <summary>The node at the bottom of a device's stack, or 0.</summary>
    ulong NodeOf(ulong device)
    {
        const int MostDepth = 127;
        for (int depth = 0; device != 0 && depth < MostDepth; depth++)
        {
            ulong extension = _guest.U64(device + DEVICE_OBJECT.Offsets.DeviceObjectExtension);
            if (_guest.U64(extension + DEVOBJ_EXTENSION.Offsets.DeviceNode) is var node and not 0) return node;
            device = _guest.U64(extension + DEVOBJ_EXTENSION.Offsets.AttachedTo);
        }
        return 0;
    }

    /// <summary>The name in the object's header, without its directory.</summary>
    string NameOf(ulong body)
    {
        const byte HasName = 2;
        ulong header = body - (ulong)OBJECT_HEADER.Offsets.Body;
        return (_guest.U8(header + (ulong)OBJECT_HEADER.Offsets.InfoMask) & HasName) == 0
            ? "" : _guest.Unicode(header - (ulong)OBJECT_HEADER_NAME_INFO.SizeOf + (ulong)OBJECT_HEADER_NAME_INFO.Offsets.Name);
    }
}
