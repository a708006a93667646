namespace KdSim.Tracing.Tables;

/// <summary>ISRs, DPCs, IRQL and spin locks.</summary>
sealed partial class TableBuilder
{
    const int MostRecentIsrs = 32;

    /// <summary>When a DPC object was queued last.</summary>
    readonly Dictionary<ulong, (long Time, int Cpu, long? Isr)> _queuedDpcs = [];

    /// <summary>The DPC object that runs on each processor, and when it was queued.</summary>
    readonly Dictionary<int, (ulong Object, long? Queued, long? Isr, long Entered)> _runningDpcs = [];

    void AddInterruptRules()
    {
        string[] isr = ["InitialTime", "Routine", "ReturnValue", "Vector"], dpc = ["InitialTime", "Routine"];
        On(Kernel, "PerfInfo/ISR", isr, Isr);
        On(Kernel, "PerfInfo/DPC", dpc, (in Occurrence at, in PickedFields fields) => Dpc(at, fields, "dpc"));
        On(Kernel, "PerfInfo/TimerDPC", dpc, (in Occurrence at, in PickedFields fields) => Dpc(at, fields, "timer"));
        On(Kernel, "PerfInfo/ThreadedDPC", dpc, (in Occurrence at, in PickedFields fields) => Dpc(at, fields, "threaded"));
        On(Kernel, "PerfInfo/DpcEnqueue", ["Key", "TargetCpu"], DpcQueued);
        On(Kernel, "PerfInfo/DpcExecution", ["Key"], DpcEntered);
        On(Kernel, "Thread/SpinLock",
            ["SpinLock", "Caller", "AcquireTime", "ReleaseTime", "WaitTimeInCycles", "SpinCount", "ThreadID", "Irql"], SpinLock);
        On(KdSim, "IrqlChange", ["Old", "New", "Rip"], IrqlChanged);
    }

    void Isr(in Occurrence at, in PickedFields fields)
    {
        long start = Nanoseconds(fields[0]);
        ProcessorState processor = Processor(at.Cpu);
        _tables.Isr.Add(new IsrRow(start, at.Time, at.Time - start, processor.Exclusive(start, at.Time), at.Cpu, (int)fields[3], fields[2] != 0,
            fields.Address(1), "", ""));
        if (processor.RecentIsrs.Count == MostRecentIsrs) processor.RecentIsrs.RemoveAt(0);
        processor.RecentIsrs.Add((start, at.Time));
    }

    void DpcQueued(in Occurrence at, in PickedFields fields) => _queuedDpcs[fields.Address(0)] = (at.Time, at.Cpu, null);

    void DpcEntered(in Occurrence at, in PickedFields fields)
    {
        ulong key = fields.Address(0);
        if (!_queuedDpcs.Remove(key, out (long Time, int Cpu, long? Isr) queued))
        {
            _runningDpcs[at.Cpu] = (key, null, null, at.Time);
            return;
        }
        // The ISR's event comes at its end: by now it is known whether one ran when the DPC was queued.
        long? isr = null;
        foreach ((long start, long end) in Processor(queued.Cpu).RecentIsrs)
            if (start <= queued.Time && queued.Time <= end)
                isr = start;
        _runningDpcs[at.Cpu] = (key, queued.Time, isr, at.Time);
    }

    void Dpc(in Occurrence at, in PickedFields fields, string kind)
    {
        long start = Nanoseconds(fields[0]);
        _runningDpcs.Remove(at.Cpu, out (ulong Object, long? Queued, long? Isr, long Entered) run);
        bool known = run.Object != 0 && run.Entered >= start;
        _tables.Dpc.Add(new DpcRow(start, at.Time, at.Time - start, Processor(at.Cpu).Exclusive(start, at.Time), known ? start - run.Queued : null,
            known ? start - run.Isr : null, at.Cpu, kind, known ? run.Object : null, fields.Address(1), "", ""));
    }

    void SpinLock(in Occurrence at, in PickedFields fields)
    {
        long acquired = Nanoseconds(fields[2]), released = Nanoseconds(fields[3]);
        _tables.Locks.Add(new LockRow(acquired, released, released - acquired, fields[4], fields[5], at.Cpu, fields[6], fields.Address(0), fields.Address(1),
            "", "", (int)fields[7]));
    }

    void IrqlChanged(in Occurrence at, in PickedFields fields)
    {
        ProcessorState processor = Processor(at.Cpu);
        CloseIrql(processor, at.Cpu, at.Time, (byte)fields[0]);
        processor.Irql = ((byte)fields[1], at.Time, fields.Address(2));
    }

    void CloseIrql(ProcessorState processor, int cpu, long end, byte level)
    {
        (byte known, long since, ulong rip) = processor.Irql ?? (level, Nanoseconds(_file.FirstTime), 0);
        if (end > since) _tables.Irql.Add(new IrqlRow(since, end, end - since, cpu, known, Nt.Irql.Name(known), rip, "", ""));
    }

    void FinishInterrupts()
    {
        for (int cpu = 0; cpu < _processors.Count; cpu++)
            if (_processors[cpu].Irql is { } open)
                CloseIrql(_processors[cpu], cpu, _tables.End, open.Level);
        for (int i = 0; i < _tables.Isr.Count; i++)
        {
            (string module, string function) = _modules.NameOf(_tables.Isr[i].Routine);
            _tables.Isr[i] = _tables.Isr[i] with { Module = module, Function = function };
        }
        for (int i = 0; i < _tables.Dpc.Count; i++)
        {
            (string module, string function) = _modules.NameOf(_tables.Dpc[i].Routine);
            _tables.Dpc[i] = _tables.Dpc[i] with { Module = module, Function = function };
        }
        for (int i = 0; i < _tables.Irql.Count; i++)
        {
            (string module, string function) = _tables.Irql[i].Rip == 0 ? ("", "") : _modules.NameOf(_tables.Irql[i].Rip);
            _tables.Irql[i] = _tables.Irql[i] with { Module = module, Function = function };
        }
        for (int i = 0; i < _tables.Locks.Count; i++)
        {
            (string module, string function) = _modules.NameOf(_tables.Locks[i].Caller);
            _tables.Locks[i] = _tables.Locks[i] with { Module = module, Function = function };
        }
    }

}
