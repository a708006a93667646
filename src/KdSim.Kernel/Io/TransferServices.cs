using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>NtReadFile, NtWriteFile, NtDeviceIoControlFile, NtFsControlFile, NtFlushBuffersFile, and their Zw forms. PASSIVE_LEVEL.</summary>
public sealed class TransferServices(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint ReadData = 1, WriteData = 2, AppendData = 4;
    private const long UseFilePosition = 0xFFFF_FFFE | 0xFFFF_FFFFL << 32;

    [NtExport("NtReadFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtReadFile(ulong FileHandle, ulong Event, ulong ApcRoutine, ulong ApcContext, Ptr<IO_STATUS_BLOCK> IoStatusBlock,
        ulong Buffer, uint Length, Ptr<long> ByteOffset, Ptr<uint> Key) =>
        await Transfer(IRP_MJ.READ, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key);

    [NtExport("ZwReadFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwReadFile(ulong FileHandle, ulong Event, ulong ApcRoutine, ulong ApcContext, Ptr<IO_STATUS_BLOCK> IoStatusBlock,
        ulong Buffer, uint Length, Ptr<long> ByteOffset, Ptr<uint> Key)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtReadFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    [NtExport("NtWriteFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtWriteFile(ulong FileHandle, ulong Event, ulong ApcRoutine, ulong ApcContext, Ptr<IO_STATUS_BLOCK> IoStatusBlock,
        ulong Buffer, uint Length, Ptr<long> ByteOffset, Ptr<uint> Key) =>
        await Transfer(IRP_MJ.WRITE, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key);

    [NtExport("ZwWriteFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwWriteFile(ulong FileHandle, ulong Event, ulong ApcRoutine, ulong ApcContext, Ptr<IO_STATUS_BLOCK> IoStatusBlock,
        ulong Buffer, uint Length, Ptr<long> ByteOffset, Ptr<uint> Key)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtWriteFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    [NtExport("NtDeviceIoControlFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtDeviceIoControlFile(ulong FileHandle, ulong Event, ulong ApcRoutine, ulong ApcContext, Ptr<IO_STATUS_BLOCK> IoStatusBlock,
        uint IoControlCode, ulong InputBuffer, uint InputBufferLength, ulong OutputBuffer, uint OutputBufferLength) =>
        await Control(IRP_MJ.DEVICE_CONTROL, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, IoControlCode, InputBuffer, InputBufferLength,
            OutputBuffer, OutputBufferLength);

    [NtExport("NtFsControlFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtFsControlFile(ulong FileHandle, ulong Event, ulong ApcRoutine, ulong ApcContext, Ptr<IO_STATUS_BLOCK> IoStatusBlock,
        uint FsControlCode, ulong InputBuffer, uint InputBufferLength, ulong OutputBuffer, uint OutputBufferLength) =>
        await Control(IRP_MJ.FILE_SYSTEM_CONTROL, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FsControlCode, InputBuffer, InputBufferLength,
            OutputBuffer, OutputBufferLength);

    [NtExport("ZwDeviceIoControlFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwDeviceIoControlFile(ulong FileHandle, ulong Event, ulong ApcRoutine, ulong ApcContext, Ptr<IO_STATUS_BLOCK> IoStatusBlock,
        uint IoControlCode, ulong InputBuffer, uint InputBufferLength, ulong OutputBuffer, uint OutputBufferLength)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtDeviceIoControlFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, IoControlCode, InputBuffer, InputBufferLength,
            OutputBuffer, OutputBufferLength);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    [NtExport("ZwFsControlFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwFsControlFile(ulong FileHandle, ulong Event, ulong ApcRoutine, ulong ApcContext, Ptr<IO_STATUS_BLOCK> IoStatusBlock,
        uint FsControlCode, ulong InputBuffer, uint InputBufferLength, ulong OutputBuffer, uint OutputBufferLength)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        NtStatus status = await NtFsControlFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FsControlCode, InputBuffer, InputBufferLength,
            OutputBuffer, OutputBufferLength);
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    [NtExport("ZwFlushBuffersFile", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwFlushBuffersFile(ulong FileHandle, Ptr<IO_STATUS_BLOCK> IoStatusBlock)
    {
        sbyte mode = Kernel.KernelObjects.SetPreviousMode(0);
        FileCall call = default;
        NtStatus status = Kernel.FileRequests.Begin(FileHandle, WriteData, 0, 0, 0, IoStatusBlock, ref call);
        if (status.IsSuccess)
        {
            View<IRP> irp = Kernel.FileRequests.CreateIrp(call, IRP_MJ.FLUSH_BUFFERS);
            status = irp.IsNull ? Kernel.FileRequests.Fail(call, NtStatus.InsufficientResources) : await Kernel.FileRequests.Send(irp, call);
        }
        Kernel.KernelObjects.SetPreviousMode(mode);
        return status;
    }

    private async KTask<NtStatus> Transfer(IRP_MJ major, ulong handle, ulong eventHandle, ulong apcRoutine, ulong apcContext, Ptr<IO_STATUS_BLOCK> result,
        ulong buffer, uint length, Ptr<long> offset, Ptr<uint> key)
    {
        FileCall call = default;
        NtStatus status = Kernel.FileRequests.Begin(handle, major == IRP_MJ.READ ? ReadData : 0, eventHandle, apcRoutine, apcContext, result, ref call);
        if (!status.IsSuccess)
            return status;
        View<IRP> irp = Prepare(major, call, buffer, length, offset, key, out status);
        return irp.IsNull ? status : await Kernel.FileRequests.Send(irp, call);
    }

    private View<IRP> Prepare(IRP_MJ major, in FileCall call, ulong buffer, uint length, Ptr<long> offset, Ptr<uint> key, out NtStatus status)
    {
        status = NtStatus.Success;
        long position = 0;
        uint lockKey = 0;
        if (major == IRP_MJ.WRITE && call.Mode != 0 && (call.Granted & (WriteData | AppendData)) == 0)
            status = NtStatus.AccessDenied;
        else if ((!offset.IsNull && !Kernel.CallerMemory.TryRead(offset, out position, call.Mode))
            || (!key.IsNull && !Kernel.CallerMemory.TryRead(key, out lockKey, call.Mode)))
            status = NtStatus.AccessViolation;
        else if (call.IsSynchronous && (offset.IsNull || position == UseFilePosition))
            position = call.File.View.CurrentByteOffset.QuadPart;
        else if (!call.IsSynchronous && offset.IsNull)
            status = NtStatus.InvalidParameter;
        if (!status.IsSuccess)
        {
            Kernel.FileRequests.Fail(call, status);
            return default;
        }
        View<IRP> irp = Kernel.FileRequests.CreateIrp(call, major);
        if (irp.IsNull)
        {
            status = Kernel.FileRequests.Fail(call, NtStatus.InsufficientResources);
            return default;
        }
        status = GiveBuffer(irp, call, buffer, length, isRead: major == IRP_MJ.READ);
        if (!status.IsSuccess)
        {
            Kernel.FileRequests.Abandon(irp, call, status);
            return default;
        }
        irp.Flags |= major == IRP_MJ.READ ? IRP_FLAGS.READ_OPERATION : IRP_FLAGS.WRITE_OPERATION;
        View<IO_STACK_LOCATION_Parameters_Write> parameters = FileRequests.NextOf(irp).Parameters.Write_; // Read has the same layout.
        parameters.Length = length;
        parameters.Key = lockKey;
        parameters.ByteOffset = new LARGE_INTEGER { QuadPart = position };
        return irp;
    }

    private NtStatus GiveBuffer(View<IRP> irp, in FileCall call, ulong buffer, uint length, bool isRead)
    {
        DO flags = Kernel.DeviceStacks.TopOf(call.File.View.DeviceObject).Flags;
        if (call.Mode != 0 && length != 0 && !IsUserRange(buffer, length))
            return NtStatus.AccessViolation;
        if ((flags & DO.BUFFERED_IO) != 0)
        {
            irp.UserBuffer = buffer;
            NtStatus status = Kernel.FileRequests.GiveSystemBuffer(irp, isRead ? 0 : buffer, isRead ? 0 : length, length);
            if (isRead && length != 0)
                irp.Flags |= IRP_FLAGS.INPUT_OPERATION;
            return status;
        }
        if ((flags & DO.DIRECT_IO) != 0)
            return Kernel.FileRequests.GiveMdl(irp, buffer, length, isRead ? LOCK_OPERATION.IoWriteAccess : LOCK_OPERATION.IoReadAccess);
        irp.UserBuffer = buffer;
        return NtStatus.Success;
    }

    private async KTask<NtStatus> Control(IRP_MJ major, ulong handle, ulong eventHandle, ulong apcRoutine, ulong apcContext, Ptr<IO_STATUS_BLOCK> result,
        uint code, ulong input, uint inputLength, ulong output, uint outputLength)
    {
        FileCall call = default;
        uint access = new IoControlCode(code).Access; // FILE_READ_ACCESS and FILE_WRITE_ACCESS are the rights to read and to write data.
        NtStatus status = Kernel.FileRequests.Begin(handle, access, eventHandle, apcRoutine, apcContext, result, ref call);
        if (!status.IsSuccess)
            return status;
        View<IRP> irp = Kernel.FileRequests.CreateIrp(call, major);
        if (irp.IsNull)
            return Kernel.FileRequests.Fail(call, NtStatus.InsufficientResources);
        View<IO_STACK_LOCATION_Parameters_DeviceIoControl> parameters = FileRequests.NextOf(irp).Parameters.DeviceIoControl;
        parameters.OutputBufferLength = outputLength;
        parameters.InputBufferLength = inputLength;
        parameters.IoControlCode = code;
        status = GiveControlBuffers(irp, call, new IoControlCode(code).Method, input, inputLength, output, outputLength);
        return status.IsSuccess ? await Kernel.FileRequests.Send(irp, call) : Kernel.FileRequests.Abandon(irp, call, status);
    }

    private NtStatus GiveControlBuffers(View<IRP> irp, in FileCall call, IoControlMethod method, ulong input, uint inputLength, ulong output, uint outputLength)
    {
        if (method == IoControlMethod.Neither)
        {
            View<IO_STACK_LOCATION_Parameters_DeviceIoControl> parameters = FileRequests.NextOf(irp).Parameters.DeviceIoControl;
            parameters.Type3InputBuffer = input;
            irp.UserBuffer = output;
            return NtStatus.Success;
        }
        if (call.Mode != 0 && ((inputLength != 0 && !IsUserRange(input, inputLength)) || (outputLength != 0 && !IsUserRange(output, outputLength))))
            return NtStatus.AccessViolation;
        if (method == IoControlMethod.Buffered)
        {
            if (outputLength != 0 && !Kernel.Mdls.IsLockable(output, outputLength, call.Mode, writes: true))
                return NtStatus.AccessViolation; // ProbeForWrite.
            irp.UserBuffer = output;
            if (outputLength != 0)
                irp.Flags |= IRP_FLAGS.INPUT_OPERATION;
            return Kernel.FileRequests.GiveSystemBuffer(irp, input, inputLength, Math.Max(inputLength, outputLength));
        }
        NtStatus status = Kernel.FileRequests.GiveSystemBuffer(irp, input, inputLength, inputLength);
        LOCK_OPERATION operation = method == IoControlMethod.InDirect ? LOCK_OPERATION.IoReadAccess : LOCK_OPERATION.IoWriteAccess;
        return status.IsSuccess ? Kernel.FileRequests.GiveMdl(irp, output, outputLength, operation) : status;
    }

    private bool IsUserRange(ulong address, uint length) =>
        address + length >= address && address + length <= Memory.ReadU64(Kernel.Data(Datum.MmUserProbeAddress));
}
