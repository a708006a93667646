using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Opening devices: the parse procedure of device objects makes a file object and sends IRP_MJ_CREATE. PASSIVE_LEVEL.</summary>
public sealed class FileOpening(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>What the system service and the parse procedure tell each other, in the service's frame.</summary>
    public const int PacketSize = 0x28, Options = 0, Share = 4, Disposition = 8, Attributes = 0xC, Information = 0x10, AllocationSize = 0x18;

    private const uint Gone = DeviceObjects.DeletePending | DeviceObjects.UnloadPending;

    [NtRoutine("IopParseDevice", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IopParseDevice(Ptr<DEVICE_OBJECT> ParseObject, Ptr<OBJECT_TYPE> ObjectType, uint DesiredAccess, sbyte AccessMode,
        uint ObjectAttributes, Ptr<UNICODE_STRING> CompleteName, Ptr<UNICODE_STRING> RemainingName, ulong Context, ulong SecurityQos, Ptr<ulong> Object)
    {
        View<DEVICE_OBJECT> device = ParseObject;
        if (Context == 0)
            return NtStatus.ObjectTypeMismatch; // Only the file services open devices.
        if ((device.Flags & DO.DEVICE_INITIALIZING) != 0 || (device.DeviceObjectExtension.View.ExtensionFlags & Gone) != 0)
            return NtStatus.NoSuchDevice;
        if ((device.Flags & DO.EXCLUSIVE) != 0 && device.ReferenceCount > 0)
            return NtStatus.AccessDenied;
        device.ReferenceCount++;
        uint access = Kernel.ObjectTypes.MapAccess(ObjectKind.File, DesiredAccess);
        Ptr<FILE_OBJECT> file = CreateFile(device, access, Memory.ReadU32(Context + Options), Memory.ReadU32(Context + Share), RemainingName.Read()).Ptr;
        NtStatus status = await Send(file, access, AccessMode, ObjectAttributes, Context);
        if (status.IsSuccess)
        {
            Object.Write(file);
            return status;
        }
        View<FILE_OBJECT> failed = file;
        failed.DeviceObject = default; // No close follows a create that failed.
        await Kernel.DeviceObjects.ReleaseUse(device);
        await Kernel.Objects.Dereference(file);
        return status;
    }

    private View<FILE_OBJECT> CreateFile(View<DEVICE_OBJECT> device, uint access, uint options, uint share, UNICODE_STRING name)
    {
        View<FILE_OBJECT> file = new(Kernel.Objects.Allocate(ObjectKind.File, FILE_OBJECT.SizeOf));
        CREATE_OPTIONS chosen = (CREATE_OPTIONS)options;
        file.Type = (short)IO_OBJECTS.File;
        file.Size = FILE_OBJECT.SizeOf;
        file.DeviceObject = device.Ptr;
        file.Vpb = device.Vpb;
        file.ReadAccess = (access & 1) != 0;
        file.WriteAccess = (access & 6) != 0;
        file.DeleteAccess = (access & 0x10000) != 0;
        file.SharedRead = (share & 1) != 0;
        file.SharedWrite = (share & 2) != 0;
        file.SharedDelete = (share & 4) != 0;
        bool alertable = (chosen & CREATE_OPTIONS.SYNCHRONOUS_IO_ALERT) != 0;
        file.Flags = (alertable || (chosen & CREATE_OPTIONS.SYNCHRONOUS_IO_NONALERT) != 0 ? FO.SYNCHRONOUS_IO : 0) | (alertable ? FO.ALERTABLE_IO : 0) |
            ((chosen & CREATE_OPTIONS.NO_INTERMEDIATE_BUFFERING) != 0 ? FO.NO_INTERMEDIATE_BUFFERING : 0) |
            ((chosen & CREATE_OPTIONS.WRITE_THROUGH) != 0 ? FO.WRITE_THROUGH : 0) | ((chosen & CREATE_OPTIONS.SEQUENTIAL_ONLY) != 0 ? FO.SEQUENTIAL_ONLY : 0) |
            ((chosen & CREATE_OPTIONS.RANDOM_ACCESS) != 0 ? FO.RANDOM_ACCESS : 0);
        if (name.Length != 0)
            file.FileName = Kernel.Objects.NewString(Kernel.Objects.ReadName(name));
        Kernel.KernelObjects.InitializeEvent(file.Lock.Address, notification: false, signaled: false);
        Kernel.KernelObjects.InitializeEvent(file.Event.Address, notification: true, signaled: false);
        Ke.ListEntries.InitializeList(Memory, file.IrpListView.Address);
        return file;
    }

    private async KTask<NtStatus> Send(Ptr<FILE_OBJECT> file, uint access, sbyte mode, uint attributes, ulong packet)
    {
        View<DEVICE_OBJECT> top = Kernel.DeviceStacks.TopOf(file.View.DeviceObject);
        Ptr<IRP> made = Kernel.IrpAllocation.IoAllocateIrp(top.StackSize, ChargeQuota: true);
        if (made.IsNull)
            return NtStatus.InsufficientResources;
        View<IO_STATUS_BLOCK> result = Guest.Scratch<IO_STATUS_BLOCK>();
        View<IO_SECURITY_CONTEXT> security = Guest.Scratch<IO_SECURITY_CONTEXT>();
        View<ACCESS_STATE> state = Guest.Scratch<ACCESS_STATE>();
        state.RemainingDesiredAccess = access;
        state.OriginalDesiredAccess = access;
        security.AccessState = state.Ptr;
        security.DesiredAccess = access;
        View<IRP> irp = made;
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        overlay.Thread = Kernel.KernelObjects.Thread.Ptr;
        overlay.OriginalFileObject = file;
        irp.RequestorMode = mode;
        irp.Flags = IRP_FLAGS.CREATE_OPERATION | IRP_FLAGS.SYNCHRONOUS_API | IRP_FLAGS.DEFER_IO_COMPLETION;
        irp.UserIosb = result.Ptr;
        View<IO_STACK_LOCATION> next = new((overlay.CurrentStackLocation - 1).Address);
        next.MajorFunction = IRP_MJ.CREATE;
        next.Flags = (attributes & 0x40) == 0 ? SL.CASE_SENSITIVE : 0;
        next.FileObject = file;
        View<IO_STACK_LOCATION_Parameters_Create> parameters = next.Parameters.Create;
        parameters.SecurityContext = security.Ptr;
        parameters.Options = Memory.ReadU32(packet + Disposition) << 24 | Memory.ReadU32(packet + Options) & 0xFF_FFFF;
        parameters.FileAttributes = (ushort)Memory.ReadU32(packet + Attributes);
        parameters.ShareAccess = (ushort)Memory.ReadU32(packet + Share);
        Kernel.IrpAllocation.QueueToThread(irp, Kernel.KernelObjects.Thread);
        NtStatus status = await Guest.Call(Stub.IofCallDriver, top.Address, irp.Address);
        if (status == NtStatus.Pending)
        {
            await Kernel.KernelObjects.Wait(file.View.Event.Address, KWAIT_REASON.Executive, 0, alertable: false);
            status = result.Status;
            Memory.WriteU64(packet + Information, result.Information);
            return status;
        }
        Memory.WriteU64(packet + Information, irp.IoStatus.Information);
        status = irp.IoStatus.Status;
        Kernel.IrpAllocation.RemoveFromThread(irp);
        Kernel.IrpAllocation.IoFreeIrp(irp);
        return status;
    }
}
