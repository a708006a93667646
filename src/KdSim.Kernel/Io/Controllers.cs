using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>
/// Controller objects: hardware that several devices share. One device at a time has the controller; the others wait in its queue, each with the wait block
/// in its device object. Creating and deleting at PASSIVE_LEVEL, allocating and freeing at DISPATCH_LEVEL.
/// </summary>
public sealed class Controllers(NtKernel kernel) : KernelComponent(kernel)
{
    private const short ControllerType = (short)IO_OBJECTS.Controller;

    /// <summary>With a zeroed extension behind it; null if there is no memory.</summary>
    [NtExport("IoCreateController", MaxIrql = Irql.Passive)]
    public Ptr<CONTROLLER_OBJECT> IoCreateController(uint Size)
    {
        View<CONTROLLER_OBJECT> controller = new(Kernel.Objects.Allocate(ObjectKind.Controller, CONTROLLER_OBJECT.SizeOf + (ulong)Size));
        controller.Type = ControllerType;
        controller.Size = (short)(CONTROLLER_OBJECT.SizeOf + Size);
        controller.ControllerExtension = controller.Address + CONTROLLER_OBJECT.SizeOf;
        Kernel.DeviceQueues.KeInitializeDeviceQueue(controller.DeviceWaitQueue.Ptr);
        return controller.Ptr;
    }

    [NtExport("IoDeleteController", MaxIrql = Irql.Passive)]
    public async KTask IoDeleteController(Ptr<CONTROLLER_OBJECT> ControllerObject) => await Kernel.Objects.Dereference(ControllerObject);

    /// <summary>Calls the device's routine when the controller is free, now or later. What it returns says whether the device keeps the controller.</summary>
    [NtExport("IoAllocateController", MaxIrql = Irql.Dispatch)]
    public async KTask IoAllocateController(Ptr<CONTROLLER_OBJECT> ControllerObject, Ptr<DEVICE_OBJECT> DeviceObject, ulong ExecutionRoutine, ulong Context)
    {
        View<WAIT_CONTEXT_BLOCK> block = DeviceObject.View.Queue.Wcb;
        block.DeviceRoutine = ExecutionRoutine;
        block.DeviceContext = Context;
        block.DeviceObject = DeviceObject;
        block.CurrentIrp = DeviceObject.View.CurrentIrp;
        if (!Kernel.DeviceQueues.KeInsertDeviceQueue(ControllerObject.View.DeviceWaitQueue.Ptr, block.WaitQueueEntry.Ptr))
            await Run(ControllerObject, block);
    }

    [NtExport("IoFreeController", MaxIrql = Irql.Dispatch)]
    public async KTask IoFreeController(Ptr<CONTROLLER_OBJECT> ControllerObject)
    {
        ulong next = Kernel.DeviceQueues.KeRemoveDeviceQueue(ControllerObject.View.DeviceWaitQueue.Ptr);
        if (next != 0)
            await Run(ControllerObject, new View<WAIT_CONTEXT_BLOCK>(next));
    }

    /// <summary>The routine of the device that has the controller now; if it gives it back, those of the devices that wait.</summary>
    private async KTask Run(Ptr<CONTROLLER_OBJECT> controller, View<WAIT_CONTEXT_BLOCK> block)
    {
        while (true)
        {
            ulong action = await Guest.Call(block.DeviceRoutine, block.DeviceObject, block.CurrentIrp, 0, block.DeviceContext);
            if ((IO_ALLOCATION_ACTION)(uint)action != IO_ALLOCATION_ACTION.DeallocateObject)
                return;
            ulong next = Kernel.DeviceQueues.KeRemoveDeviceQueue(controller.View.DeviceWaitQueue.Ptr);
            if (next == 0)
                return;
            block = new View<WAIT_CONTEXT_BLOCK>(next);
        }
    }
}
