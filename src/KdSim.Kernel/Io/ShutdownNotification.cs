using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Devices that want IRP_MJ_SHUTDOWN when the machine goes down, newest first. PASSIVE_LEVEL.</summary>
[NtData("IopNotifyShutdownQueueHead", 16, Type = "_LIST_ENTRY")]
public sealed class ShutdownNotification(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x68536F49; // "IoSh"
    private const int EntrySize = 0x18;  // LIST_ENTRY, device.

    private ulong Head => Kernel.Data(Datum.IopNotifyShutdownQueueHead);

    [NtExport("IoRegisterShutdownNotification", MaxIrql = Irql.Passive)]
    [NtExport("IoRegisterLastChanceShutdownNotification", MaxIrql = Irql.Passive)]
    public NtStatus IoRegisterShutdownNotification(Ptr<DEVICE_OBJECT> DeviceObject)
    {
        if (Memory.ReadU64(Head) == 0)
            Memory.InitializeList(Head);
        ulong entry = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, EntrySize, Tag);
        if (entry == 0)
            return NtStatus.InsufficientResources;
        Memory.WriteU64(entry + 0x10, DeviceObject);
        Kernel.Objects.Reference(DeviceObject);
        Memory.InsertHead(Head, entry);
        View<DEVICE_OBJECT> device = DeviceObject;
        device.Flags |= DO.SHUTDOWN_REGISTERED;
        return NtStatus.Success;
    }

    [NtExport("IoUnregisterShutdownNotification", MaxIrql = Irql.Passive)]
    public void IoUnregisterShutdownNotification(Ptr<DEVICE_OBJECT> DeviceObject) => Forget(DeviceObject);

    internal void Forget(View<DEVICE_OBJECT> device)
    {
        if ((device.Flags & DO.SHUTDOWN_REGISTERED) == 0)
            return;
        foreach (ulong entry in Memory.Walk(Head))
        {
            if (Memory.ReadU64(entry + 0x10) != device.Address)
                continue;
            Memory.RemoveEntry(entry);
            Kernel.Pool.Free(entry, Tag);
            View<OBJECT_HEADER> header = Ob.Objects.HeaderOf(device.Address);
            header.PointerCount--; // Whoever asks still holds a reference of its own.
        }
        device.Flags &= ~DO.SHUTDOWN_REGISTERED;
    }
}
