using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// Events of a driver's own for those who registered for its device (EventCategoryTargetDeviceChange): told at once, or by a worker. The built-in events cannot
/// be reported this way.
/// </summary>
public sealed class CustomNotifications(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x6E436E50; // "PnCn"
    private const ushort SmallestStructure = 0x24, LargestStructure = 0x4000; // TARGET_DEVICE_CUSTOM_NOTIFICATION.

    // What a worker gets: its work item, then these, then the structure.
    private const ulong Device = WORK_QUEUE_ITEM.SizeOf, Callback = Device + 8, Context = Device + 16, Structure = Device + 24;

    [NtExport("IoReportTargetDeviceChange", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoReportTargetDeviceChange(Ptr<DEVICE_OBJECT> PhysicalDeviceObject, ulong NotificationStructure)
    {
        NtStatus status = Check(PhysicalDeviceObject, NotificationStructure);
        if (status.IsSuccess)
            await Kernel.PnpNotifications.TargetChanged(Kernel.DeviceNodes.Of(PhysicalDeviceObject), NotificationStructure);
        return status;
    }

    /// <summary>The structure is copied; the callback, if there is one, hears when all have been told.</summary>
    [NtExport("IoReportTargetDeviceChangeAsynchronous", MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> IoReportTargetDeviceChangeAsynchronous(Ptr<DEVICE_OBJECT> PhysicalDeviceObject, ulong NotificationStructure, ulong Callback,
        ulong Context)
    {
        NtStatus status = Check(PhysicalDeviceObject, NotificationStructure);
        if (!status.IsSuccess)
            return status;
        ulong block = Copy(PhysicalDeviceObject, NotificationStructure, Callback, Context);
        if (block == 0)
            return NtStatus.InsufficientResources;
        await Kernel.KernelObjects.QueueWorkItem(block, WORK_QUEUE_TYPE.DelayedWorkQueue);
        return NtStatus.Pending;
    }

    [NtRoutine("PnpReportTargetDeviceChangeWorker", MaxIrql = Irql.Passive)]
    public async KTask PnpReportTargetDeviceChangeWorker(ulong Block)
    {
        View<DEVICE_NODE> node = Kernel.DeviceNodes.Of((Ptr<DEVICE_OBJECT>)Memory.ReadU64(Block + Device));
        if (!node.IsNull)
            await Kernel.PnpNotifications.TargetChanged(node, Block + Structure);
        if (Memory.ReadU64(Block + Callback) is var callback and not 0)
            await Guest.Call(callback, Memory.ReadU64(Block + Context));
        await Kernel.Objects.Dereference(Memory.ReadU64(Block + Device));
        Kernel.Pool.Free(Block, Tag);
    }

    private NtStatus Check(Ptr<DEVICE_OBJECT> device, ulong structure)
    {
        Span<byte> guid = stackalloc byte[16];
        Memory.Read(structure + 4, guid);
        if (Kernel.DeviceNodes.Of(device).IsNull || PnpNotifications.IsBuiltIn(new Guid(guid)))
            return NtStatus.InvalidDeviceRequest;
        return Memory.ReadU16(structure + 2) is >= SmallestStructure and <= LargestStructure ? NtStatus.Success : NtStatus.InvalidParameter;
    }

    private ulong Copy(Ptr<DEVICE_OBJECT> device, ulong structure, ulong callback, ulong context)
    {
        byte[] bytes = new byte[Memory.ReadU16(structure + 2)];
        Memory.Read(structure, bytes);
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, Structure + (ulong)bytes.Length, Tag);
        if (block == 0)
            return 0;
        Memory.Fill(block, Structure, 0);
        Memory.Write(block + Structure, bytes);
        Memory.WriteU64(block + Device, device);
        Memory.WriteU64(block + Callback, callback);
        Memory.WriteU64(block + Context, context);
        Kernel.Objects.Reference(device);
        View<WORK_QUEUE_ITEM> item = new(block);
        item.WorkerRoutine = Kernel.Stubs.AddressOf(Stub.PnpReportTargetDeviceChangeWorker);
        item.Parameter = block;
        return block;
    }
}
