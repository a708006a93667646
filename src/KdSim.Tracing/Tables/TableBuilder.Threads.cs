namespace KdSim.Tracing.Tables;

/// <summary>Processes, threads, context switches, images.</summary>
sealed partial class TableBuilder
{
    readonly Dictionary<long, int> _threads = [];
    readonly Dictionary<long, int> _processes = [];
    readonly Dictionary<long, long> _readied = [];
    readonly Dictionary<ulong, int> _drivers = [];

    void AddThreadRules()
    {
        string[] process = ["ProcessID", "ParentID", "ImageFileName", "ExitStatus"];
        string[] thread = ["ProcessID", "ThreadID", "Win32StartAddr", "StartAddr", "ThreadName"];
        string[] image = ["ImageBase", "ImageSize", "FileName", "TimeDateStamp"];
        On(Kernel, "Process/Start", process, (in Occurrence at, in PickedFields fields) => ProcessSeen(at.Time, null, fields));
        On(Kernel, "Process/Stop", process, (in Occurrence at, in PickedFields fields) => ProcessSeen(null, at.Time, fields));
        On(Kernel, "Process/DCStart", process, (in Occurrence _, in PickedFields fields) => ProcessSeen(null, null, fields));
        On(Kernel, "Process/DCStop", process, (in Occurrence _, in PickedFields fields) => ProcessSeen(null, null, fields));
        On(Kernel, "Thread/Start", thread, (in Occurrence at, in PickedFields fields) => ThreadSeen(at.Time, null, fields));
        On(Kernel, "Thread/Stop", thread, (in Occurrence at, in PickedFields fields) => ThreadSeen(null, at.Time, fields));
        On(Kernel, "Thread/DCStart", thread, (in Occurrence _, in PickedFields fields) => ThreadSeen(null, null, fields));
        On(Kernel, "Thread/DCStop", thread, (in Occurrence _, in PickedFields fields) => ThreadSeen(null, null, fields));
        On(Kernel, "Thread/SetName", ["ProcessID", "ThreadID", "", "", "ThreadName"],
            (in Occurrence _, in PickedFields fields) => ThreadSeen(null, null, fields));
        On(Kernel, "Image/Load", image, (in Occurrence at, in PickedFields fields) => ImageSeen(at.Time, null, fields));
        On(Kernel, "Image/Unload", image, (in Occurrence at, in PickedFields fields) => ImageSeen(null, at.Time, fields));
        On(Kernel, "Image/DCStart", image, (in Occurrence _, in PickedFields fields) => ImageSeen(null, null, fields));
        On(Kernel, "Image/DCStop", image, (in Occurrence _, in PickedFields fields) => ImageSeen(null, null, fields));
        On(Kernel, "KernelTraceControl/DbgID_RSDS", ["ImageBase", "GuidSig", "Age", "PdbFileName"], (in Occurrence _, in PickedFields fields) =>
        {
            if (Guid.TryParse(fields.Text(1), out Guid guid)) _modules.AddPdb(fields.Address(0), fields.Text(3), guid, (uint)fields[2]);
        });
        On(Kernel, "Thread/CSwitch",
            ["NewThreadID", "OldThreadID", "NewThreadPriority", "OldThreadPriority", "OldThreadState", "OldThreadWaitReason"], Switched);
        On(Kernel, "Dispatcher/ReadyThread", ["AwakenedThreadID"],
            (in Occurrence at, in PickedFields fields) => _readied.TryAdd((uint)fields[0], at.Time));
    }

    long? ProcessOf(long? thread) => thread is { } id && _threads.TryGetValue(id, out int row) ? _tables.Threads[row].Process : null;

    void ProcessSeen(long? start, long? end, in PickedFields fields)
    {
        long id = (uint)fields[0];
        if (start is not null || !_processes.TryGetValue(id, out int row))
            _processes[id] = row = _tables.Processes.Add(new ProcessRow(id, (uint)fields[1], start, null, fields.Text(2), null));
        if (end is not null) _tables.Processes[row] = _tables.Processes[row] with { End = end, ExitStatus = fields[3] };
    }

    void ThreadSeen(long? start, long? end, in PickedFields fields)
    {
        long id = (uint)fields[1];
        ulong address = fields.Address(2) != 0 ? fields.Address(2) : fields.Address(3);
        // Before the first switch of a thread whose beginning was not seen, a switch alone may have made the row.
        if (start is not null || !_threads.TryGetValue(id, out int row))
            _threads[id] = row = _tables.Threads.Add(new ThreadRow(id, (uint)fields[0], start, null, 0, 0, 0, address, fields.Text(4)));
        ThreadRow known = _tables.Threads[row];
        _tables.Threads[row] = known with
        {
            End = end ?? known.End, Process = (uint)fields[0], StartAddress = address != 0 ? address : known.StartAddress,
            Name = fields.Text(4).Length > 0 ? fields.Text(4) : known.Name,
        };
    }

    void ImageSeen(long? loaded, long? unloaded, in PickedFields fields)
    {
        ulong imageBase = fields.Address(0);
        if (!ModuleMap.IsKernel(imageBase)) return;
        string file = fields.Text(2), name = ModuleMap.FileName(file);
        _modules.Add(imageBase, fields.Address(1), file, (uint)fields[3]);
        int dot = name.LastIndexOf('.');
        if (loaded is not null || !_drivers.TryGetValue(imageBase, out int row))
            _drivers[imageBase] = row = _tables.Drivers.Add(
                new DriverRow(dot > 0 ? name[..dot] : name, file, imageBase, fields.Address(1), loaded, null, (uint)fields[3]));
        if (unloaded is not null) _tables.Drivers[row] = _tables.Drivers[row] with { Unloaded = unloaded };
    }

    void Switched(in Occurrence at, in PickedFields fields)
    {
        long coming = (uint)fields[0], leaving = (uint)fields[1];
        ProcessorState processor = Processor(at.Cpu);
        long? ran = processor.Thread == leaving ? at.Time - processor.SwitchTime : null;
        long? ready = _readied.Remove(coming, out long since) ? at.Time - since : null;
        _tables.Switches.Add(new SwitchRow(at.Time, at.Cpu, coming, ProcessOf(coming), leaving, ProcessOf(leaving), (int)fields[2], (int)fields[3],
            (int)fields[4], (int)fields[5], ran, ready));
        if (ran is { } length) AddTimes(leaving, length, 0, 0);
        AddTimes(coming, 0, 1, ready ?? 0);
        (processor.Thread, processor.SwitchTime) = (coming, at.Time);
    }

    void AddTimes(long thread, long running, int switches, long ready)
    {
        if (!_threads.TryGetValue(thread, out int row))
            _threads[thread] = row = _tables.Threads.Add(new ThreadRow(thread, 0, null, null, 0, 0, 0, 0, ""));
        ThreadRow known = _tables.Threads[row];
        _tables.Threads[row] = known with { Running = known.Running + running, Switches = known.Switches + switches, Ready = known.Ready + ready };
    }

    void FinishThreads()
    {
        // The last stretch of each processor runs to the end of the trace.
        foreach (ProcessorState processor in _processors)
            if (processor.Thread is { } thread && _tables.End > processor.SwitchTime)
                AddTimes(thread, _tables.End - processor.SwitchTime, 0, 0);
        // Threads and processes became known after their first switches, where rundowns come late.
        for (int i = 0; i < _tables.Switches.Count; i++)
        {
            SwitchRow row = _tables.Switches[i];
            if (row.NewProcess is null || row.OldProcess is null)
                _tables.Switches[i] = row with
                {
                    NewProcess = row.NewProcess ?? ProcessOf(row.NewThread), OldProcess = row.OldProcess ?? ProcessOf(row.OldThread),
                };
        }
    }
}
