using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>IoBuild*Request: IRPs for a driver's own requests, with buffers as the target device and the control code want them.</summary>
public sealed class IrpBuilding(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint BufferTag = 0x20206F49; // "Io  "

    /// <summary>The sender's completion routine frees the IRP (and its MDLs).</summary>
    [NtExport("IoBuildAsynchronousFsdRequest", MaxIrql = Irql.Dispatch)]
    public Ptr<IRP> IoBuildAsynchronousFsdRequest(IRP_MJ MajorFunction, Ptr<DEVICE_OBJECT> DeviceObject, ulong Buffer, uint Length,
        Ptr<long> StartingOffset, Ptr<IO_STATUS_BLOCK> IoStatusBlock)
    {
        Ptr<IRP> made = Kernel.IrpAllocation.IoAllocateIrp(DeviceObject.View.StackSize, ChargeQuota: false);
        if (made.IsNull)
            return default;
        View<IRP> irp = made;
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        overlay.Thread = Kernel.KernelObjects.Thread.Ptr;
        View<IO_STACK_LOCATION> next = NextOf(irp);
        next.MajorFunction = MajorFunction;
        irp.UserIosb = IoStatusBlock;
        if (MajorFunction is not (IRP_MJ.READ or IRP_MJ.WRITE))
            return made;
        DO flags = DeviceObject.View.Flags;
        bool isRead = MajorFunction == IRP_MJ.READ;
        if ((flags & DO.BUFFERED_IO) != 0)
        {
            if (!TryGiveSystemBuffer(irp, Buffer, Length, isRead))
                return Abandon(irp);
            irp.UserBuffer = isRead ? Buffer : 0;
        }
        else if ((flags & DO.DIRECT_IO) != 0)
        {
            if (!TryGiveMdl(irp, Buffer, Length, isRead ? LOCK_OPERATION.IoWriteAccess : LOCK_OPERATION.IoReadAccess))
                return Abandon(irp);
        }
        else
        {
            irp.UserBuffer = Buffer;
        }
        View<IO_STACK_LOCATION_Parameters_Read> parameters = next.Parameters.Read_; // Write has the same layout.
        parameters.Length = Length;
        parameters.ByteOffset = StartingOffset.IsNull ? default : new LARGE_INTEGER { QuadPart = StartingOffset.Read() };
        return made;
    }

    /// <summary>Completes on its own in the sender's thread: event and status block are written, the IRP is freed.</summary>
    [NtExport("IoBuildSynchronousFsdRequest", MaxIrql = Irql.Passive)]
    public Ptr<IRP> IoBuildSynchronousFsdRequest(IRP_MJ MajorFunction, Ptr<DEVICE_OBJECT> DeviceObject, ulong Buffer, uint Length,
        Ptr<long> StartingOffset, Ptr<KEVENT> Event, Ptr<IO_STATUS_BLOCK> IoStatusBlock)
    {
        Ptr<IRP> made = IoBuildAsynchronousFsdRequest(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock);
        return made.IsNull ? made : Synchronous(made, Event);
    }

    [NtExport("IoBuildDeviceIoControlRequest", MaxIrql = Irql.Passive)]
    public Ptr<IRP> IoBuildDeviceIoControlRequest(uint IoControlCode, Ptr<DEVICE_OBJECT> DeviceObject, ulong InputBuffer, uint InputBufferLength,
        ulong OutputBuffer, uint OutputBufferLength, bool InternalDeviceIoControl, Ptr<KEVENT> Event, Ptr<IO_STATUS_BLOCK> IoStatusBlock)
    {
        Ptr<IRP> made = Kernel.IrpAllocation.IoAllocateIrp(DeviceObject.View.StackSize, ChargeQuota: false);
        if (made.IsNull)
            return default;
        View<IRP> irp = made;
        View<IO_STACK_LOCATION> next = NextOf(irp);
        next.MajorFunction = InternalDeviceIoControl ? IRP_MJ.INTERNAL_DEVICE_CONTROL : IRP_MJ.DEVICE_CONTROL;
        View<IO_STACK_LOCATION_Parameters_DeviceIoControl> parameters = next.Parameters.DeviceIoControl;
        parameters.OutputBufferLength = OutputBufferLength;
        parameters.InputBufferLength = InputBufferLength;
        parameters.IoControlCode = IoControlCode;
        irp.UserIosb = IoStatusBlock;
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        overlay.Thread = Kernel.KernelObjects.Thread.Ptr;
        IoControlMethod method = new IoControlCode(IoControlCode).Method;
        if (method == IoControlMethod.Neither)
        {
            irp.UserBuffer = OutputBuffer;
            parameters.Type3InputBuffer = InputBuffer;
        }
        else if (!TryGiveControlBuffers(irp, method, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength))
        {
            return Abandon(irp);
        }
        return Synchronous(made, Event);
    }

    private static View<IO_STACK_LOCATION> NextOf(View<IRP> irp) => new((irp.Tail.Overlay.CurrentStackLocation - 1).Address);

    private bool TryGiveControlBuffers(View<IRP> irp, IoControlMethod method, ulong input, uint inputLength, ulong output, uint outputLength)
    {
        bool isBuffered = method == IoControlMethod.Buffered;
        uint length = isBuffered ? Math.Max(inputLength, outputLength) : input != 0 ? inputLength : 0;
        if (length != 0)
        {
            ulong buffer = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, length, BufferTag);
            if (buffer == 0)
                return false;
            View<IRP_AssociatedIrp> associated = irp.AssociatedIrp;
            associated.SystemBuffer = buffer;
            irp.Flags |= IRP_FLAGS.BUFFERED_IO | IRP_FLAGS.DEALLOCATE_BUFFER | (isBuffered && output != 0 ? IRP_FLAGS.INPUT_OPERATION : 0);
            if (input != 0)
                Copy(input, buffer, inputLength);
            if (isBuffered)
                irp.UserBuffer = output;
        }
        LOCK_OPERATION operation = method == IoControlMethod.InDirect ? LOCK_OPERATION.IoReadAccess : LOCK_OPERATION.IoWriteAccess;
        return isBuffered || output == 0 || outputLength == 0 || TryGiveMdl(irp, output, outputLength, operation);
    }

    private Ptr<IRP> Synchronous(View<IRP> irp, Ptr<KEVENT> done)
    {
        irp.UserEvent = done;
        Kernel.IrpAllocation.QueueToThread(irp, Kernel.KernelObjects.Thread);
        return irp.Ptr;
    }

    private bool TryGiveSystemBuffer(View<IRP> irp, ulong buffer, uint length, bool isRead)
    {
        if (length == 0)
            return true;
        ulong system = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, length, BufferTag);
        if (system == 0)
            return false;
        View<IRP_AssociatedIrp> associated = irp.AssociatedIrp;
        associated.SystemBuffer = system;
        irp.Flags = IRP_FLAGS.BUFFERED_IO | IRP_FLAGS.DEALLOCATE_BUFFER | (isRead ? IRP_FLAGS.INPUT_OPERATION : 0);
        if (!isRead)
            Copy(buffer, system, length);
        return true;
    }

    private bool TryGiveMdl(View<IRP> irp, ulong buffer, uint length, LOCK_OPERATION operation)
    {
        if (length == 0)
            return true;
        Ptr<MDL> mdl = Kernel.Mdls.IoAllocateMdl(buffer, length, SecondaryBuffer: false, ChargeQuota: false, default);
        if (mdl.IsNull)
            return false;
        irp.MdlAddress = mdl;
        Kernel.Mdls.MmProbeAndLockPages(mdl, 0, operation);
        return true;
    }

    /// <summary>Copies bytes in kernel memory, by pieces.</summary>
    internal void Copy(ulong from, ulong to, uint length)
    {
        Span<byte> piece = stackalloc byte[(int)Math.Min(length, 1024)];
        for (uint done = 0; done < length; done += (uint)piece.Length)
        {
            Span<byte> part = piece[..(int)Math.Min(length - done, (uint)piece.Length)];
            Memory.Read(from + done, part);
            Memory.Write(to + done, part);
        }
        Cpu.State.Clock += Kernel.Computer.Costs.Copy(length);
    }

    private Ptr<IRP> Abandon(View<IRP> irp)
    {
        if (irp.AssociatedIrp.SystemBuffer is var buffer and not 0)
            Kernel.Pool.Free(buffer);
        if (irp.MdlAddress is { IsNull: false } mdl)
            Kernel.Mdls.IoFreeMdl(mdl);
        Kernel.IrpAllocation.IoFreeIrp(irp);
        return default;
    }
}
