using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>
/// What is known of an open file, and changing it: NtQueryInformationFile, NtSetInformationFile, NtQueryVolumeInformationFile and their Zw forms. The I/O
/// manager answers for position, mode, access and alignment; all else is an IRP for the driver. PASSIVE_LEVEL.
/// </summary>
public sealed class FileInformationServices(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint ReadAttributes = 0x80, WriteAttributes = 0x100, WriteData = 2, Delete = 0x1_0000, ReadEa = 8, WriteEa = 0x10;
    private const uint MostBytes = 0x10_0000;
    private const NtStatus InvalidClass = NtStatus.InvalidInfoClass;

    [NtExport("NtQueryInformationFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtQueryInformationFile(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoStatusBlock, ulong FileInformation, uint Length,
        FILE_INFORMATION_CLASS FileInformationClass)
    {
        (uint least, uint access) = OfQuery(FileInformationClass);
        NtStatus status = least == 0 ? InvalidClass : Length < least ? NtStatus.InfoLengthMismatch : NtStatus.Success;
        FileCall call = default;
        if (status.IsSuccess)
            status = Kernel.FileRequests.Begin(FileHandle, access, 0, 0, 0, IoStatusBlock, ref call);
        if (!status.IsSuccess)
            return status;
        if (TryAnswer(call, FileInformationClass, FileInformation, out uint written, out status))
            return Finish(call, status, written);
        View<IRP> irp = Kernel.FileRequests.CreateIrp(call, IRP_MJ.QUERY_INFORMATION);
        if (irp.IsNull)
            return Kernel.FileRequests.Fail(call, NtStatus.InsufficientResources);
        View<IO_STACK_LOCATION_Parameters_QueryFile> parameters = FileRequests.NextOf(irp).Parameters.QueryFile;
        parameters.Length = Length;
        parameters.FileInformationClass = FileInformationClass;
        return await Query(irp, call, FileInformation, Length);
    }

    [NtExport("ZwQueryInformationFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwQueryInformationFile(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoStatusBlock, ulong FileInformation, uint Length,
        FILE_INFORMATION_CLASS FileInformationClass)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtQueryInformationFile(FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    [NtExport("NtSetInformationFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtSetInformationFile(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoStatusBlock, ulong FileInformation, uint Length,
        FILE_INFORMATION_CLASS FileInformationClass)
    {
        (uint least, uint access) = OfSet(FileInformationClass);
        NtStatus status = least == 0 ? InvalidClass : Length < least ? NtStatus.InfoLengthMismatch : NtStatus.Success;
        FileCall call = default;
        if (status.IsSuccess)
            status = Kernel.FileRequests.Begin(FileHandle, access, 0, 0, 0, IoStatusBlock, ref call);
        if (!status.IsSuccess)
            return status;
        if (FileInformationClass == FILE_INFORMATION_CLASS.FilePositionInformation && call.IsSynchronous)
            return Finish(call, SetPosition(call, FileInformation), 0);
        if (Length > MostBytes)
            return Kernel.FileRequests.Fail(call, NtStatus.InsufficientResources);
        View<IRP> irp = Kernel.FileRequests.CreateIrp(call, IRP_MJ.SET_INFORMATION);
        if (irp.IsNull)
            return Kernel.FileRequests.Fail(call, NtStatus.InsufficientResources);
        View<IO_STACK_LOCATION_Parameters_SetFile> parameters = FileRequests.NextOf(irp).Parameters.SetFile;
        parameters.Length = Length;
        parameters.FileInformationClass = FileInformationClass;
        status = Kernel.FileRequests.GiveSystemBuffer(irp, FileInformation, Length, Length);
        return status.IsSuccess ? await Kernel.FileRequests.Send(irp, call) : Kernel.FileRequests.Abandon(irp, call, status);
    }

    [NtExport("ZwSetInformationFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwSetInformationFile(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoStatusBlock, ulong FileInformation, uint Length,
        FILE_INFORMATION_CLASS FileInformationClass)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtSetInformationFile(FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    /// <summary>Of devices without a volume the I/O manager knows type and characteristics; the driver is asked for the rest.</summary>
    [NtExport("NtQueryVolumeInformationFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtQueryVolumeInformationFile(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoStatusBlock, ulong FsInformation, uint Length,
        FSINFOCLASS FsInformationClass)
    {
        FileCall call = default;
        NtStatus status = Length < 4 ? NtStatus.InfoLengthMismatch : Kernel.FileRequests.Begin(FileHandle, 0, 0, 0, 0, IoStatusBlock, ref call);
        if (!status.IsSuccess)
            return status;
        View<DEVICE_OBJECT> device = call.File.View.DeviceObject;
        if (FsInformationClass == FSINFOCLASS.FileFsDeviceInformation && Length >= FILE_FS_DEVICE_INFORMATION.SizeOf)
        {
            var known = new FILE_FS_DEVICE_INFORMATION { DeviceType = (uint)device.DeviceType, Characteristics = (uint)device.Characteristics };
            bool written = Kernel.CallerMemory.TryWrite(FsInformation, known, call.Mode);
            return Finish(call, written ? NtStatus.Success : NtStatus.AccessViolation, FILE_FS_DEVICE_INFORMATION.SizeOf);
        }
        View<IRP> irp = Kernel.FileRequests.CreateIrp(call, IRP_MJ.QUERY_VOLUME_INFORMATION);
        if (irp.IsNull)
            return Kernel.FileRequests.Fail(call, NtStatus.InsufficientResources);
        View<IO_STACK_LOCATION_Parameters_QueryVolume> parameters = FileRequests.NextOf(irp).Parameters.QueryVolume;
        parameters.Length = Length;
        parameters.FsInformationClass = FsInformationClass;
        return await Query(irp, call, FsInformation, Length);
    }

    [NtExport("ZwQueryVolumeInformationFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwQueryVolumeInformationFile(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoStatusBlock, ulong FsInformation, uint Length,
        FSINFOCLASS FsInformationClass)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtQueryVolumeInformationFile(FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    /// <summary>Gives a query its system buffer, whose content goes to the caller's when the IRP completes.</summary>
    private async KTask<NtStatus> Query(View<IRP> irp, FileCall call, ulong buffer, uint length)
    {
        NtStatus status = length > MostBytes ? NtStatus.InsufficientResources : NtStatus.Success;
        if (status.IsSuccess && !Kernel.Mdls.IsLockable(buffer, length, call.Mode, writes: true))
            status = NtStatus.AccessViolation;
        irp.UserBuffer = buffer;
        irp.Flags |= IRP_FLAGS.INPUT_OPERATION;
        if (status.IsSuccess)
            status = Kernel.FileRequests.GiveSystemBuffer(irp, 0, 0, length);
        return status.IsSuccess ? await Kernel.FileRequests.Send(irp, call) : Kernel.FileRequests.Abandon(irp, call, status);
    }

    /// <summary>What the I/O manager knows of a file itself.</summary>
    private bool TryAnswer(in FileCall call, FILE_INFORMATION_CLASS kind, ulong buffer, out uint written, out NtStatus status)
    {
        View<FILE_OBJECT> file = call.File;
        ulong value;
        (written, value) = kind switch
        {
            FILE_INFORMATION_CLASS.FileAccessInformation => (4u, call.Granted),
            FILE_INFORMATION_CLASS.FileModeInformation => (4u, ModeOf(file.Flags)),
            FILE_INFORMATION_CLASS.FileAlignmentInformation => (4u, Kernel.DeviceStacks.TopOf(file.DeviceObject).AlignmentRequirement),
            FILE_INFORMATION_CLASS.FilePositionInformation when call.IsSynchronous => (8u, (ulong)file.CurrentByteOffset.QuadPart),
            _ => (0u, 0ul),
        };
        bool stored = written switch
        {
            0 => true,
            4 => Kernel.CallerMemory.TryWrite(buffer, (uint)value, call.Mode),
            _ => Kernel.CallerMemory.TryWrite(buffer, value, call.Mode),
        };
        status = stored ? NtStatus.Success : NtStatus.AccessViolation;
        return written != 0;
    }

    private NtStatus SetPosition(in FileCall call, ulong buffer)
    {
        if (!Kernel.CallerMemory.TryRead(buffer, out long position, call.Mode))
            return NtStatus.AccessViolation;
        if (position < 0)
            return NtStatus.InvalidParameter;
        View<FILE_OBJECT> file = call.File;
        file.CurrentByteOffset = new LARGE_INTEGER { QuadPart = position };
        return NtStatus.Success;
    }

    private NtStatus Finish(in FileCall call, NtStatus status, uint written)
    {
        if (status.IsSuccess)
        {
            Kernel.CallerMemory.TryWrite(call.Result.Address + IO_STATUS_BLOCK.Offsets.Information, (ulong)written, call.Mode);
            Kernel.CallerMemory.TryWrite(call.Result, (uint)status, call.Mode);
        }
        return Kernel.FileRequests.Fail(call, status);
    }

    private static ulong ModeOf(FO flags) =>
        (ulong)((flags & FO.WRITE_THROUGH) != 0 ? CREATE_OPTIONS.WRITE_THROUGH : 0)
        | (ulong)((flags & FO.SEQUENTIAL_ONLY) != 0 ? CREATE_OPTIONS.SEQUENTIAL_ONLY : 0)
        | (ulong)((flags & FO.NO_INTERMEDIATE_BUFFERING) != 0 ? CREATE_OPTIONS.NO_INTERMEDIATE_BUFFERING : 0)
        | (ulong)((flags & FO.SYNCHRONOUS_IO) == 0 ? 0
            : (flags & FO.ALERTABLE_IO) != 0 ? CREATE_OPTIONS.SYNCHRONOUS_IO_ALERT : CREATE_OPTIONS.SYNCHRONOUS_IO_NONALERT);

    /// <summary>Of each class that can be asked for: the least length of its buffer, and the access that it takes.</summary>
    private static (uint Least, uint Access) OfQuery(FILE_INFORMATION_CLASS kind) => (int)kind switch
    {
        4 => (FILE_BASIC_INFORMATION.SizeOf, ReadAttributes),
        5 => (FILE_STANDARD_INFORMATION.SizeOf, 0),
        6 or 14 => (8, 0),                           // Internal, position.
        7 or 8 or 16 or 17 => (4, 0),                // Extended attributes' size, access, mode, alignment.
        9 or 21 => (8, 0),                           // Names.
        15 => (12, ReadEa),
        18 => (0x68, ReadAttributes),                // All.
        22 => (0x20, 0),                             // Streams.
        23 => (8, 0),                                // Pipes and mailslots.
        24 => (0x28, 0),
        25 => (0x10, 0),
        26 => (0x18, 0),
        28 => (0x10, 0),                             // Compression.
        29 => (0x48, 0),
        33 => (0x10, 0),
        34 => (FILE_NETWORK_OPEN_INFORMATION.SizeOf, ReadAttributes),
        35 => (8, ReadAttributes),                   // Attributes and reparse tag.
        _ => (0, 0),
    };

    private static (uint Least, uint Access) OfSet(FILE_INFORMATION_CLASS kind) => (int)kind switch
    {
        4 => (FILE_BASIC_INFORMATION.SizeOf, WriteAttributes),
        10 => (0x18, Delete),                        // Rename.
        11 => (0x18, 0),                             // Link.
        13 => (1, Delete),
        14 => (8, 0),
        15 => (12, WriteEa),
        16 => (4, 0),
        19 or 20 => (8, WriteData),                  // Allocation, end of file.
        23 => (8, WriteAttributes),
        27 => (8, 0),
        29 => (0x48, 0),
        39 => (8, WriteData),                        // Valid data length.
        _ => (0, 0),
    };
}
