using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>
/// File systems, newest first, and those who want to hear of them coming and going. No volume of this machine is mounted by any of them. Up to APC_LEVEL.
/// </summary>
[NtData("IopFileSystemQueueHead", 16, Type = "_LIST_ENTRY")]
[NtData("IopFsNotifyChangeQueueHead", 16, Type = "_LIST_ENTRY")]
public sealed class FileSystems(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x73466F49; // "IoFs"
    private const int MostNotified = 1000;

    // Entries: LIST_ENTRY, then a device; or LIST_ENTRY, a driver and its routine.
    private const ulong Device = 0x10, Driver = 0x10, Routine = 0x18, EntrySize = 0x20;

    private ulong Registered => Kernel.Data(Datum.IopFileSystemQueueHead);

    private ulong Watchers => Kernel.Data(Datum.IopFsNotifyChangeQueueHead);

    internal void Initialize()
    {
        Memory.InitializeList(Registered);
        Memory.InitializeList(Watchers);
    }

    [NtExport("IoRegisterFileSystem", MaxIrql = Irql.Apc)]
    public async KTask IoRegisterFileSystem(Ptr<DEVICE_OBJECT> DeviceObject)
    {
        ulong entry = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, EntrySize, Tag);
        Memory.WriteU64(entry + Device, DeviceObject);
        Memory.InsertHead(Registered, entry);
        View<DEVICE_OBJECT> device = DeviceObject;
        device.Flags &= ~DO.DEVICE_INITIALIZING;
        device.ReferenceCount++;
        await Notify(DeviceObject, active: true);
    }

    [NtExport("IoUnregisterFileSystem", MaxIrql = Irql.Apc)]
    public async KTask IoUnregisterFileSystem(Ptr<DEVICE_OBJECT> DeviceObject)
    {
        foreach (ulong entry in Memory.Walk(Registered))
        {
            if (Memory.ReadU64(entry + Device) != DeviceObject)
                continue;
            Memory.RemoveEntry(entry);
            Kernel.Pool.Free(entry, Tag);
        }
        await Notify(DeviceObject, active: false);
        await Kernel.DeviceObjects.ReleaseUse(DeviceObject);
    }

    /// <summary>The routine hears at once of each file system that there is.</summary>
    [NtExport("IoRegisterFsRegistrationChange", MaxIrql = Irql.Apc)]
    [NtExport("IoRegisterFsRegistrationChangeMountAware", MaxIrql = Irql.Apc)]
    public async KTask<NtStatus> IoRegisterFsRegistrationChange(Ptr<DRIVER_OBJECT> DriverObject, ulong DriverNotificationRoutine)
    {
        if (FindWatcher(DriverObject, DriverNotificationRoutine) != 0)
            return NtStatus.DeviceAlreadyAttached;
        ulong entry = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, EntrySize, Tag);
        Memory.WriteU64(entry + Driver, DriverObject);
        Memory.WriteU64(entry + Routine, DriverNotificationRoutine);
        Memory.InsertTail(Watchers, entry);
        Kernel.Objects.Reference(DriverObject);
        for (int i = 0; At(Registered, i) is var system and not 0; i++)
            await Guest.Call(DriverNotificationRoutine, Memory.ReadU64(system + Device), 1);
        return NtStatus.Success;
    }

    [NtExport("IoUnregisterFsRegistrationChange", MaxIrql = Irql.Apc)]
    public async KTask IoUnregisterFsRegistrationChange(Ptr<DRIVER_OBJECT> DriverObject, ulong DriverNotificationRoutine)
    {
        ulong entry = FindWatcher(DriverObject, DriverNotificationRoutine);
        if (entry == 0)
            return;
        Memory.RemoveEntry(entry);
        Kernel.Pool.Free(entry, Tag);
        await Kernel.Objects.Dereference(DriverObject);
    }

    private async KTask Notify(Ptr<DEVICE_OBJECT> device, bool active)
    {
        for (int i = 0; i < MostNotified && At(Watchers, i) is var entry and not 0; i++)
            await Guest.Call(Memory.ReadU64(entry + Routine), device, active ? 1u : 0);
    }

    private ulong FindWatcher(ulong driver, ulong routine)
    {
        foreach (ulong entry in Memory.Walk(Watchers))
            if (Memory.ReadU64(entry + Driver) == driver && Memory.ReadU64(entry + Routine) == routine)
                return entry;
        return 0;
    }

    private ulong At(ulong head, int index)
    {
        foreach (ulong entry in Memory.Walk(head))
            if (index-- == 0)
                return entry;
        return 0;
    }
}
