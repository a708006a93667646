using KdSim.Nt;

namespace KdSim.Tracing.Tables;

/// <summary>
/// Requests and the drivers they went through. KdSim's events say what a request is, and its status; the kernel's classic ones only routines and times.
/// </summary>
sealed partial class TableBuilder
{
    const uint Pending = 0x103, Cancelled = 0xC0000120, MoreProcessingRequired = 0xC0000016;

    /// <summary>The requests by address; one that was freed stays until its address is used again, since its callers return later.</summary>
    readonly Dictionary<ulong, Request> _requests = [];

    /// <summary>Calls by the number that pairs them with their returns, in traces of the classic events.</summary>
    readonly Dictionary<long, (Request Request, int Hop)> _matches = [];

    sealed class Request
    {
        /// <summary>In irps.</summary>
        public required int Row { get; init; }

        /// <summary>In irp_hops, in the order of the calls.</summary>
        public List<int> Hops { get; } = [];

        public bool Freed { get; set; }
    }

    void AddRequestRules()
    {
        if (_isKdSim)
        {
            On(KdSim, "IrpAllocate", ["Irp"], (in Occurrence at, in PickedFields fields) => Open(at, fields.Address(0)));
            On(KdSim, "IrpCall", ["Irp", "Device", "Driver", "Major", "Minor", "ControlCode", "Length"], Called);
            On(KdSim, "IrpReturn", ["Irp", "Status"], (in Occurrence at, in PickedFields fields) => Returned(fields.Address(0), at.Time, (uint)fields[1]));
            On(KdSim, "IrpComplete", ["Irp", "Device", "Status", "Information"], Completed);
            On(KdSim, "IrpCompletionReturn", ["Irp", "Status"], (in Occurrence _, in PickedFields fields) => CompletionReturned(fields));
            On(KdSim, "IrpCancel", ["Irp"], (in Occurrence at, in PickedFields fields) => Change(fields.Address(0), row => row with { Cancelled = true }));
            On(KdSim, "IrpFree", ["Irp"], (in Occurrence at, in PickedFields fields) => Freed(fields.Address(0), at.Time));
            return;
        }
        On(Kernel, "DiskIO/DriverMajorFunctionCall", ["Irp", "RoutineAddr", "MajorFunction", "MinorFunction", "UniqMatchID"], ClassicCall);
        On(Kernel, "DiskIO/DriverMajorFunctionReturn", ["UniqMatchID"], ClassicReturn);
        On(Kernel, "DiskIO/DriverCompleteRequest", ["Irp", "RoutineAddr"], ClassicComplete);
    }

    Request Open(in Occurrence at, ulong irp)
    {
        int id = _tables.Irps.Count;
        _tables.Irps.Add(new IrpRow(id, irp, at.Time, null, null, null, null, null, "", null, null, null, "", null, null, false, false, 0, null, null));
        return _requests[irp] = new Request { Row = id };
    }

    void Called(in Occurrence at, in PickedFields fields)
    {
        ulong irp = fields.Address(0);
        Request request = _requests.TryGetValue(irp, out Request? known) && !known.Freed ? known : Open(at, irp);
        int major = (int)fields[3], minor = (int)fields[4];
        AddHop(at, request, new IrpHopRow(request.Row, request.Hops.Count, at.Time, null, null, null, null, null, major, minor, fields.Address(1),
            fields.Address(2), "", null));
        if (request.Hops.Count > 1) return;
        bool isControl = (IRP_MJ)major is IRP_MJ.DEVICE_CONTROL or IRP_MJ.INTERNAL_DEVICE_CONTROL;
        _tables.Irps[request.Row] = _tables.Irps[request.Row] with
        {
            ControlCode = isControl ? fields[5] : null, Device = fields.Address(1),
            Length = isControl || (IRP_MJ)major is IRP_MJ.READ or IRP_MJ.WRITE ? fields[6] : null,
        };
    }

    void AddHop(in Occurrence at, Request request, in IrpHopRow hop)
    {
        request.Hops.Add(_tables.IrpHops.Add(hop));
        IrpRow row = _tables.Irps[request.Row];
        _tables.Irps[request.Row] = request.Hops.Count > 1 ? row with { Hops = request.Hops.Count } : row with
        {
            Called = at.Time, Major = hop.Major, Minor = hop.Minor, Hops = 1, Thread = at.Thread, Process = at.Process,
            Function = IrpNames.Minor((byte)hop.Major, (byte)hop.Minor) ?? IrpNames.Major((byte)hop.Major),
        };
    }

    void Returned(ulong irp, long time, uint status)
    {
        if (!_requests.TryGetValue(irp, out Request? request)) return;
        for (int i = request.Hops.Count - 1; i >= 0; i--)
        {
            IrpHopRow hop = _tables.IrpHops[request.Hops[i]];
            if (hop.Returned is not null) continue;
            _tables.IrpHops[request.Hops[i]] = hop with { Returned = time, ReturnStatus = status };
            if (status == Pending) _tables.Irps[request.Row] = _tables.Irps[request.Row] with { Pended = true };
            return;
        }
    }

    /// <summary>A driver completes: the request goes up through those above it, unless a completion routine keeps it.</summary>
    void Completed(in Occurrence at, in PickedFields fields)
    {
        if (!_requests.TryGetValue(fields.Address(0), out Request? request)) return;
        uint status = (uint)fields[2];
        foreach (int hop in request.Hops)
            if (_tables.IrpHops[hop].Completed is null)
                _tables.IrpHops[hop] = _tables.IrpHops[hop] with { Completed = at.Time };
        IrpRow row = _tables.Irps[request.Row];
        _tables.Irps[request.Row] = row with
        {
            End = at.Time, Duration = at.Time - row.Called, Status = status, Information = fields.Address(3), Cancelled = row.Cancelled || status == Cancelled,
        };
    }

    void CompletionReturned(in PickedFields fields)
    {
        if ((uint)fields[1] != MoreProcessingRequired || !_requests.TryGetValue(fields.Address(0), out Request? request)) return;
        // Somebody above the driver that completed keeps the request: those above are not through with it.
        foreach (int hop in request.Hops.SkipLast(1))
            _tables.IrpHops[hop] = _tables.IrpHops[hop] with { Completed = null };
    }

    void Freed(ulong irp, long time)
    {
        if (!_requests.TryGetValue(irp, out Request? request)) return;
        request.Freed = true;
        IrpRow row = _tables.Irps[request.Row];
        if (row.End is null && row.Called is null) _tables.Irps[request.Row] = row with { End = time };
    }

    void Change(ulong irp, Func<IrpRow, IrpRow> change)
    {
        if (_requests.TryGetValue(irp, out Request? request)) _tables.Irps[request.Row] = change(_tables.Irps[request.Row]);
    }

    void ClassicCall(in Occurrence at, in PickedFields fields)
    {
        ulong irp = fields.Address(0);
        // The classic events do not say when a request is freed: one that has been completed and is called again is a new one.
        bool goesOn = _requests.TryGetValue(irp, out Request? request) && _tables.Irps[request.Row].End is null;
        if (!goesOn) request = Open(at, irp);
        _matches[(uint)fields[4]] = (request!, _tables.IrpHops.Count);
        AddHop(at, request!, new IrpHopRow(request!.Row, request.Hops.Count, at.Time, null, null, null, null, null, (int)fields[2], (int)fields[3], 0,
            fields.Address(1), "", null));
    }

    void ClassicReturn(in Occurrence at, in PickedFields fields)
    {
        if (_matches.Remove((uint)fields[0], out (Request Request, int Hop) call))
            _tables.IrpHops[call.Hop] = _tables.IrpHops[call.Hop] with { Returned = at.Time };
    }

    void ClassicComplete(in Occurrence at, in PickedFields fields)
    {
        if (!_requests.TryGetValue(fields.Address(0), out Request? request)) return;
        foreach (int hop in request.Hops)
            if (_tables.IrpHops[hop].Completed is null)
                _tables.IrpHops[hop] = _tables.IrpHops[hop] with { Completed = at.Time };
        IrpRow row = _tables.Irps[request.Row];
        _tables.Irps[request.Row] = row with { End = at.Time, Duration = at.Time - row.Called };
    }

    void FinishRequests()
    {
        var below = new Dictionary<int, long?>();                 // the duration of the hop below, by request
        for (int i = _tables.IrpHops.Count - 1; i >= 0; i--)
        {
            IrpHopRow hop = _tables.IrpHops[i];
            long? duration = hop.Completed - hop.Start;
            long? waited = hop.Returned is { } returned && hop.Completed is { } completed ? Math.Max(0, completed - returned) : null;
            _tables.IrpHops[i] = hop with
            {
                Duration = duration, Waited = waited, Driver = DriverOf(hop), Own = duration - (below.GetValueOrDefault(hop.IrpId) ?? 0),
            };
            below[hop.IrpId] = duration;
            if (hop.Hop == 0) _tables.Irps[hop.IrpId] = _tables.Irps[hop.IrpId] with { Driver = DriverOf(hop) };
        }
    }

    /// <summary>By the driver object, or where only the dispatch routine is known, by its module.</summary>
    string DriverOf(in IrpHopRow hop)
    {
        if (_isKdSim) return _driverNames.GetValueOrDefault(hop.DriverObject) ?? $"0x{hop.DriverObject:x}";
        (string module, string function) = _modules.NameOf(hop.DriverObject);
        return module.Length > 0 ? module : function;
    }
}
