using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Po;

/// <summary>
/// Devices that are powered down when their driver has not called them busy for a time. Each has a counter of seconds that PoSetDeviceBusy clears; a scan each
/// second, which runs only while there are such devices, requests the device's idle state at the end of its time. Registering up to APC_LEVEL.
/// </summary>
[NtData("PopIdleDetectList", 16, Type = "_LIST_ENTRY")]
[NtData("PopIdleScanTimer", KTIMER.SizeOf, Type = "_KTIMER")]
[NtData("PopIdleScanDpc", KDPC.SizeOf, Type = "_KDPC")]
public sealed class IdleDetection(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x64496F50; // "PoId"
    private const uint Default = uint.MaxValue, DefaultSeconds = 30 * 60;

    // An entry: LIST_ENTRY, then the counter that the driver's macro clears, and the rest.
    private const ulong Counter = 0x10, Seconds = 0x14, State = 0x18, BusyCount = 0x1C, Device = 0x20, EntrySize = 0x28;

    private ulong Head => Kernel.Data(Datum.PopIdleDetectList);

    /// <summary>The address of the counter for PoSetDeviceBusy; 0 times out turn the detection off. -1: the default of the power scheme.</summary>
    [NtExport("PoRegisterDeviceForIdleDetection", MaxIrql = Irql.Apc)]
    public ulong PoRegisterDeviceForIdleDetection(Ptr<DEVICE_OBJECT> DeviceObject, uint ConservationIdleTime, uint PerformanceIdleTime,
        DEVICE_POWER_STATE State)
    {
        if (Memory.ReadU64(Head) == 0)
            Memory.InitializeList(Head);
        ulong entry = Find(DeviceObject);
        if (ConservationIdleTime == 0 && PerformanceIdleTime == 0)
        {
            if (entry != 0)
                Remove(entry);
            return 0;
        }
        bool isFirst = Memory.ReadU64(Head) == Head;
        if (entry == 0)
        {
            entry = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, EntrySize, Tag);
            if (entry == 0)
                return 0;
            Memory.WriteU64(entry + Device, DeviceObject);
            Memory.InsertTail(Head, entry);
        }
        Memory.WriteU32(entry + Counter, 0);
        Memory.WriteU32(entry + Seconds, PerformanceIdleTime == Default ? DefaultSeconds : PerformanceIdleTime); // On AC power performance counts.
        Memory.WriteU32(entry + IdleDetection.State, (uint)State);
        if (isFirst)
            StartScan();
        return entry + Counter;
    }

    [NtExport("PoSetDeviceBusyEx")]
    public void PoSetDeviceBusyEx(Ptr<uint> IdlePointer) => IdlePointer.Write(0);

    [NtExport("PoStartDeviceBusy")]
    public void PoStartDeviceBusy(Ptr<uint> IdlePointer)
    {
        ulong count = IdlePointer - Counter + BusyCount;
        Memory.WriteU32(count, Memory.ReadU32(count) + 1);
        IdlePointer.Write(0);
    }

    [NtExport("PoEndDeviceBusy")]
    public void PoEndDeviceBusy(Ptr<uint> IdlePointer)
    {
        ulong count = IdlePointer - Counter + BusyCount;
        Memory.WriteU32(count, Memory.ReadU32(count) - 1);
        IdlePointer.Write(0);
    }

    /// <summary>The scan, each second.</summary>
    [NtRoutine("PopScanIdleList", MaxIrql = Irql.Dispatch)]
    public async KTask PopScanIdleList(ulong Dpc, ulong DeferredContext, ulong SystemArgument1, ulong SystemArgument2)
    {
        while (NextDue() is var entry and not 0)
            await Guest.Call(Stub.PoRequestPowerIrp, Memory.ReadU64(entry + Device), IRP_MN.SET_POWER, Memory.ReadU32(entry + State), 0, 0, 0);
        foreach (ulong entry in Memory.Walk(Head))
            if (Memory.ReadU32(entry + BusyCount) == 0 && Memory.ReadU32(entry + Counter) <= Memory.ReadU32(entry + Seconds))
                Memory.WriteU32(entry + Counter, Memory.ReadU32(entry + Counter) + 1);
    }

    /// <summary>A device whose time is up; it is told once until it is busy again.</summary>
    private ulong NextDue()
    {
        foreach (ulong entry in Memory.Walk(Head))
            if (Memory.ReadU32(entry + BusyCount) == 0 && Memory.ReadU32(entry + Counter) == Memory.ReadU32(entry + Seconds))
            {
                Memory.WriteU32(entry + Counter, Memory.ReadU32(entry + Counter) + 1);
                return entry;
            }
        return 0;
    }

    private ulong Find(ulong device)
    {
        foreach (ulong entry in Memory.Walk(Head))
            if (Memory.ReadU64(entry + Device) == device)
                return entry;
        return 0;
    }

    private void Remove(ulong entry)
    {
        Memory.RemoveEntry(entry);
        Kernel.Pool.Free(entry, Tag);
        if (Memory.ReadU64(Head) == Head)
            Kernel.Timers.KeCancelTimer(new Ptr<KTIMER>(Kernel.Data(Datum.PopIdleScanTimer)));
    }

    private void StartScan()
    {
        const long Second = 10_000_000;
        const int Period = 1000;
        Ptr<KTIMER> timer = new(Kernel.Data(Datum.PopIdleScanTimer));
        Ptr<KDPC> dpc = new(Kernel.Data(Datum.PopIdleScanDpc));
        Kernel.Dpcs.KeInitializeDpc(dpc, Kernel.Stubs.AddressOf(Stub.PopScanIdleList), 0);
        Kernel.Timers.KeInitializeTimer(timer);
        Kernel.Timers.KeSetTimerEx(timer, -Second, Period, dpc);
    }
}
