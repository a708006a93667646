using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Cancelling IRPs: the cancel spin lock, which processors really wait for, and IoCancelIrp.</summary>
[NtData("IopCancelSpinLock", 8)]
public sealed class IrpCancellation(NtKernel kernel) : KernelComponent(kernel)
{
    [NtExport("IoAcquireCancelSpinLock", MaxIrql = Irql.Dispatch)]
    public async KTask IoAcquireCancelSpinLock(Ptr<byte> OldIrql)
    {
        ulong old = await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.KeAcquireSpinLockRaiseToDpc), Kernel.Data(Datum.IopCancelSpinLock));
        OldIrql.Write((byte)old);
    }

    [NtExport("IoReleaseCancelSpinLock", MaxIrql = Irql.Dispatch)]
    public void IoReleaseCancelSpinLock(byte NewIrql)
    {
        Kernel.SpinLockCode.Release(Kernel.Data(Datum.IopCancelSpinLock));
        Cpu.SetCr8(NewIrql);
    }

    /// <summary>Marks the IRP cancelled and calls its cancel routine, if it has one, which releases the cancel spin lock.</summary>
    [NtExport("IoCancelIrp", MaxIrql = Irql.Dispatch)]
    public async KTask<bool> IoCancelIrp(Ptr<IRP> Irp)
    {
        if (Irp.View.Type != (short)IO_OBJECTS.Irp)
            throw new GuestBugCheck(BugCheckCode.CANCEL_STATE_IN_COMPLETED_IRP, Irp);
        ulong old = Guest.Scratch(8);
        byte level = CurrentIrql;
        await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.IoAcquireCancelSpinLock), old);
        View<IRP> irp = Irp;
        irp.Cancel = true;
        ulong routine = irp.CancelRoutine;
        irp.CancelRoutine = 0;
        Observer?.IrpCancelled(Cpu.Number, Irp, routine);
        if (routine == 0)
        {
            await Guest.CallChangingIrql(Kernel.Stubs.AddressOf(Stub.IoReleaseCancelSpinLock), level);
            return false;
        }
        if (irp.CurrentLocation > irp.StackCount + 1)
            throw new GuestBugCheck(BugCheckCode.CANCEL_STATE_IN_COMPLETED_IRP, Irp, routine);
        irp.CancelIrql = level;
        View<IO_STACK_LOCATION> location = irp.Tail.Overlay.CurrentStackLocation;
        await Guest.CallChangingIrql(routine, location.DeviceObject, Irp);
        return true;
    }
}
