using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// Callbacks of drivers that asked to hear of device interfaces and of their target devices. Registrations stand on a list in nonpaged pool. Callbacks run at
/// PASSIVE_LEVEL on the thread where the change happens, in the order of registration.
/// </summary>
[NtData("PnpNotifyListHead", 16, Type = "_LIST_ENTRY")]
public sealed class PnpNotifications(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x4E706E50; // "PnpN"
    private const uint HardwareProfileChange = 1, DeviceInterfaceChange = 2, TargetDeviceChange = 3, IncludeExisting = 1;
    private const ulong EntrySize = 0x48;
    private const int Category = 0x10, Callback = 0x18, Context = 0x20, Driver = 0x28, Target = 0x30, Class = 0x38;
    private const int InterfaceNotificationSize = 0x30, TargetNotificationSize = 0x20;
    private static readonly Guid Arrival = new("cb3a4004-46f0-11d0-b08f-00609713053f"), Removal = new("cb3a4005-46f0-11d0-b08f-00609713053f");
    private static readonly Guid QueryRemove = new("cb3a4006-46f0-11d0-b08f-00609713053f"), Cancelled = new("cb3a4007-46f0-11d0-b08f-00609713053f");
    private static readonly Guid Complete = new("cb3a4008-46f0-11d0-b08f-00609713053f");

    [NtExport("IoRegisterPlugPlayNotification", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoRegisterPlugPlayNotification(uint EventCategory, uint EventCategoryFlags, ulong EventCategoryData,
        Ptr<DRIVER_OBJECT> DriverObject, ulong CallbackRoutine, ulong CallbackContext, Ptr<ulong> NotificationEntry)
    {
        NotificationEntry.Write(0);
        if (EventCategory is not (HardwareProfileChange or DeviceInterfaceChange or TargetDeviceChange) || CallbackRoutine == 0)
            return NtStatus.InvalidParameter;
        ulong device = 0;
        if (EventCategory == TargetDeviceChange)
        {
            device = Kernel.DeviceNodes.BottomOf(new Ptr<FILE_OBJECT>(EventCategoryData).View.DeviceObject);
            if (Kernel.DeviceNodes.Of((Ptr<DEVICE_OBJECT>)device).IsNull)
                return NtStatus.InvalidDeviceRequest;
        }
        await Guest.Call(Kernel.NtExports["ObfReferenceObject"], DriverObject);
        ulong entry = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, EntrySize, Tag);
        Fill(entry, EventCategory, EventCategoryData, DriverObject, CallbackRoutine, CallbackContext, device);
        NotificationEntry.Write(entry);
        if (EventCategory == DeviceInterfaceChange && (EventCategoryFlags & IncludeExisting) != 0)
            await TellExisting(entry);
        return NtStatus.Success;
    }

    [NtExport("IoUnregisterPlugPlayNotification", MaxIrql = Irql.Passive)]
    [NtExport("IoUnregisterPlugPlayNotificationEx", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoUnregisterPlugPlayNotification(ulong NotificationEntry)
    {
        ulong next = Memory.ReadU64(NotificationEntry), previous = Memory.ReadU64(NotificationEntry + 8), driver = Memory.ReadU64(NotificationEntry + Driver);
        Memory.WriteU64(previous, next);
        Memory.WriteU64(next + 8, previous);
        Kernel.Pool.Free(NotificationEntry);
        await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], driver);
        return NtStatus.Success;
    }

    /// <summary>An interface came or went: tells who registered for its class.</summary>
    internal async KTask InterfaceChanged(Ptr<UNICODE_STRING> link, bool arrived)
    {
        ulong notification = Guest.Scratch(InterfaceNotificationSize);
        FillInterface(notification, link, arrived);
        for (ulong entry = Next(Head()); entry != 0; entry = Next(entry))
            if (Memory.ReadU32(entry + Category) == DeviceInterfaceChange && SameGuid(entry + Class, notification + 0x14))
                await Guest.Call(Memory.ReadU64(entry + Callback), notification, Memory.ReadU64(entry + Context));
    }

    /// <summary>Asks who holds the device open; the first refusal is the answer.</summary>
    internal async KTask<NtStatus> TargetQueryRemove(View<DEVICE_NODE> node)
    {
        for (ulong entry = Next(Head()); entry != 0; entry = Next(entry))
            if (Concerns(entry, node))
            {
                NtStatus status = await Tell(entry, TargetEvent.QueryRemove);
                if (!status.IsSuccess)
                    return status;
            }
        return NtStatus.Success;
    }

    internal async KTask TargetRemoveCancelled(View<DEVICE_NODE> node)
    {
        for (ulong entry = Next(Head()); entry != 0; entry = Next(entry))
            if (Concerns(entry, node))
                await Tell(entry, TargetEvent.Cancelled);
    }

    internal async KTask TargetRemoved(View<DEVICE_NODE> node)
    {
        for (ulong entry = Next(Head()), next; entry != 0; entry = next)
        {
            next = Next(entry); // A callback may unregister itself.
            if (Concerns(entry, node))
                await Tell(entry, TargetEvent.Complete);
        }
    }

    /// <summary>An event of the device's driver; each is given the file object that it registered with.</summary>
    internal async KTask TargetChanged(View<DEVICE_NODE> node, ulong notification)
    {
        for (ulong entry = Next(Head()), next; entry != 0; entry = next)
        {
            next = Next(entry);
            if (!Concerns(entry, node))
                continue;
            Memory.WriteU64(notification + 0x18, Memory.ReadU64(entry + Class));
            await Guest.Call(Memory.ReadU64(entry + Callback), notification, Memory.ReadU64(entry + Context));
        }
    }

    /// <summary>True for the events that Plug and Play itself reports of a device.</summary>
    internal static bool IsBuiltIn(Guid @event) => @event == QueryRemove || @event == Cancelled || @event == Complete;

    private enum TargetEvent
    {
        QueryRemove,
        Cancelled,
        Complete,
    }

    private async KTask<NtStatus> Tell(ulong entry, TargetEvent what)
    {
        ulong notification = Guest.Scratch(TargetNotificationSize);
        Guid guid = what switch { TargetEvent.QueryRemove => QueryRemove, TargetEvent.Cancelled => Cancelled, _ => Complete };
        Memory.WriteU16(notification, 1);
        Memory.WriteU16(notification + 2, TargetNotificationSize);
        Memory.Write(notification + 4, guid.ToByteArray());
        Memory.WriteU64(notification + 0x18, Memory.ReadU64(entry + Class));
        return await Guest.Call(Memory.ReadU64(entry + Callback), notification, Memory.ReadU64(entry + Context));
    }

    private async KTask TellExisting(ulong entry)
    {
        ulong notification = Guest.Scratch(InterfaceNotificationSize);
        View<UNICODE_STRING> link = Guest.Scratch<UNICODE_STRING>();
        int count = Existing(entry).Count;
        for (int i = 0; i < count && i < Existing(entry).Count; i++)
        {
            link.Write(Kernel.ModuleList.NewString(Existing(entry)[i]));
            FillInterface(notification, link.Ptr, true);
            await Guest.Call(Memory.ReadU64(entry + Callback), notification, Memory.ReadU64(entry + Context));
            Kernel.Pool.Free(link.Read().Buffer);
        }
    }

    private List<string> Existing(ulong entry) => Kernel.DeviceInterfaces.LinksOf(Kernel.DeviceInterfaces.ReadGuid(entry + Class), "", all: false);

    private bool Concerns(ulong entry, View<DEVICE_NODE> node) =>
        Memory.ReadU32(entry + Category) == TargetDeviceChange && Memory.ReadU64(entry + Target) == node.PhysicalDeviceObject;

    private void FillInterface(ulong notification, Ptr<UNICODE_STRING> link, bool arrived)
    {
        Memory.WriteU16(notification, 1);
        Memory.WriteU16(notification + 2, InterfaceNotificationSize);
        Memory.Write(notification + 4, (arrived ? Arrival : Removal).ToByteArray());
        Memory.Write(notification + 0x14, DeviceInterfaces.ClassOf(Kernel.DeviceNodes.Text(link.Read())).ToByteArray());
        Memory.WriteU64(notification + 0x28, link);
    }

    private void Fill(ulong entry, uint category, ulong data, ulong driver, ulong routine, ulong context, ulong device)
    {
        ulong head = Head(), last = Memory.ReadU64(head + 8);
        Memory.WriteU64(entry, head);
        Memory.WriteU64(entry + 8, last);
        Memory.WriteU64(last, entry);
        Memory.WriteU64(head + 8, entry);
        Memory.WriteU64(entry + Category, category);
        Memory.WriteU64(entry + Callback, routine);
        Memory.WriteU64(entry + Context, context);
        Memory.WriteU64(entry + Driver, driver);
        Memory.WriteU64(entry + Target, device);
        Memory.WriteU64(entry + Class, category == TargetDeviceChange ? data : 0); // Of a target the file object that was given.
        if (category != DeviceInterfaceChange)
            return;
        Span<byte> guid = stackalloc byte[16];
        Memory.Read(data, guid);
        Memory.Write(entry + Class, guid);
    }

    private bool SameGuid(ulong a, ulong b) => Memory.ReadU64(a) == Memory.ReadU64(b) && Memory.ReadU64(a + 8) == Memory.ReadU64(b + 8);

    private ulong Next(ulong entry)
    {
        ulong next = Memory.ReadU64(entry);
        return next == Head() ? 0 : next;
    }

    private ulong Head()
    {
        ulong head = Kernel.Data(Datum.PnpNotifyListHead);
        if (Memory.ReadU64(head) == 0)
        {
            Memory.WriteU64(head, head);
            Memory.WriteU64(head + 8, head);
        }
        return head;
    }
}
