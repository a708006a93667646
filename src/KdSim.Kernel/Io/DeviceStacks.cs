using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Stacks of devices: attaching above, detaching, walking. Up to DISPATCH_LEVEL.</summary>
public sealed class DeviceStacks(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MaxDepth = 127;

    /// <summary>The top of the stack that the device is in.</summary>
    public View<DEVICE_OBJECT> TopOf(View<DEVICE_OBJECT> device)
    {
        for (int depth = 0; device.AttachedDevice is { IsNull: false } above; depth++)
        {
            device = above;
            if (depth > MaxDepth)
                throw new RunawayException($"the device stack at {device.Address:x} has more than {MaxDepth} devices");
        }
        return device;
    }

    [NtExport("IoGetAttachedDevice", MaxIrql = Irql.Dispatch)]
    public Ptr<DEVICE_OBJECT> IoGetAttachedDevice(Ptr<DEVICE_OBJECT> DeviceObject) => TopOf(DeviceObject).Ptr;

    [NtExport("IoGetAttachedDeviceReference", MaxIrql = Irql.Dispatch)]
    public Ptr<DEVICE_OBJECT> IoGetAttachedDeviceReference(Ptr<DEVICE_OBJECT> DeviceObject)
    {
        View<DEVICE_OBJECT> top = TopOf(DeviceObject);
        Kernel.Objects.Reference(top.Address);
        return top.Ptr;
    }

    [NtExport("IoGetLowerDeviceObject", MaxIrql = Irql.Dispatch)]
    public Ptr<DEVICE_OBJECT> IoGetLowerDeviceObject(Ptr<DEVICE_OBJECT> DeviceObject)
    {
        Ptr<DEVICE_OBJECT> below = DeviceObject.View.DeviceObjectExtension.View.AttachedTo;
        if (!below.IsNull)
            Kernel.Objects.Reference(below);
        return below;
    }

    [NtExport("IoGetDeviceAttachmentBaseRef", MaxIrql = Irql.Dispatch)]
    public Ptr<DEVICE_OBJECT> IoGetDeviceAttachmentBaseRef(Ptr<DEVICE_OBJECT> DeviceObject)
    {
        View<DEVICE_OBJECT> device = BottomOf(DeviceObject);
        Kernel.Objects.Reference(device.Address);
        return device.Ptr;
    }

    [NtExport("IoAttachDeviceToDeviceStack", MaxIrql = Irql.Dispatch)]
    public Ptr<DEVICE_OBJECT> IoAttachDeviceToDeviceStack(Ptr<DEVICE_OBJECT> SourceDevice, Ptr<DEVICE_OBJECT> TargetDevice) =>
        Attach(SourceDevice, TargetDevice, default).Ptr;

    [NtExport("IoAttachDeviceToDeviceStackSafe", MaxIrql = Irql.Dispatch)]
    public NtStatus IoAttachDeviceToDeviceStackSafe(Ptr<DEVICE_OBJECT> SourceDevice, Ptr<DEVICE_OBJECT> TargetDevice,
        Ptr<Ptr<DEVICE_OBJECT>> AttachedToDeviceObject) =>
        Attach(SourceDevice, TargetDevice, AttachedToDeviceObject).IsNull ? NtStatus.NoSuchDevice : NtStatus.Success;

    [NtExport("IoAttachDeviceByPointer", MaxIrql = Irql.Dispatch)]
    public NtStatus IoAttachDeviceByPointer(Ptr<DEVICE_OBJECT> SourceDevice, Ptr<DEVICE_OBJECT> TargetDevice) =>
        Attach(SourceDevice, TargetDevice, default).IsNull ? NtStatus.NoSuchDevice : NtStatus.Success;

    /// <summary>Attaches to the top of a named device's stack: opens it for that, as NT does, so that its drivers see a create and a close.</summary>
    [NtExport("IoAttachDevice", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoAttachDevice(Ptr<DEVICE_OBJECT> SourceDevice, Ptr<UNICODE_STRING> TargetDevice, Ptr<Ptr<DEVICE_OBJECT>> AttachedDevice)
    {
        ulong result = Guest.Scratch(16);
        NtStatus status = await Kernel.DevicePointers.IoGetDeviceObjectPointer(TargetDevice, 0x80, (Ptr<ulong>)result, (Ptr<ulong>)(result + 8));
        if (!status.IsSuccess)
            return status;
        status = IoAttachDeviceToDeviceStackSafe(SourceDevice, (Ptr<DEVICE_OBJECT>)Memory.ReadU64(result + 8), AttachedDevice);
        await Kernel.Objects.Dereference(Memory.ReadU64(result));
        return status;
    }

    [NtExport("IoDetachDevice", MaxIrql = Irql.Dispatch)]
    public async KTask IoDetachDevice(Ptr<DEVICE_OBJECT> TargetDevice)
    {
        View<DEVICE_OBJECT> target = TargetDevice;
        if (target.AttachedDevice is { IsNull: false } above)
        {
            View<DEVOBJ_EXTENSION> extension = above.View.DeviceObjectExtension;
            extension.AttachedTo = default;
            Observer?.DeviceDetached(Cpu.Number, above, TargetDevice);
        }
        target.AttachedDevice = default;
        await Kernel.DeviceObjects.DeleteIfUnused(target);
    }

    public View<DEVICE_OBJECT> BottomOf(View<DEVICE_OBJECT> device)
    {
        for (int depth = 0; device.DeviceObjectExtension.View.AttachedTo is { IsNull: false } below; depth++)
        {
            device = below;
            if (depth > MaxDepth)
                throw new RunawayException($"the device stack at {device.Address:x} has more than {MaxDepth} devices");
        }
        return device;
    }

    /// <summary>Puts a device on top of a stack. Fails if the top is being deleted. The place is written
    /// before the link, so that no request passes unseen.</summary>
    private View<DEVICE_OBJECT> Attach(View<DEVICE_OBJECT> source, View<DEVICE_OBJECT> target, Ptr<Ptr<DEVICE_OBJECT>> place)
    {
        View<DEVICE_OBJECT> top = TopOf(target);
        if ((top.DeviceObjectExtension.View.ExtensionFlags & DeviceObjects.DeletePending) != 0 || top.StackSize >= MaxDepth - 1)
        {
            if (!place.IsNull)
                place.Write(default);
            return default;
        }
        source.StackSize = (sbyte)(top.StackSize + 1);
        source.AlignmentRequirement = top.AlignmentRequirement;
        source.SectorSize = top.SectorSize;
        if (!place.IsNull)
            place.Write(top.Ptr);
        View<DEVOBJ_EXTENSION> extension = source.DeviceObjectExtension;
        extension.AttachedTo = top.Ptr;
        top.AttachedDevice = source.Ptr;
        Observer?.DeviceAttached(Cpu.Number, source.Address, top.Address);
        return top;
    }
}
