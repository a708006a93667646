using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>From names and files to the devices that requests go to.</summary>
public sealed class DevicePointers(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Opens a device for its object: the caller gets a reference to a file object and the device on top of the stack. PASSIVE_LEVEL.</summary>
    [NtExport("IoGetDeviceObjectPointer", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoGetDeviceObjectPointer(Ptr<UNICODE_STRING> ObjectName, uint DesiredAccess, Ptr<ulong> FileObject, Ptr<ulong> DeviceObject)
    {
        View<OBJECT_ATTRIBUTES> attributes = Guest.Scratch<OBJECT_ATTRIBUTES>();
        attributes.Length = OBJECT_ATTRIBUTES.SizeOf;
        attributes.ObjectName = ObjectName;
        attributes.Attributes = 0x240; // OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE
        ulong handle = Guest.Scratch(8), packet = Guest.Scratch(FileOpening.PacketSize);
        Memory.WriteU32(packet + FileOpening.Options, (uint)CREATE_OPTIONS.NON_DIRECTORY_FILE);
        Memory.WriteU32(packet + FileOpening.Disposition, (uint)FILE_DISPOSITION.OPEN);
        NtStatus status = await Kernel.ObjectRoutines.OpenByName(attributes.Ptr, ObjectKind.File, DesiredAccess, 0, packet, (Ptr<ulong>)handle);
        if (!status.IsSuccess)
            return status;
        View<HANDLE_TABLE_ENTRY> entry = Kernel.HandleTables.Find(Memory.ReadU64(handle));
        Ptr<FILE_OBJECT> file = (Ptr<FILE_OBJECT>)HandleTables.ObjectOf(entry);
        Kernel.Objects.Reference(file);
        FileObject.Write(file);
        DeviceObject.Write(IoGetRelatedDeviceObject(file));
        await Kernel.HandleRoutines.ZwClose(Memory.ReadU64(handle));
        return NtStatus.Success;
    }

    /// <summary>The device to which requests on a file are sent: the top of its device's stack.</summary>
    [NtExport("IoGetRelatedDeviceObject", MaxIrql = Irql.Dispatch)]
    public Ptr<DEVICE_OBJECT> IoGetRelatedDeviceObject(Ptr<FILE_OBJECT> FileObject) => Kernel.DeviceStacks.TopOf(FileObject.View.DeviceObject).Ptr;

    [NtExport("IoGetBaseFileSystemDeviceObject", MaxIrql = Irql.Dispatch)]
    public Ptr<DEVICE_OBJECT> IoGetBaseFileSystemDeviceObject(Ptr<FILE_OBJECT> FileObject) => FileObject.View.DeviceObject;
}
