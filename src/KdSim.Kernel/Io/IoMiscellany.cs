using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Small routines of the I/O manager: requestors, stacks, the error log, configuration counts.</summary>
[NtData("IopConfigurationInformation", 0x30)]
public sealed class IoMiscellany(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MaxErrorLogEntry = 0xF0; // ERROR_LOG_MAXIMUM_SIZE
    private const uint ErrorLogTag = 0x724C6F49; // "IoLr"

    /// <summary>CONFIGURATION_INFORMATION: counts that drivers read and raise.</summary>
    [NtExport("IoGetConfigurationInformation", MaxIrql = Irql.Passive)]
    public ulong IoGetConfigurationInformation()
    {
        ulong address = Kernel.Data(Datum.IopConfigurationInformation);
        Memory.WriteU32(address + 0x18, 0x30); // Version, which is the size.
        return address;
    }

    [NtExport("IoGetRequestorProcess", MaxIrql = Irql.Dispatch)]
    public Ptr<EPROCESS> IoGetRequestorProcess(Ptr<IRP> Irp) =>
        Irp.View.Tail.Overlay.Thread is { IsNull: false } thread ? thread.View.Tcb.Process.As<EPROCESS>() : default;

    [NtExport("IoGetRequestorProcessId", MaxIrql = Irql.Dispatch)]
    public uint IoGetRequestorProcessId(Ptr<IRP> Irp) =>
        IoGetRequestorProcess(Irp) is { IsNull: false } process ? (uint)process.View.UniqueProcessId : 0;

    [NtExport("IoIs32bitProcess", MaxIrql = Irql.Dispatch)]
    public bool IoIs32bitProcess(Ptr<IRP> Irp) => false; // All programs of this machine are 64-bit.

    [NtExport("IoGetInitialStack", MaxIrql = Irql.Dispatch)]
    public ulong IoGetInitialStack() => Kernel.KernelObjects.Thread.Tcb.InitialStack;

    [NtExport("IoSetHardErrorOrVerifyDevice", MaxIrql = Irql.Dispatch)]
    public void IoSetHardErrorOrVerifyDevice(Ptr<IRP> Irp, Ptr<DEVICE_OBJECT> DeviceObject)
    {
        if (Irp.View.Tail.Overlay.Thread is not { IsNull: false } thread)
            return;
        View<ETHREAD> view = thread;
        view.DeviceToVerify = DeviceObject;
    }

    /// <summary>A packet for the system log, with what the I/O manager puts before it; null if it is too long.</summary>
    [NtExport("IoAllocateErrorLogEntry", MaxIrql = Irql.Dispatch)]
    public Ptr<IO_ERROR_LOG_PACKET> IoAllocateErrorLogEntry(ulong IoObject, byte EntrySize)
    {
        if (EntrySize < IO_ERROR_LOG_PACKET.SizeOf - 8 || EntrySize > MaxErrorLogEntry)
            return default;
        ulong block = Kernel.Pool.TryAllocate(POOL_TYPE.NonPagedPool, (ulong)EntrySize + 16, ErrorLogTag);
        if (block == 0)
            return default;
        Memory.Fill(block, (ulong)EntrySize + 16, 0);
        Memory.WriteU64(block, IoObject);
        Memory.WriteU64(block + 8, EntrySize);
        Kernel.Objects.Reference(IoObject);
        return new(block + 16);
    }

    [NtExport("IoFreeErrorLogEntry", MaxIrql = Irql.Dispatch)]
    public async KTask IoFreeErrorLogEntry(ulong ElEntry)
    {
        ulong body = Memory.ReadU64(ElEntry - 16);
        Kernel.Pool.Free(ElEntry - 16, ErrorLogTag);
        await Kernel.Objects.Dereference(body);
    }

    /// <summary>The log is what observers hear: there is no file behind it.</summary>
    [NtExport("IoWriteErrorLogEntry", MaxIrql = Irql.Dispatch)]
    public async KTask IoWriteErrorLogEntry(ulong ElEntry)
    {
        View<IO_ERROR_LOG_PACKET> packet = new(ElEntry);
        Observer?.ErrorLogged(Cpu.Number, Memory.ReadU64(ElEntry - 16), (uint)packet.ErrorCode, packet.UniqueErrorValue, (uint)packet.FinalStatus);
        await IoFreeErrorLogEntry(ElEntry);
    }

    /// <summary>Sends a copy of the request down and waits for it: the caller goes on with the same IRP. False if there is nothing below.</summary>
    [NtExport("IoForwardIrpSynchronously", MaxIrql = Irql.Passive)]
    public async KTask<bool> IoForwardIrpSynchronously(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp)
    {
        if (Irp.View.CurrentLocation <= 1)
            return false;
        View<KEVENT> done = Guest.Scratch<KEVENT>();
        Kernel.KernelObjects.InitializeEvent(done.Address, notification: true, signaled: false);
        CopyLocation(Irp, done.Address);
        NtStatus status = await Guest.Call(Stub.IofCallDriver, DeviceObject, Irp);
        if (status == NtStatus.Pending)
            await Kernel.KernelObjects.Wait(done.Address, KWAIT_REASON.Executive, 0, alertable: false);
        return true;
    }

    [NtRoutine("IopForwardCompletion", MaxIrql = Irql.Dispatch)]
    public NtStatus IopForwardCompletion(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp, ulong Context)
    {
        Kernel.Events.Set(new View<KEVENT>(Context));
        return NtStatus.MoreProcessingRequired;
    }

    private void CopyLocation(View<IRP> irp, ulong context)
    {
        View<IO_STACK_LOCATION> current = irp.Tail.Overlay.CurrentStackLocation, next = new((current.Ptr - 1).Address);
        Span<byte> bytes = stackalloc byte[IO_STACK_LOCATION.Offsets.CompletionRoutine];
        Memory.Read(current.Address, bytes);
        Memory.Write(next.Address, bytes);
        next.CompletionRoutine = Kernel.Stubs.AddressOf(Stub.IopForwardCompletion);
        next.Context = context;
        next.Control = SL_CONTROL.INVOKE_ON_SUCCESS | SL_CONTROL.INVOKE_ON_ERROR | SL_CONTROL.INVOKE_ON_CANCEL;
    }
}
