using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Device timers: once a second a DPC calls the routine of each one that runs. The second's timer starts
/// with the first of them. Up to DISPATCH_LEVEL.</summary>
[NtData("IopTimerQueueHead", 16, Type = "_LIST_ENTRY")]
[NtData("IopTimerCount", 4)]
[NtData("IopTimer", KTIMER.SizeOf, Type = "_KTIMER")]
[NtData("IopTimerDpc", KDPC.SizeOf, Type = "_KDPC")]
public sealed class IoTimers(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x69546F49; // "IoTi"

    [NtExport("IoInitializeTimer", MaxIrql = Irql.Passive, IsResident = true)]
    public NtStatus IoInitializeTimer(Ptr<DEVICE_OBJECT> DeviceObject, ulong TimerRoutine, ulong Context)
    {
        ulong head = Kernel.Data(Datum.IopTimerQueueHead);
        if (Memory.ReadU64(head) == 0)
            Memory.InitializeList(head);
        View<DEVICE_OBJECT> device = DeviceObject;
        View<IO_TIMER> timer = device.Timer;
        if (timer.IsNull)
        {
            timer = new(Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, IO_TIMER.SizeOf, Tag));
            timer.Type = (short)IO_OBJECTS.Timer;
            timer.DeviceObject = DeviceObject;
            device.Timer = timer.Ptr;
            Memory.InsertTail(head, timer.TimerListView.Address);
        }
        timer.TimerRoutine = TimerRoutine;
        timer.Context = Context;
        return NtStatus.Success;
    }

    [NtExport("IoStartTimer", MaxIrql = Irql.Dispatch)]
    public async KTask IoStartTimer(Ptr<DEVICE_OBJECT> DeviceObject)
    {
        View<IO_TIMER> timer = DeviceObject.View.Timer;
        if (timer.TimerFlag != 0)
            return;
        timer.TimerFlag = 1;
        uint count = Memory.ReadU32(Kernel.Data(Datum.IopTimerCount)) + 1;
        Memory.WriteU32(Kernel.Data(Datum.IopTimerCount), count);
        if (count == 1)
            await StartSecond();
    }

    [NtExport("IoStopTimer", MaxIrql = Irql.Dispatch)]
    public void IoStopTimer(Ptr<DEVICE_OBJECT> DeviceObject) => Stop(DeviceObject.View.Timer);

    /// <summary>The DPC of the second.</summary>
    [NtRoutine("IopTimerDispatch", MaxIrql = Irql.Dispatch)]
    public async KTask IopTimerDispatch(ulong Dpc, ulong Context, ulong Argument1, ulong Argument2)
    {
        ulong head = Kernel.Data(Datum.IopTimerQueueHead);
        for (ulong at = Memory.ReadU64(head); at != head;)
        {
            View<IO_TIMER> timer = View<IO_TIMER>.Containing(at, IO_TIMER.Offsets.TimerList);
            if (timer.TimerFlag != 0)
                await Guest.Call(timer.TimerRoutine, timer.DeviceObject, timer.Context);
            at = Memory.ReadU64(at);
        }
        if (Memory.ReadU32(Kernel.Data(Datum.IopTimerCount)) != 0)
            await StartSecond();
    }

    internal void Delete(View<IO_TIMER> timer)
    {
        Stop(timer);
        Memory.RemoveEntry(timer.TimerListView.Address);
        View<DEVICE_OBJECT> device = timer.DeviceObject;
        device.Timer = default;
        Kernel.Pool.Free(timer.Address, Tag);
    }

    private void Stop(View<IO_TIMER> timer)
    {
        if (timer.TimerFlag == 0)
            return;
        timer.TimerFlag = 0;
        Memory.WriteU32(Kernel.Data(Datum.IopTimerCount), Memory.ReadU32(Kernel.Data(Datum.IopTimerCount)) - 1);
    }

    private async KTask StartSecond()
    {
        const long Second = -10_000_000;
        ulong dpc = Kernel.Data(Datum.IopTimerDpc), timer = Kernel.Data(Datum.IopTimer);
        if (Memory.ReadU64(dpc + KDPC.Offsets.DeferredRoutine) == 0)
        {
            await Guest.Call(Stub.KeInitializeDpc, dpc, Kernel.Stubs.AddressOf(Stub.IopTimerDispatch), 0);
            await Guest.Call(Stub.KeInitializeTimer, timer);
        }
        await Guest.Call(Stub.KeSetTimer, timer, unchecked((ulong)Second), dpc);
    }
}
