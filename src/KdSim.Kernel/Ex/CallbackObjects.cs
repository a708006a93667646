using KdSim.Kernel.Ke;
using KdSim.Kernel.Ob;
using KdSim.Kernel.Ps;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ex;

/// <summary>
/// CALLBACK_OBJECT: named lists of routines that drivers register and whoever owns the object calls. Create and register below DISPATCH_LEVEL; the routines
/// are called at the notifier's IRQL, in the order of their registration.
/// </summary>
[NtData("ExpCallbackEvent", KEVENT.SizeOf, Type = "_KEVENT")]
public sealed class CallbackObjects(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Signature = 0x6C6C6143;          // "Call"
    private const uint Tag = 0x67724243;                // "CBrg"
    private const uint Permanent = 0x10;                // OBJ_PERMANENT

    private View<KEVENT> Idle => new(Kernel.Data(Datum.ExpCallbackEvent));

    /// <summary>At boot: the objects that NT itself makes.</summary>
    internal void Initialize()
    {
        Kernel.Events.Initialize(Idle, EVENT_TYPE.NotificationEvent, false);
        ulong directory = Kernel.ObjectDirectories.Find(Kernel.ObjectDirectories.Root, "Callback", ignoreCase: false);
        foreach (string name in (ReadOnlySpan<string>)["SetSystemTime", "PowerState", "ProcessorAdd"])
        {
            ulong body = Make(name, allowMultiple: true);
            Kernel.ObjectDirectories.Insert(directory, body);
            ObjectNamespace.MakePermanent(body);
        }
    }

    /// <summary>Opens the object of that name, or makes one; the caller gets a reference.</summary>
    [NtExport("ExCreateCallback", MaxIrql = Irql.Apc)]
    public NtStatus ExCreateCallback(Ptr<ulong> CallbackObject, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes, bool Create, bool AllowMultipleCallbacks)
    {
        NtStatus status = Kernel.CallerMemory.Capture(ObjectAttributes, 0, out CapturedName captured);
        if (!status.IsSuccess)
            return status;
        if (captured.RootDirectory != 0)
            return NtStatus.NotImplemented;
        ulong body = 0;
        if (captured.Name.Length == 0)
        {
            if (!Create)
                return NtStatus.Unsuccessful;
            body = Make(null, AllowMultipleCallbacks);
        }
        else
        {
            NameLookup found = Kernel.ObjectNamespace.Lookup(captured.Name, 0, captured.IgnoresCase);
            Kernel.Objects.FreeString(found.Remaining);
            if (found.Status.IsSuccess)
            {
                if (Kernel.ObjectTypes.KindOf(found.Object) != ObjectKind.Callback)
                    return NtStatus.ObjectTypeMismatch;
                body = found.Object;
                Kernel.Objects.Reference(body);
            }
            else if (!Create || found.Directory == 0)
            {
                return found.Status;
            }
            else
            {
                body = Make(captured.Name[(captured.Name.LastIndexOf('\\') + 1)..], AllowMultipleCallbacks);
                Kernel.ObjectDirectories.Insert(found.Directory, body);
                if ((captured.Attributes & Permanent) != 0)
                {
                    ObjectNamespace.MakePermanent(body);
                    Kernel.Objects.Reference(body);
                }
            }
        }
        CallbackObject.Write(body);
        return NtStatus.Success;
    }

    /// <summary>The registration, or 0 if the object takes one routine only and has it.</summary>
    [NtExport("ExRegisterCallback", MaxIrql = Irql.Apc)]
    public ulong ExRegisterCallback(Ptr<CALLBACK_OBJECT> CallbackObject, ulong CallbackFunction, ulong CallbackContext)
    {
        View<CALLBACK_OBJECT> target = CallbackObject;
        ulong head = target.RegisteredCallbacksView.Address;
        if (!target.AllowMultipleCallbacks && !Memory.IsListEmpty(head))
            return 0;
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPoolNx, CALLBACK_REGISTRATION.SizeOf, Tag);
        if (block == 0)
            return 0;
        Kernel.Objects.Reference(CallbackObject);
        View<CALLBACK_REGISTRATION> registration = new(block);
        registration.Clear();
        registration.CallbackObject = CallbackObject;
        registration.CallbackFunction = CallbackFunction;
        registration.CallbackContext = CallbackContext;
        Memory.InsertTail(head, registration.LinkView.Address);
        return block;
    }

    /// <summary>Comes back when the routine does not run any more.</summary>
    [NtExport("ExUnregisterCallback", MaxIrql = Irql.Apc)]
    public async KTask ExUnregisterCallback(Ptr<CALLBACK_REGISTRATION> CbRegistration)
    {
        View<CALLBACK_REGISTRATION> registration = CbRegistration;
        while (registration.Busy != 0)
        {
            registration.UnregisterWaiting = true;
            Kernel.Events.KeClearEvent(Idle.Ptr);
            await Kernel.Waits.For(Idle.Address);
        }
        ulong target = registration.CallbackObject;
        Memory.RemoveEntry(registration.LinkView.Address);
        Kernel.Pool.Free(registration.Address, Tag);
        await Kernel.Objects.Dereference(target);
    }

    [NtExport("ExNotifyCallback", MaxIrql = Irql.Dispatch)]
    public async KTask ExNotifyCallback(Ptr<CALLBACK_OBJECT> CallbackObject, ulong Argument1, ulong Argument2)
    {
        ulong head = CallbackObject.View.RegisteredCallbacksView.Address, entry = Memory.ReadU64(head);
        while (entry != head)
        {
            View<CALLBACK_REGISTRATION> registration = new(entry);
            if (registration.UnregisterWaiting)
            {
                entry = Memory.ReadU64(entry);
                continue;
            }
            registration.Busy++;
            await Guest.Call(registration.CallbackFunction, registration.CallbackContext, Argument1, Argument2);
            registration.Busy--;
            entry = Memory.ReadU64(entry);
            if (registration.UnregisterWaiting && registration.Busy == 0)
                Kernel.Events.Set(Idle);
        }
    }

    private ulong Make(string? name, bool allowMultiple)
    {
        View<CALLBACK_OBJECT> made = new(Kernel.Objects.Allocate(ObjectKind.Callback, CALLBACK_OBJECT.SizeOf, name));
        made.Signature = Signature;
        made.AllowMultipleCallbacks = allowMultiple;
        Memory.InitializeList(made.RegisteredCallbacksView.Address);
        return made.Address;
    }
}
