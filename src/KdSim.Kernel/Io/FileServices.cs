using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>NtCreateFile and NtOpenFile, and their Zw forms, which run with the previous mode KernelMode. PASSIVE_LEVEL.</summary>
public sealed class FileServices(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("NtCreateFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtCreateFile(Ptr<ulong> FileHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes,
        Ptr<IO_STATUS_BLOCK> IoStatusBlock, Ptr<long> AllocationSize, uint FileAttributes, uint ShareAccess, FILE_DISPOSITION CreateDisposition,
        uint CreateOptions, ulong EaBuffer, uint EaLength)
    {
        if (EaBuffer != 0 || EaLength != 0)
            throw new NotSupportedException("NtCreateFile: extended attributes are not supported");
        return await Create(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, FileAttributes, ShareAccess, CreateDisposition, CreateOptions);
    }

    [NtExport("ZwCreateFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwCreateFile(Ptr<ulong> FileHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes,
        Ptr<IO_STATUS_BLOCK> IoStatusBlock, Ptr<long> AllocationSize, uint FileAttributes, uint ShareAccess, FILE_DISPOSITION CreateDisposition,
        uint CreateOptions, ulong EaBuffer, uint EaLength)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess,
            CreateDisposition, CreateOptions, EaBuffer, EaLength);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    [NtExport("NtOpenFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtOpenFile(Ptr<ulong> FileHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes,
        Ptr<IO_STATUS_BLOCK> IoStatusBlock, uint ShareAccess, uint OpenOptions) =>
        await Create(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, 0, ShareAccess, FILE_DISPOSITION.OPEN, OpenOptions);

    [NtExport("ZwOpenFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwOpenFile(Ptr<ulong> FileHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes,
        Ptr<IO_STATUS_BLOCK> IoStatusBlock, uint ShareAccess, uint OpenOptions)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtOpenFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, ShareAccess, OpenOptions);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    /// <summary>As NtCreateFile; with IO_NO_PARAMETER_CHECKING the caller is trusted as the kernel is.</summary>
    [NtExport("IoCreateFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoCreateFile(Ptr<ulong> FileHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes,
        Ptr<IO_STATUS_BLOCK> IoStatusBlock, Ptr<long> AllocationSize, uint FileAttributes, uint ShareAccess, FILE_DISPOSITION Disposition, uint CreateOptions,
        ulong EaBuffer, uint EaLength, uint CreateFileType, ulong InternalParameters, uint Options)
    {
        const uint NoParameterChecking = 0x100;
        if (CreateFileType != 0)
            return NtStatus.NotSupported; // Pipes and mailslots have no driver here.
        sbyte mode = Kernel.KernelObjects.PreviousMode;
        if ((Options & NoParameterChecking) != 0)
            Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess,
            Disposition, CreateOptions, EaBuffer, EaLength);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    private async KTask<NtStatus> Create(Ptr<ulong> handle, uint access, Ptr<OBJECT_ATTRIBUTES> attributes, Ptr<IO_STATUS_BLOCK> result, uint fileAttributes,
        uint share, FILE_DISPOSITION disposition, uint options)
    {
        const uint Synchronous = (uint)(CREATE_OPTIONS.SYNCHRONOUS_IO_ALERT | CREATE_OPTIONS.SYNCHRONOUS_IO_NONALERT);
        sbyte mode = Kernel.KernelObjects.PreviousMode;
        if ((options & Synchronous) == Synchronous || ((options & Synchronous) != 0 && (access & 0xD210_0000) == 0))
            return NtStatus.InvalidParameter; // Synchronous files need SYNCHRONIZE, which generic rights contain.
        if (!Kernel.CallerMemory.IsWritable<ulong>(handle, mode) || !Kernel.CallerMemory.IsWritable<IO_STATUS_BLOCK>(result, mode))
            return NtStatus.AccessViolation;
        ulong packet = Guest.Scratch(FileOpening.PacketSize);
        Memory.WriteU32(packet + FileOpening.Options, options);
        Memory.WriteU32(packet + FileOpening.Share, share);
        Memory.WriteU32(packet + FileOpening.Disposition, (uint)disposition);
        Memory.WriteU32(packet + FileOpening.Attributes, fileAttributes);
        NtStatus status = await Kernel.ObjectRoutines.OpenByName(attributes, ObjectKind.File, access, mode, packet, handle);
        if (!status.IsSuccess)
            return status;
        Kernel.CallerMemory.TryWrite(result.Address + IO_STATUS_BLOCK.Offsets.Information, Memory.ReadU64(packet + FileOpening.Information), mode);
        Kernel.CallerMemory.TryWrite(result, (uint)status, mode);
        return status;
    }
}
