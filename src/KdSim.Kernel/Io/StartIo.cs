using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>
/// IoStartPacket and IoStartNextPacket: one request of a device at a time, the others in the device's queue. With a cancel routine the cancel spin lock is
/// held while the request becomes CurrentIrp. DISPATCH_LEVEL while StartIo runs.
/// </summary>
public sealed class StartIo(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Deferred = 1, NonCancelable = 2;

    [NtExport("IoSetStartIoAttributes", MaxIrql = Irql.Dispatch)]
    public void IoSetStartIoAttributes(Ptr<DEVICE_OBJECT> DeviceObject, bool DeferredStartIo, bool NonCancelableStartIo)
    {
        View<DEVOBJ_EXTENSION> extension = DeviceObject.View.DeviceObjectExtension;
        extension.StartIoFlags |= (DeferredStartIo ? Deferred : 0) | (NonCancelableStartIo ? NonCancelable : 0);
    }

    [NtExport("IoStartPacket", MaxIrql = Irql.Dispatch)]
    public async KTask IoStartPacket(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp, Ptr<uint> Key, ulong CancelFunction)
    {
        byte old = CurrentIrql;
        Cpu.SetCr8(Irql.Dispatch);
        ulong level = Guest.Scratch(8);
        if (CancelFunction != 0)
        {
            await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.IoAcquireCancelSpinLock), level);
            View<IRP> irp = Irp;
            irp.CancelRoutine = CancelFunction;
        }
        ulong queue = DeviceObject.View.DeviceQueue.Address, entry = Irp.View.Tail.Overlay.DeviceQueueEntry.Address;
        bool queued = Key.IsNull ? (await Guest.Call(Stub.KeInsertDeviceQueue, queue, entry)).Boolean
            : (await Guest.Call(Stub.KeInsertByKeyDeviceQueue, queue, entry, Key.Read())).Boolean;
        if (!queued)
        {
            View<DEVICE_OBJECT> device = DeviceObject;
            device.CurrentIrp = Irp;
            if (CancelFunction != 0 && (device.DeviceObjectExtension.View.StartIoFlags & NonCancelable) != 0)
            {
                View<IRP> irp = Irp;
                irp.CancelRoutine = 0;
            }
            if (CancelFunction != 0)
                await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.IoReleaseCancelSpinLock), Irql.Dispatch);
            await Guest.Call(DeviceObject.View.DriverObject.View.DriverStartIo, DeviceObject, Irp);
        }
        else if (CancelFunction != 0)
        {
            await CancelQueued(Irp);
        }
        Cpu.SetCr8(old);
    }

    [NtExport("IoStartNextPacket", MaxIrql = Irql.Dispatch)]
    public async KTask IoStartNextPacket(Ptr<DEVICE_OBJECT> DeviceObject, bool Cancelable) => await Next(DeviceObject, Cancelable, false, 0);

    [NtExport("IoStartNextPacketByKey", MaxIrql = Irql.Dispatch)]
    public async KTask IoStartNextPacketByKey(Ptr<DEVICE_OBJECT> DeviceObject, bool Cancelable, uint Key) => await Next(DeviceObject, Cancelable, true, Key);

    /// <summary>With deferred StartIo a routine that starts the next request from inside StartIo does not nest: the outer call goes on with it.</summary>
    private async KTask Next(Ptr<DEVICE_OBJECT> address, bool cancelable, bool byKey, uint key)
    {
        View<DEVOBJ_EXTENSION> extension = address.View.DeviceObjectExtension;
        if ((extension.StartIoFlags & Deferred) == 0)
        {
            await StartOne(address, cancelable, byKey, key);
            return;
        }
        int pending = extension.StartIoCount + 1;
        extension.StartIoCount = pending;
        if (pending > 1)
            return;
        while (extension.StartIoCount > 0)
        {
            await StartOne(address, cancelable, byKey, key);
            extension.StartIoCount--;
        }
    }

    private async KTask StartOne(Ptr<DEVICE_OBJECT> address, bool cancelable, bool byKey, uint key)
    {
        ulong level = Guest.Scratch(8);
        if (cancelable)
            await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.IoAcquireCancelSpinLock), level);
        View<DEVICE_OBJECT> device = address;
        device.CurrentIrp = default;
        ulong queue = device.DeviceQueue.Address;
        ulong entry = byKey ? (await Guest.Call(Stub.KeRemoveByKeyDeviceQueue, queue, key)).Value : (await Guest.Call(Stub.KeRemoveDeviceQueue, queue)).Value;
        Ptr<IRP> irp = entry == 0 ? default : new(entry - IRP.Offsets.Tail);
        if (entry != 0)
        {
            device.CurrentIrp = irp;
            if (cancelable && (device.DeviceObjectExtension.View.StartIoFlags & NonCancelable) != 0)
            {
                View<IRP> view = irp;
                view.CancelRoutine = 0;
            }
        }
        if (cancelable)
            await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.IoReleaseCancelSpinLock), Memory.ReadU8(level));
        if (entry != 0)
            await Guest.Call(address.View.DriverObject.View.DriverStartIo, address, irp);
    }

    /// <summary>The request waits in the queue; if it was cancelled before, its cancel routine runs now. Releases the cancel spin lock.</summary>
    private async KTask CancelQueued(Ptr<IRP> address)
    {
        View<IRP> irp = address;
        ulong routine = irp.CancelRoutine;
        if (!irp.Cancel || routine == 0)
        {
            await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.IoReleaseCancelSpinLock), Irql.Dispatch);
            return;
        }
        irp.CancelIrql = Irql.Dispatch;
        irp.CancelRoutine = 0;
        await Guest.CallChangingIrql(routine, irp.Tail.Overlay.CurrentStackLocation.View.DeviceObject, address);
    }
}
