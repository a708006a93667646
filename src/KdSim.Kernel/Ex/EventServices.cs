using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>Events by handle: the Nt services, their Zw forms, and the I/O manager's named events. PASSIVE_LEVEL.</summary>
public sealed class EventServices(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint AllAccess = 0x1F_0003, Modify = 2, Query = 1;

    [NtExport("NtCreateEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtCreateEvent(Ptr<ulong> EventHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes, EVENT_TYPE EventType,
        bool InitialState) => await Create(EventHandle, DesiredAccess, ObjectAttributes, EventType, InitialState, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwCreateEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwCreateEvent(Ptr<ulong> EventHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes, EVENT_TYPE EventType,
        bool InitialState) => await Create(EventHandle, DesiredAccess, ObjectAttributes, EventType, InitialState, 0);

    [NtExport("NtOpenEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtOpenEvent(Ptr<ulong> EventHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes) =>
        await Open(EventHandle, DesiredAccess, ObjectAttributes, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwOpenEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwOpenEvent(Ptr<ulong> EventHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes) =>
        await Open(EventHandle, DesiredAccess, ObjectAttributes, 0);

    [NtExport("NtSetEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtSetEvent(ulong EventHandle, Ptr<int> PreviousState) =>
        await Change(EventHandle, PreviousState, Stub.KeSetEvent, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwSetEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwSetEvent(ulong EventHandle, Ptr<int> PreviousState) => await Change(EventHandle, PreviousState, Stub.KeSetEvent, 0);

    [NtExport("NtResetEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtResetEvent(ulong EventHandle, Ptr<int> PreviousState) =>
        await Change(EventHandle, PreviousState, Stub.KeResetEvent, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwResetEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwResetEvent(ulong EventHandle, Ptr<int> PreviousState) => await Change(EventHandle, PreviousState, Stub.KeResetEvent, 0);

    [NtExport("NtPulseEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtPulseEvent(ulong EventHandle, Ptr<int> PreviousState) =>
        await Change(EventHandle, PreviousState, Stub.KePulseEvent, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwPulseEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwPulseEvent(ulong EventHandle, Ptr<int> PreviousState) => await Change(EventHandle, PreviousState, Stub.KePulseEvent, 0);

    [NtExport("NtClearEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtClearEvent(ulong EventHandle) =>
        await Change(EventHandle, default, Stub.KeClearEvent, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwClearEvent", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwClearEvent(ulong EventHandle) => await Change(EventHandle, default, Stub.KeClearEvent, 0);

    /// <summary>An event in \BaseNamedObjects or where the name says, opened if it is there; the handle belongs to the process of the caller.</summary>
    [NtExport("IoCreateNotificationEvent", MaxIrql = Irql.Passive)]
    public async KTask<Ptr<KEVENT>> IoCreateNotificationEvent(Ptr<UNICODE_STRING> EventName, Ptr<ulong> EventHandle) =>
        await CreateNamed(EventName, EventHandle, EVENT_TYPE.NotificationEvent);

    [NtExport("IoCreateSynchronizationEvent", MaxIrql = Irql.Passive)]
    public async KTask<Ptr<KEVENT>> IoCreateSynchronizationEvent(Ptr<UNICODE_STRING> EventName, Ptr<ulong> EventHandle) =>
        await CreateNamed(EventName, EventHandle, EVENT_TYPE.SynchronizationEvent);

    private async KTask<NtStatus> Create(Ptr<ulong> handle, uint access, Ptr<OBJECT_ATTRIBUTES> attributes, EVENT_TYPE type, bool state, sbyte mode)
    {
        if (type is not (EVENT_TYPE.NotificationEvent or EVENT_TYPE.SynchronizationEvent))
            return NtStatus.InvalidParameter;
        if (!Kernel.CallerMemory.IsWritable<ulong>(handle, mode))
            return NtStatus.AccessViolation;
        NtStatus found = Kernel.NamedObjects.Create(attributes, mode, ObjectKind.Event, KEVENT.SizeOf, out ulong body, out uint flags);
        if (!found.IsSuccess)
            return found;
        if (found == NtStatus.Success)
            Kernel.Events.Initialize(new View<KEVENT>(body), type, state);
        NtStatus status = await Kernel.ObjectRoutines.MakeHandle(body, ObjectKind.Event, access, flags, mode, handle);
        return status.IsSuccess ? found : status;
    }

    private async KTask<NtStatus> Open(Ptr<ulong> handle, uint access, Ptr<OBJECT_ATTRIBUTES> attributes, sbyte mode) =>
        Kernel.CallerMemory.IsWritable<ulong>(handle, mode)
            ? await Kernel.ObjectRoutines.OpenByName(attributes, ObjectKind.Event, access, mode, 0, handle) : NtStatus.AccessViolation;

    private async KTask<NtStatus> Change(ulong handle, Ptr<int> previous, Stub change, sbyte mode)
    {
        if (!previous.IsNull && !Kernel.CallerMemory.IsWritable<int>(previous, mode))
            return NtStatus.AccessViolation;
        NtStatus status = Resolve(handle, Modify, mode, out ulong body);
        if (!status.IsSuccess)
            return status;
        int before = Apply(new Ptr<KEVENT>(body), change);
        if (!previous.IsNull)
            Kernel.CallerMemory.TryWrite(previous, before, mode);
        await Kernel.Objects.Dereference(body);
        return NtStatus.Success;
    }

    private int Apply(Ptr<KEVENT> body, Stub change) => change switch
    {
        Stub.KeSetEvent => Kernel.Events.Set(body),
        Stub.KePulseEvent => Kernel.Events.KePulseEvent(body, 0, false),
        _ => Kernel.Events.KeResetEvent(body),
    };

    private NtStatus Resolve(ulong handle, uint access, sbyte mode, out ulong body) =>
        Kernel.HandleRoutines.Resolve(handle, access, Kernel.ObjectTypes.Of(ObjectKind.Event).Address, mode, out body, out _, out _);

    private async KTask<Ptr<KEVENT>> CreateNamed(Ptr<UNICODE_STRING> name, Ptr<ulong> handle, EVENT_TYPE type)
    {
        const uint OpenIfKernelHandle = 0x80 | 0x200;
        View<OBJECT_ATTRIBUTES> attributes = Guest.Scratch<OBJECT_ATTRIBUTES>();
        attributes.Length = OBJECT_ATTRIBUTES.SizeOf;
        attributes.ObjectName = name;
        attributes.Attributes = OpenIfKernelHandle;
        NtStatus status = await Create(handle, AllAccess, attributes.Ptr, type, true, 0);
        if (!status.IsSuccess || !Resolve(handle.Read(), Query, 0, out ulong body).IsSuccess)
            return default;
        await Kernel.Objects.Dereference(body); // The handle keeps it.
        return new Ptr<KEVENT>(body);
    }
}
