using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Po;

/// <summary>
/// Power settings that drivers watch. Who registers is told the present value soon after, by a worker: this machine runs on AC power with a full battery, its
/// lid open and its display on. PASSIVE_LEVEL.
/// </summary>
[NtData("PopPowerSettingCallbackList", 16, Type = "_LIST_ENTRY")]
public sealed class PowerSettings(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x74536F50; // "PoSt"
    private const ulong Work = 0x10, Setting = 0x30, Callback = 0x40, Context = 0x48, Value = 0x50, State = 0x58, BlockSize = 0x60;
    private const uint Queued = 1, Unregistered = 2;

    private static readonly (Guid Setting, uint Value)[] Known =
    [
        (new("5d3e9a59-e9d5-4b00-a6bd-ff34ff516548"), 0),   // GUID_ACDC_POWER_SOURCE: PoAc
        (new("a7ad8041-b45a-4cae-87a3-eecbb468a9e1"), 100), // GUID_BATTERY_PERCENTAGE_REMAINING
        (new("ba3e0f4d-b817-4094-a2d1-d56379e6a0f3"), 1),   // GUID_LIDSWITCH_STATE_CHANGE: open
        (new("02731015-4510-4526-99e6-e5a17ebd1aea"), 1),   // GUID_MONITOR_POWER_ON
        (new("6fe69556-704a-47a0-8f24-c28d936fda47"), 1),   // GUID_CONSOLE_DISPLAY_STATE: on
        (new("98a7f580-01f7-48aa-9c0f-44352c29e5c0"), 0),   // GUID_SYSTEM_AWAYMODE: off
        (new("e00958c0-c213-4ace-ac77-fecced2eeea5"), 0),   // GUID_POWER_SAVING_STATUS: off
    ];

    private ulong Head => Kernel.Data(Datum.PopPowerSettingCallbackList);

    [NtExport("PoRegisterPowerSettingCallback", MaxIrql = Irql.Apc)]
    public async KTask<NtStatus> PoRegisterPowerSettingCallback(Ptr<DEVICE_OBJECT> DeviceObject, ulong SettingGuid, ulong Callback, ulong Context,
        Ptr<ulong> Handle)
    {
        if (SettingGuid == 0 || Callback == 0)
            return NtStatus.InvalidParameter;
        ulong block = Create(SettingGuid, Callback, Context, out bool isKnown);
        if (!Handle.IsNull)
            Handle.Write(block);
        if (isKnown)
            await Kernel.KernelObjects.QueueWorkItem(block + Work, WORK_QUEUE_TYPE.DelayedWorkQueue);
        return NtStatus.Success;
    }

    /// <summary>The routine is not called any more afterwards.</summary>
    [NtExport("PoUnregisterPowerSettingCallback", MaxIrql = Irql.Apc)]
    public NtStatus PoUnregisterPowerSettingCallback(ulong Handle)
    {
        foreach (ulong block in Memory.Walk(Head))
        {
            if (block != Handle)
                continue;
            Memory.RemoveEntry(block);
            if ((Memory.ReadU32(block + State) & Queued) != 0)
                Memory.WriteU32(block + State, Queued | Unregistered); // The worker frees it.
            else
                Kernel.Pool.Free(block, Tag);
            return NtStatus.Success;
        }
        return NtStatus.InvalidParameter;
    }

    /// <summary>The worker: tells one callback the present value.</summary>
    [NtRoutine("PopDispatchPowerSettingCallback", MaxIrql = Irql.Passive)]
    public async KTask PopDispatchPowerSettingCallback(ulong Block)
    {
        if ((Memory.ReadU32(Block + State) & Unregistered) == 0)
            await Guest.Call(Memory.ReadU64(Block + Callback), Block + Setting, Block + Value, 4, Memory.ReadU64(Block + Context));
        uint state = Memory.ReadU32(Block + State) & ~Queued;
        Memory.WriteU32(Block + State, state);
        if ((state & Unregistered) != 0)
            Kernel.Pool.Free(Block, Tag);
    }

    private ulong Create(ulong setting, ulong callback, ulong context, out bool isKnown)
    {
        if (Memory.ReadU64(Head) == 0)
            Memory.InitializeList(Head);
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, BlockSize, Tag);
        Span<byte> guid = stackalloc byte[16];
        Memory.Read(setting, guid);
        Memory.Write(block + Setting, guid);
        Memory.WriteU64(block + Callback, callback);
        Memory.WriteU64(block + Context, context);
        Memory.InsertTail(Head, block);
        isKnown = false;
        foreach ((Guid known, uint value) in Known)
            if (known == new Guid(guid))
            {
                Memory.WriteU32(block + Value, value);
                Memory.WriteU32(block + State, Queued);
                isKnown = true;
            }
        View<WORK_QUEUE_ITEM> item = new(block + Work);
        item.WorkerRoutine = Kernel.Stubs.AddressOf(Stub.PopDispatchPowerSettingCallback);
        item.Parameter = block;
        return block;
    }
}
