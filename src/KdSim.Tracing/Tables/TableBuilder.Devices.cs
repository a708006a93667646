namespace KdSim.Tracing.Tables;

/// <summary>Driver and device objects, device nodes, power.</summary>
sealed partial class TableBuilder
{
    readonly Dictionary<ulong, string> _driverNames = [];
    readonly Dictionary<ulong, int> _devices = [];
    readonly Dictionary<ulong, int> _nodes = [];
    readonly Dictionary<ulong, int> _powerIrps = [];

    void AddDeviceRules()
    {
        On(KdSim, "DeviceCreate", ["Device", "Driver", "DriverName", "DeviceName"],
            (in Occurrence at, in PickedFields fields) => Device(fields.Address(0), fields.Address(1), fields.Text(2), fields.Text(3), at.Time, null));
        On(KdSim, "DeviceRundown", ["Device", "Driver", "DriverName", "DeviceName", "Lower"],
            (in Occurrence _, in PickedFields fields) => Device(fields.Address(0), fields.Address(1), fields.Text(2), fields.Text(3), null, fields.Address(4)));
        On(KdSim, "DeviceAttach", ["Device", "Lower"], (in Occurrence _, in PickedFields fields) => SetLower(fields.Address(0), fields.Address(1)));
        On(KdSim, "DeviceDetach", ["Device", "Lower"], (in Occurrence _, in PickedFields fields) => SetLower(fields.Address(0), null));
        On(KdSim, "DeviceDelete", ["Device"], (in Occurrence at, in PickedFields fields) =>
        {
            if (_devices.Remove(fields.Address(0), out int row)) _tables.Devices[row] = _tables.Devices[row] with { Deleted = at.Time };
        });
        string[] node = ["Node", "Old", "New", "Problem", "InstancePath", "Service"];
        On(KdSim, "NodeState", node, NodeChanged);
        On(KdSim, "NodeRundown", ["Node", "", "State", "Problem", "InstancePath", "Service"], NodeChanged);
        On(KdSim, "PowerState", ["Device", "IsSystem", "Old", "New"], (in Occurrence at, in PickedFields fields) => _tables.Power.Add(
            new PowerRow(at.Time, null, null, "state", fields.Address(0), "", fields[1] != 0, (int)fields[2], (int)fields[3], null)));
        On(KernelPower, "Irp/Start", ["Irp", "PowerStateType", "TargetDevice", "InstanceName", "PowerState"], PowerIrpStarted);
        On(KernelPower, "Irp/Stop", ["Irp", "Status"], PowerIrpEnded);
    }

    void Device(ulong device, ulong driver, string driverName, string name, long? created, ulong? lower)
    {
        if (driverName.Length > 0) _driverNames[driver] = driverName;
        if (created is null && _devices.ContainsKey(device)) return;
        _devices[device] = _tables.Devices.Add(new DeviceRow(device, driver, driverName, name, lower == 0 ? null : lower, created, null));
    }

    void SetLower(ulong device, ulong? lower)
    {
        if (_devices.TryGetValue(device, out int row)) _tables.Devices[row] = _tables.Devices[row] with { Lower = lower };
    }

    void NodeChanged(in Occurrence at, in PickedFields fields)
    {
        ulong node = fields.Address(0);
        string from = fields.Has(1) ? State((uint)fields[1]) : "", state = State((uint)fields[2]);
        if (_nodes.TryGetValue(node, out int row))
        {
            PnpRow before = _tables.Pnp[row];
            if (before.State == state && !fields.Has(1)) return;                 // a rundown tells nothing new
            _tables.Pnp[row] = before with { End = at.Time, Duration = at.Time - before.Start };
        }
        _nodes[node] = _tables.Pnp.Add(new PnpRow(at.Time, null, null, node, fields.Text(4), fields.Text(5), from, state, (int)fields[3]));
    }

    static string State(uint state) => ((Nt.PNP_DEVNODE_STATE)state).ToString();

    void PowerIrpStarted(in Occurrence at, in PickedFields fields) => _powerIrps[fields.Address(0)] = _tables.Power.Add(
        new PowerRow(at.Time, null, null, "irp", fields.Address(2), fields.Text(3), fields[1] == 0, null, (int)fields[4], null));

    void PowerIrpEnded(in Occurrence at, in PickedFields fields)
    {
        if (!_powerIrps.Remove(fields.Address(0), out int row)) return;
        PowerRow start = _tables.Power[row];
        _tables.Power[row] = start with { End = at.Time, Duration = at.Time - start.Start, Status = (uint)fields[1] };
    }

    void FinishDevices()
    {
        for (int i = 0; i < _tables.Devices.Count; i++)
            if (_tables.Devices[i] is { Driver: "" } device && _driverNames.TryGetValue(device.DriverObject, out string? name))
                _tables.Devices[i] = device with { Driver = name };
        // An instance path and a service may be told after the first states.
        var last = new Dictionary<ulong, (string Instance, string Service)>();
        for (int i = _tables.Pnp.Count - 1; i >= 0; i--)
        {
            PnpRow row = _tables.Pnp[i];
            (string instance, string service) = last.GetValueOrDefault(row.Node, ("", ""));
            row = row with { Instance = row.Instance.Length > 0 ? row.Instance : instance, Service = row.Service.Length > 0 ? row.Service : service };
            last[row.Node] = (row.Instance, row.Service);
            _tables.Pnp[i] = row;
        }
    }
}
