using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Po;

/// <summary>
/// The system going to sleep and waking: all started devices are asked, children first; if none objects, all are told. On waking they are told parents first.
/// User threads of scenarios stand still in between. PASSIVE_LEVEL, on a thread that drives it.
/// </summary>
[NtData("PopSystemState", 4)]
[NtData("PopSleepingThread", 8)]
[NtData("PopAwake", KEVENT.SizeOf, Type = "_KEVENT")]
public sealed class SystemPower(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x79536F50; // "PoSy"
    private const ulong StateLock = 3; // PO_CB_SYSTEM_STATE_LOCK of \Callback\PowerState.

    private SYSTEM_POWER_STATE State => (SYSTEM_POWER_STATE)Memory.ReadU32(Kernel.Data(Datum.PopSystemState));

    private View<KEVENT> Awake => new(Kernel.Data(Datum.PopAwake));

    internal void Initialize()
    {
        Memory.WriteU32(Kernel.Data(Datum.PopSystemState), (uint)SYSTEM_POWER_STATE.PowerSystemWorking);
        Kernel.Events.Initialize(Awake, EVENT_TYPE.NotificationEvent, true);
    }

    /// <summary>True for threads that have to wait for the system to wake.</summary>
    internal bool IsFrozen(View<ETHREAD> thread) =>
        Awake.Header.SignalState == 0 && Memory.ReadU64(Kernel.Data(Datum.PopSleepingThread)) != thread.Address;

    internal async KTask WaitUntilAwake() => await Kernel.Waits.For(Awake.Address);

    /// <summary>To a sleeping state: STATUS_SUCCESS, or why a device would not.</summary>
    internal async KTask<NtStatus> Sleep(SYSTEM_POWER_STATE state)
    {
        if (Awake.Header.SignalState == 0)
            return NtStatus.InvalidDeviceState;
        Memory.WriteU64(Kernel.Data(Datum.PopSleepingThread), Kernel.KernelObjects.Thread.Address);
        Kernel.Events.KeClearEvent(Awake.Ptr);
        await Notify(0);
        ulong list = TakeDevices(out uint count);
        NtStatus status = NtStatus.Success;
        uint asked = 0;
        for (; asked < count && status.IsSuccess; asked++)
            status = await Send(Memory.ReadU64(list + asked * 8UL), IRP_MN.QUERY_POWER, state);
        for (uint i = 0; i < count && status.IsSuccess; i++)
            await Send(Memory.ReadU64(list + i * 8UL), IRP_MN.SET_POWER, state);
        for (uint i = asked; i > 0 && !status.IsSuccess; i--)
            await Send(Memory.ReadU64(list + (i - 1) * 8UL), IRP_MN.SET_POWER, SYSTEM_POWER_STATE.PowerSystemWorking);
        await GiveBack(list, count);
        if (!status.IsSuccess)
        {
            await Notify(1);
            Kernel.Events.Set(Awake);
            return status;
        }
        SetState(state);
        return NtStatus.Success;
    }

    internal async KTask<NtStatus> Resume()
    {
        if (State == SYSTEM_POWER_STATE.PowerSystemWorking)
            return NtStatus.InvalidDeviceState;
        SetState(SYSTEM_POWER_STATE.PowerSystemWorking);
        ulong list = TakeDevices(out uint count);
        for (uint i = count; i > 0; i--)
            await Send(Memory.ReadU64(list + (i - 1) * 8UL), IRP_MN.SET_POWER, SYSTEM_POWER_STATE.PowerSystemWorking);
        await GiveBack(list, count);
        await Notify(1);
        Kernel.Events.Set(Awake);
        return NtStatus.Success;
    }

    [NtRoutine("PopSystemIrpCompletion", MaxIrql = Irql.Dispatch)]
    public NtStatus PopSystemIrpCompletion(ulong DeviceObject, Ptr<IRP> Irp, ulong Context)
    {
        Observer?.PowerIrpCompleted(Cpu.Number, Irp, (uint)Irp.View.IoStatus.Status);
        Kernel.Events.Set(new View<KEVENT>(Context));
        return NtStatus.MoreProcessingRequired;
    }

    private void SetState(SYSTEM_POWER_STATE state)
    {
        Observer?.PowerStateChanged(Cpu.Number, 0, true, (uint)State, (uint)state);
        Memory.WriteU32(Kernel.Data(Datum.PopSystemState), (uint)state);
    }

    /// <summary>\Callback\PowerState: 0 before the system leaves the working state, 1 when it is back.</summary>
    private async KTask Notify(ulong working)
    {
        ulong callback = Kernel.ObjectNamespace.Lookup(@"\Callback\PowerState").Object;
        await Guest.Call(Stub.ExNotifyCallback, callback, StateLock, working);
    }

    /// <summary>One system IRP to the top of a stack; waits for it.</summary>
    private async KTask<NtStatus> Send(ulong device, byte minor, SYSTEM_POWER_STATE state)
    {
        View<KEVENT> done = Guest.Scratch<KEVENT>();
        Kernel.KernelObjects.InitializeEvent(done.Address, notification: true, signaled: false);
        ulong top = await Guest.Call(Kernel.NtExports["IoGetAttachedDeviceReference"], device);
        ulong irp = await Guest.Call(Kernel.NtExports["IoAllocateIrp"], (ulong)(byte)(new View<DEVICE_OBJECT>(top).StackSize + 1), 0);
        NtStatus status = NtStatus.InsufficientResources;
        if (irp != 0)
        {
            uint context = (uint)state << 8 | (uint)state << 12 | (uint)State << 16; // SYSTEM_POWER_STATE_CONTEXT.
            Kernel.PowerIrps.Prepare(new View<IRP>(irp), minor, POWER_STATE_TYPE.SystemPowerState, (uint)state, POWER_ACTION.PowerActionSleep, context,
                Stub.PopSystemIrpCompletion, done.Address);
            Observer?.PowerIrpStarted(Cpu.Number, irp, device, minor, isSystem: true, (uint)state);
            await Guest.Call(Stub.IofCallDriver, top, irp);
            await Kernel.Waits.For(done.Address);
            status = new View<IRP>(irp).IoStatus.Status;
            await Guest.Call(Kernel.NtExports["IoFreeIrp"], irp);
        }
        await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], top);
        return status;
    }

    /// <summary>The physical devices of all started nodes, children before parents, each with a reference.</summary>
    private ulong TakeDevices(out uint count)
    {
        var devices = new List<ulong>();
        for (View<DEVICE_NODE> node = Kernel.DeviceNodes.Root; !node.IsNull; node = Kernel.DeviceNodes.Next(node))
            if (node.State == PNP_DEVNODE_STATE.DeviceNodeStarted && node.Address != Kernel.DeviceNodes.Root.Address)
                devices.Insert(0, node.PhysicalDeviceObject); // Parents come first in this walk.
        count = (uint)devices.Count;
        ulong list = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, Math.Max(8, count * 8UL), Tag);
        for (int i = 0; i < devices.Count; i++)
        {
            Kernel.Objects.Reference(devices[i]);
            Memory.WriteU64(list + (ulong)i * 8, devices[i]);
        }
        return list;
    }

    private async KTask GiveBack(ulong list, uint count)
    {
        for (uint i = 0; i < count; i++)
            await Kernel.Objects.Dereference(Memory.ReadU64(list + i * 8UL));
        Kernel.Pool.Free(list, Tag);
    }
}
