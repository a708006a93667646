using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>Sends Plug and Play IRPs to the top of a device's stack and waits for them. PASSIVE_LEVEL.</summary>
public sealed class PnpIrps(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Bytes of a request: a stack location, then the Information that comes back.</summary>
    private const int RequestSize = IO_STACK_LOCATION.SizeOf + 8;
    private const int ParametersSize = 0x20;

    /// <summary>Room for one request in the calling routine's frame; used again for each of its IRPs.</summary>
    public ulong NewRequest() => Guest.Scratch(RequestSize);

    /// <summary>The Information with which the request's last IRP was completed.</summary>
    public ulong Information(ulong request) => Memory.ReadU64(request + IO_STACK_LOCATION.SizeOf);

    /// <summary>Sends one IRP; the words are the parameters of its stack location.</summary>
    public async KTask<NtStatus> Send(ulong request, Ptr<DEVICE_OBJECT> device, byte minor, ulong word0 = 0, ulong word1 = 0, ulong word2 = 0, ulong word3 = 0)
    {
        View<IO_STACK_LOCATION> location = new(request);
        location.Clear();
        location.MajorFunction = IRP_MJ.PNP;
        location.MinorFunction = minor;
        Memory.WriteU64(request + 8, word0);
        Memory.WriteU64(request + 16, word1);
        Memory.WriteU64(request + 24, word2);
        Memory.WriteU64(request + 32, word3);
        // FILTER_RESOURCE_REQUIREMENTS hands its list over in Information; the caller of that sets it.
        ulong given = minor == IRP_MN.FILTER_RESOURCE_REQUIREMENTS ? word0 : 0;
        return await Guest.Call(Stub.IopSynchronousCall, device, request, StartsAsSuccess(minor) ? 0u : (uint)NtStatus.NotSupported, given,
            request + IO_STACK_LOCATION.SizeOf);
    }

    /// <summary>Builds an IRP with this stack location, sends it to the top of the stack and waits until it is complete.</summary>
    [NtRoutine("IopSynchronousCall")]
    public async KTask<NtStatus> IopSynchronousCall(
        Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IO_STACK_LOCATION> TopStackLocation, uint DefaultStatus, ulong DefaultInformation, ulong Information)
    {
        View<IO_STATUS_BLOCK> answer = Guest.Scratch<IO_STATUS_BLOCK>();
        View<KEVENT> done = Guest.Scratch<KEVENT>();
        await Guest.Call(Kernel.NtExports["KeInitializeEvent"], done.Address, 0, 0);
        ulong top = await Guest.Call(Kernel.NtExports["IoGetAttachedDeviceReference"], DeviceObject);
        Ptr<IRP> irp = (Ptr<IRP>)(ulong)await Guest.Call(Kernel.NtExports["IoBuildSynchronousFsdRequest"], (ulong)IRP_MJ.PNP, top, 0, 0, 0, done.Address,
            answer.Address);
        if (irp.IsNull)
        {
            await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], top);
            return NtStatus.InsufficientResources;
        }
        Prepare(irp, TopStackLocation, (NtStatus)DefaultStatus, DefaultInformation);
        answer.Status = (NtStatus)DefaultStatus;
        answer.Information = DefaultInformation;
        NtStatus status = await Guest.Call(Stub.IofCallDriver, top, irp);
        if (status == NtStatus.Pending)
        {
            await Guest.Call(Kernel.NtExports["KeWaitForSingleObject"], done.Address, 0, 0, 0, 0);
            status = answer.Status;
        }
        Memory.WriteU64(Information, answer.Information);
        await Guest.Call(Kernel.NtExports["ObfDereferenceObject"], top);
        return status;
    }

    /// <summary>The top of a device's stack.</summary>
    public Ptr<DEVICE_OBJECT> Top(Ptr<DEVICE_OBJECT> device)
    {
        while (!device.View.AttachedDevice.IsNull)
            device = device.View.AttachedDevice;
        return device;
    }

    /// <summary>WDK: all requests start as STATUS_NOT_SUPPORTED; the two that cannot fail start as done.</summary>
    private static bool StartsAsSuccess(byte minor) => minor is IRP_MN.CANCEL_REMOVE_DEVICE or IRP_MN.CANCEL_STOP_DEVICE;

    private void Prepare(View<IRP> irp, Ptr<IO_STACK_LOCATION> source, NtStatus status, ulong information)
    {
        View<IO_STATUS_BLOCK> block = irp.IoStatus;
        block.Status = status;
        block.Information = information;
        View<IO_STACK_LOCATION> next = irp.Tail.Overlay.CurrentStackLocation - 1;
        next.MajorFunction = source.View.MajorFunction;
        next.MinorFunction = source.View.MinorFunction;
        Span<byte> parameters = stackalloc byte[ParametersSize];
        Memory.Read(source.Address + 8, parameters);
        Memory.Write(next.Address + 8, parameters);
    }
}
