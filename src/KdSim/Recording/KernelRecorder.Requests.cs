using System.Buffers.Binary;
using KdSim.Nt;
using KdSim.Tracing.Etl.Providers;
using KdSim.Tracing.Etl.Writing;

namespace KdSim.Recording;

/// <summary>IRPs, from allocation to the end of completion, and power requests.</summary>
sealed partial class KernelRecorder
{
    const int CurrentLocationOffset = IRP.Offsets.Tail + IRP_Tail_Overlay.Offsets.CurrentStackLocation;

    /// <summary>The numbers that pair a call or completion with its end, by the frame that both have.</summary>
    readonly Dictionary<ulong, uint> _matches = [];
    uint _lastMatch;

    public void IrpAllocated(int cpu, ulong irp, ulong thread)
    {
        if (Wants(RecordedKinds.Irp))
            Event(cpu, new IrpAllocatePayload { Irp = irp, Thread = thread, StackCount = _guest.U8(irp + IRP.Offsets.StackCount) });
    }

    public void IrpCalled(int cpu, ulong irp, ulong device, byte major, byte minor, ulong routine, ulong frame)
    {
        if (!Wants(RecordedKinds.Irp)) return;
        Span<byte> packet = stackalloc byte[CurrentLocationOffset + 8], location = stackalloc byte[IO_STACK_LOCATION.SizeOf];
        _guest.Bytes(irp, packet);
        _guest.Bytes(BinaryPrimitives.ReadUInt64LittleEndian(packet[CurrentLocationOffset..]), location);
        ulong file = BinaryPrimitives.ReadUInt64LittleEndian(location[IO_STACK_LOCATION.Offsets.FileObject..]);
        ReadOnlySpan<byte> parameters = location[IO_STACK_LOCATION.Offsets.Parameters..];
        bool isControl = (IRP_MJ)major is IRP_MJ.DEVICE_CONTROL or IRP_MJ.INTERNAL_DEVICE_CONTROL;
        bool hasLength = isControl || (IRP_MJ)major is IRP_MJ.READ or IRP_MJ.WRITE;
        _session.Kernel(cpu, Time(cpu), DriverCallPayload.Opcode, new DriverCallPayload
        {
            MajorFunction = major, MinorFunction = minor, RoutineAddr = routine, FileKey = file, Irp = irp, UniqMatchID = Begin(frame),
        });
        Event(cpu, new IrpCallPayload
        {
            Irp = irp, Device = device, Driver = _guest.U64(device + DEVICE_OBJECT.Offsets.DriverObject), FileObject = file, Major = major, Minor = minor,
            Function = (ushort)((major << 8) | minor), Location = packet[IRP.Offsets.CurrentLocation], StackCount = packet[IRP.Offsets.StackCount],
            ControlCode = isControl
                ? BinaryPrimitives.ReadUInt32LittleEndian(parameters[IO_STACK_LOCATION_Parameters_DeviceIoControl.Offsets.IoControlCode..]) : 0,
            Length = hasLength ? BinaryPrimitives.ReadUInt32LittleEndian(parameters) : 0,
        });
    }

    public void IrpReturned(int cpu, ulong irp, uint status, ulong frame)
    {
        if (!Wants(RecordedKinds.Irp) || !_matches.Remove(frame, out uint match)) return;
        _session.Kernel(cpu, Time(cpu), DriverReturnPayload.OfCall, new DriverReturnPayload { Irp = irp, UniqMatchID = match });
        Event(cpu, new IrpReturnPayload { Irp = irp, Status = status });
    }

    public void IrpCompleted(int cpu, ulong irp, uint status, ulong information, ulong frame)
    {
        if (!Wants(RecordedKinds.Irp)) return;
        Span<byte> location = stackalloc byte[IO_STACK_LOCATION.SizeOf];
        _guest.Bytes(_guest.U64(irp + CurrentLocationOffset), location);
        ulong device = BinaryPrimitives.ReadUInt64LittleEndian(location[IO_STACK_LOCATION.Offsets.DeviceObject..]);
        ulong driver = device == 0 ? 0 : _guest.U64(device + DEVICE_OBJECT.Offsets.DriverObject);
        ulong routine = driver == 0 ? 0 : _guest.U64(driver + DRIVER_OBJECT.Offsets.MajorFunction + 8ul * location[0]);
        _session.Kernel(cpu, Time(cpu), DriverCompletePayload.Opcode,
            new DriverCompletePayload { RoutineAddr = routine, Irp = irp, UniqMatchID = Begin(frame) });
        Event(cpu, new IrpCompletePayload { Irp = irp, Device = device, Status = status, Information = information });
    }

    public void CompletionRoutineCalled(int cpu, ulong irp, ulong routine, ulong frame)
    {
        if (Wants(RecordedKinds.Irp))
            _session.Kernel(cpu, Time(cpu), CompletionRoutinePayload.Called,
                new CompletionRoutinePayload { Routine = routine, IrpPtr = irp, UniqMatchID = _matches.GetValueOrDefault(frame) });
    }

    public void CompletionRoutineReturned(int cpu, ulong irp, ulong routine, uint status, ulong frame)
    {
        if (!Wants(RecordedKinds.Irp)) return;
        _session.Kernel(cpu, Time(cpu), CompletionRoutinePayload.Returned,
            new CompletionRoutinePayload { Routine = routine, IrpPtr = irp, UniqMatchID = _matches.GetValueOrDefault(frame) });
        Event(cpu, new IrpCompletionReturnPayload { Irp = irp, Routine = routine, Status = status });
    }

    public void IrpCompletionEnded(int cpu, ulong irp, ulong frame)
    {
        if (Wants(RecordedKinds.Irp) && _matches.Remove(frame, out uint match))
            _session.Kernel(cpu, Time(cpu), DriverReturnPayload.OfCompletion, new DriverReturnPayload { Irp = irp, UniqMatchID = match });
    }

    public void IrpFreed(int cpu, ulong irp)
    {
        if (Wants(RecordedKinds.Irp)) Event(cpu, new IrpFreePayload { Irp = irp });
    }

    public void IrpCancelled(int cpu, ulong irp, ulong routine)
    {
        if (Wants(RecordedKinds.Irp)) Event(cpu, new IrpCancelPayload { Irp = irp, CancelRoutine = routine });
    }

    public void PowerStateChanged(int cpu, ulong device, bool isSystem, uint from, uint to)
    {
        if (Wants(RecordedKinds.Power)) Event(cpu, new PowerStatePayload { Device = device, IsSystem = isSystem ? (byte)1 : (byte)0, Old = from, New = to });
    }

    public void PowerIrpStarted(int cpu, ulong irp, ulong device, byte minor, bool isSystem, uint state)
    {
        if (!Wants(RecordedKinds.Power)) return;
        string instance = _guest.Unicode(NodeOf(device) + DEVICE_NODE.Offsets.InstancePath);
        Event(cpu, KernelPowerProvider.Provider.Named("IrpStart"), irp, isSystem ? 0 : 1, minor, device, instance.Length, instance, state);
    }

    public void PowerIrpCompleted(int cpu, ulong irp, uint status)
    {
        if (Wants(RecordedKinds.Power)) Event(cpu, KernelPowerProvider.Provider.Named("IrpStop"), irp, status, "");
    }

    uint Begin(ulong frame)
    {
        uint match = ++_lastMatch;
        _matches[frame] = match;
        return match;
    }
}
