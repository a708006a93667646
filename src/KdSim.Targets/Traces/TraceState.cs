using System.Buffers.Binary;
using System.Runtime.InteropServices;
using KdSim.Debugging.Targets;
using KdSim.Nt;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Targets.Traces;

/// <summary>What is known of the kernel after some events of a trace: fed event by event, in the order of time.</summary>
sealed class TraceState(int processors)
{
    sealed class Request
    {
        public ulong Since;
        public uint? Thread;
        public uint ControlCode;
        public readonly List<RequestHop> Hops = [];
        public uint? Completed;
        public bool IsCancelled;
    }

    sealed class Thread
    {
        public uint Process;
        public ulong Object, StartAddress;
        public string State = "?";

        /// <summary>It was started, not found; the event that tells its address comes next.</summary>
        public bool IsNew;
    }

    readonly byte?[] _irql = new byte?[processors];
    readonly uint?[] _current = new uint?[processors];
    readonly List<(string Kind, ulong Routine, ulong Since, byte? Level)>[] _running =
        [.. Enumerable.Range(0, processors).Select(_ => new List<(string, ulong, ulong, byte?)>())];
    readonly SortedDictionary<uint, Thread> _threads = [];
    readonly Dictionary<uint, string> _processes = [];
    readonly Dictionary<ulong, Request> _requests = [];
    readonly Dictionary<ulong, DeviceActivity> _devices = [];
    readonly Dictionary<ulong, NodeActivity> _nodes = [];
    readonly Dictionary<ulong, string> _drivers = [];
    readonly List<QueuedDpc> _dpcs = [];
    readonly Dictionary<ulong, ulong> _dpcRoutines = [];
    readonly List<TargetModule> _modules = [];

    public IReadOnlyList<TargetModule> Modules => _modules;

    public IReadOnlyList<ProcessorActivity> Processors => [.. Enumerable.Range(0, _irql.Length).Select(cpu => new ProcessorActivity(
        cpu, _running[cpu].Count > 0 ? _running[cpu][^1].Level ?? _irql[cpu] : _irql[cpu], _current[cpu],
        [.. _running[cpu].Select(run => new RunningRoutine(run.Kind, run.Routine, run.Since))]))];

    public IReadOnlyList<ThreadActivity> Threads => [.. _threads.Select(pair => new ThreadActivity(pair.Key, pair.Value.Process,
        _processes.GetValueOrDefault(pair.Value.Process, "?"), pair.Value.Object, pair.Value.StartAddress, pair.Value.State))];

    public IReadOnlyList<RequestActivity> Requests => [.. _requests.OrderBy(pair => pair.Value.Since).ThenBy(pair => pair.Key)
        .Select(pair => new RequestActivity(pair.Key, pair.Value.Since, pair.Value.Thread, pair.Value.ControlCode,
            [.. pair.Value.Hops], pair.Value.Completed, pair.Value.IsCancelled))];

    public IReadOnlyList<DeviceActivity> Devices => [.. _devices.Values.OrderBy(device => device.Device)];

    public IReadOnlyList<NodeActivity> Nodes => [.. _nodes.Values];

    public IReadOnlyList<QueuedDpc> Dpcs => [.. _dpcs.Select(dpc => dpc with { Routine = _dpcRoutines.GetValueOrDefault(dpc.Dpc) })];

    /// <summary>The thread that a processor runs before its first switch is told.</summary>
    public void Assume(int processor, uint thread) => _current[processor] = thread;

    /// <summary>An ISR or DPC begins: its event comes at its end.</summary>
    public void Begin(in TraceStep step) => _running[step.Processor].Add((step.RunKind, step.Routine, step.Nanoseconds, step.Level));

    /// <summary>Takes an event in. Answers what it is to those who stop at kernel events.</summary>
    public (KernelEventKind Kind, ulong[] Values)? Apply(in TraceStep step, in EventRecord record, EventDescription description)
    {
        ReadOnlySpan<byte> payload = record.Payload;
        int cpu = step.Processor;
        switch (description.Name)
        {
            case "PerfInfo/ISR" or "PerfInfo/DPC" or "PerfInfo/ThreadedDPC" or "PerfInfo/TimerDPC":
                ulong ended = BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]);
                int at = _running[cpu].FindLastIndex(run => run.Routine == ended);
                if (at >= 0) _running[cpu].RemoveRange(at, _running[cpu].Count - at);
                return null;
            case "PerfInfo/DpcEnqueue":
                var queued = MemoryMarshal.Read<DpcEnqueuePayload>(payload);
                _dpcs.Add(new QueuedDpc((int)queued.TargetCpu, queued.Key, 0));
                return (KernelEventKind.DpcQueue, [queued.Key, _dpcRoutines.GetValueOrDefault(queued.Key), queued.TargetCpu]);
            case "PerfInfo/DpcExecution":
                var execution = MemoryMarshal.Read<DpcExecutionPayload>(payload);
                _dpcs.RemoveAll(dpc => dpc.Dpc == execution.Key);
                _dpcRoutines[execution.Key] = execution.Routine;
                return (KernelEventKind.Dpc, [execution.Key, execution.Routine]);
            case "Thread/CSwitch":
                Switch(cpu, MemoryMarshal.Read<ContextSwitchPayload>(payload));
                return null;
            case "Dispatcher/ReadyThread":
                ThreadOf(BinaryPrimitives.ReadUInt32LittleEndian(payload)).State = "Ready";
                return null;
            case "Thread/Start" or "Thread/DCStart":
                Dictionary<string, string> thread = TraceFields.Of(record, description);
                Thread started = ThreadOf(TraceFields.Number(thread, "ThreadID"));
                started.Process = TraceFields.Number(thread, "ProcessID");
                started.IsNew = description.Name == "Thread/Start";
                started.StartAddress = TraceFields.Hex(thread, "StartAddr");
                return null;
            case "Thread/Stop":
                Dictionary<string, string> stopped = TraceFields.Of(record, description);
                uint gone = TraceFields.Number(stopped, "ThreadID");
                ulong address = ThreadOf(gone).Object;
                if (gone != 0) _threads.Remove(gone);
                return (KernelEventKind.ThreadExit, [address, 0]);
            case "Process/Start" or "Process/DCStart":
                Dictionary<string, string> process = TraceFields.Of(record, description);
                _processes[TraceFields.Number(process, "ProcessID")] = process.GetValueOrDefault("ImageFileName", "?");
                return description.Name == "Process/Start" ? (KernelEventKind.ProcessCreate, [TraceFields.Hex(process, "UniqueProcessKey")]) : null;
            case "Process/Stop":
                return (KernelEventKind.ProcessExit, [BinaryPrimitives.ReadUInt64LittleEndian(payload), 0]);
            case "Image/Load" or "Image/DCStart":
                _modules.Add(TraceModules.Of(record, description));
                return null;
            case "Image/Unload":
                TargetModule unloaded = TraceModules.Of(record, description);
                _modules.RemoveAll(module => module.Base == unloaded.Base && !module.Unloaded);
                _modules.Add(unloaded with { Unloaded = true });
                return null;
            case "DiskIO/DriverMajorFunctionCall":
                Called(record, MemoryMarshal.Read<DriverCallPayload>(payload));
                return null;
            default:
                return description.Provider == "KdSim-Kernel" ? ApplyOwn(step, record, description) : null;
        }
    }

    (KernelEventKind Kind, ulong[] Values)? ApplyOwn(in TraceStep step, in EventRecord record, EventDescription description)
    {
        ReadOnlySpan<byte> payload = record.Payload;
        switch (description.Name)
        {
            case "IrqlChange":
                var change = MemoryMarshal.Read<IrqlChangePayload>(payload);
                _irql[step.Processor] = change.New;
                return (KernelEventKind.IrqlChange, [change.Old, change.New, change.Rip]);
            case "InterruptEnter":
                return (KernelEventKind.Interrupt, [payload[0], payload[1]]);
            case "IrpAllocate":
                var allocated = MemoryMarshal.Read<IrpAllocatePayload>(payload);
                _requests[allocated.Irp] = new Request { Since = step.Nanoseconds, Thread = record.ThreadId };
                return null;
            case "IrpCall":
                var call = MemoryMarshal.Read<IrpCallPayload>(payload);
                Request request = RequestOf(call.Irp, step.Nanoseconds, record.ThreadId);
                if (request.ControlCode == 0) request.ControlCode = call.ControlCode;
                // The kernel's own event came just before: it has the routine.
                if (request.Hops is [.., { Device: 0 } last])
                    request.Hops[^1] = last with { Device = call.Device, Driver = _drivers.GetValueOrDefault(call.Driver, "?") };
                else
                    request.Hops.Add(new RequestHop(call.Major, call.Minor, call.Device, _drivers.GetValueOrDefault(call.Driver, "?"), 0, null));
                return (KernelEventKind.IrpCall, [call.Irp, call.Device, call.Major, call.Minor]);
            case "IrpReturn":
                var returned = MemoryMarshal.Read<IrpReturnPayload>(payload);
                if (_requests.TryGetValue(returned.Irp, out Request? open) && open.Hops.FindLastIndex(hop => hop.Status is null) is var index and >= 0)
                    open.Hops[index] = open.Hops[index] with { Status = returned.Status };
                return null;
            case "IrpComplete":
                var complete = MemoryMarshal.Read<IrpCompletePayload>(payload);
                RequestOf(complete.Irp, step.Nanoseconds, null).Completed = complete.Status;
                return (KernelEventKind.IrpComplete, [complete.Irp, complete.Status, complete.Information]);
            case "IrpCancel":
                RequestOf(BinaryPrimitives.ReadUInt64LittleEndian(payload), step.Nanoseconds, null).IsCancelled = true;
                return null;
            case "IrpFree":
                _requests.Remove(BinaryPrimitives.ReadUInt64LittleEndian(payload));
                return null;
            case "ThreadObject":
                Dictionary<string, string> thread = TraceFields.Of(record, description);
                Thread known = ThreadOf(TraceFields.Number(thread, "Tid"));
                (known.Object, known.Process) = (TraceFields.Hex(thread, "Thread"), TraceFields.Number(thread, "Pid"));
                if (!known.IsNew) return null;
                known.IsNew = false;
                return (KernelEventKind.ThreadCreate, [known.Object, TraceFields.Hex(thread, "Process")]);
            case "PowerState":
                var power = MemoryMarshal.Read<PowerStatePayload>(payload);
                return (KernelEventKind.PowerState, [power.Device, power.IsSystem, power.Old, power.New]);
            case "PoolAllocate":
                var pool = MemoryMarshal.Read<PoolAllocatePayload>(payload);
                return (KernelEventKind.PoolAllocate, [pool.Address, pool.Size, pool.Tag]);
            case "PoolFree":
                var free = MemoryMarshal.Read<PoolFreePayload>(payload);
                return (KernelEventKind.PoolFree, [free.Address, free.Tag]);
            default:
                return ApplyDevice(record, description);
        }
    }

    (KernelEventKind Kind, ulong[] Values)? ApplyDevice(in EventRecord record, EventDescription description)
    {
        ReadOnlySpan<byte> payload = record.Payload;
        switch (description.Name)
        {
            case "DeviceCreate" or "DeviceRundown":
                Dictionary<string, string> device = TraceFields.Of(record, description);
                ulong driver = TraceFields.Hex(device, "Driver"), address = TraceFields.Hex(device, "Device");
                _drivers[driver] = device["DriverName"];
                _devices[address] = new DeviceActivity(
                    address, driver, device["DriverName"], device["DeviceName"], TraceFields.Hex(device, "Lower"), TraceFields.Hex(device, "Node"));
                return null;
            case "AddDevice":
                Dictionary<string, string> added = TraceFields.Of(record, description);
                _drivers[TraceFields.Hex(added, "Driver")] = added["DriverName"];
                return null;
            case "DeviceAttach" or "DeviceDetach" when _devices.TryGetValue(BinaryPrimitives.ReadUInt64LittleEndian(payload), out DeviceActivity? moved):
                ulong lower = BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]);
                _devices[moved.Device] = moved with { Lower = description.Name == "DeviceAttach" ? lower : 0 };
                return null;
            case "DeviceDelete":
                _devices.Remove(BinaryPrimitives.ReadUInt64LittleEndian(payload));
                return null;
            case "NodeState" or "NodeRundown":
                Dictionary<string, string> node = TraceFields.Of(record, description);
                uint state = BinaryPrimitives.ReadUInt32LittleEndian(payload[(description.Name == "NodeState" ? 28 : 24)..]);
                var now = new NodeActivity(TraceFields.Hex(node, "Node"), TraceFields.Hex(node, "Parent"), TraceFields.Hex(node, "PhysicalDevice"),
                    node["InstancePath"], node["Service"], state, TraceFields.Number(node, "Problem"));
                if (state == (uint)PNP_DEVNODE_STATE.DeviceNodeDeleted) _nodes.Remove(now.Node);
                else _nodes[now.Node] = now;
                return description.Name == "NodeState"
                    ? (KernelEventKind.DeviceState, [now.Node, BinaryPrimitives.ReadUInt32LittleEndian(payload[24..]), state]) : null;
            default:
                return null;
        }
    }

    void Called(in EventRecord record, DriverCallPayload call) =>
        RequestOf(call.Irp, 0, record.ThreadId == EventRecord.NoThread ? _current[record.Processor] : record.ThreadId)
            .Hops.Add(new RequestHop((byte)call.MajorFunction, (byte)call.MinorFunction, 0, "?", call.RoutineAddr, null));

    void Switch(int cpu, in ContextSwitchPayload change)
    {
        _current[cpu] = change.NewThreadID;
        ThreadOf(change.NewThreadID).State = $"Running on {cpu}";
        // A thread that has ended leaves its processor later.
        if (!_threads.TryGetValue(change.OldThreadID, out Thread? old)) return;
        old.State = (KTHREAD_STATE)change.OldThreadState == KTHREAD_STATE.Waiting
            ? $"Waiting: {(KWAIT_REASON)change.OldThreadWaitReason}" : ((KTHREAD_STATE)change.OldThreadState).ToString();
    }

    Thread ThreadOf(uint id)
    {
        if (!_threads.TryGetValue(id, out Thread? thread)) _threads.Add(id, thread = new Thread());
        return thread;
    }

    Request RequestOf(ulong irp, ulong since, uint? thread)
    {
        if (!_requests.TryGetValue(irp, out Request? request)) _requests.Add(irp, request = new Request { Since = since, Thread = thread });
        return request;
    }
}
