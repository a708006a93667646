using KdSim.Kernel.Routines;
using KdSim.Nt;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Io;

/// <summary>Cancelling IRPs: the cancel spin lock (guest code, so that processors really wait for it) and IoCancelIrp.</summary>
[NtData("IopCancelSpinLock", 8)]
public sealed class IrpCancellation(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>rcx: where the old IRQL goes.</summary>
    [GuestCode("IoAcquireCancelSpinLock", MaxIrql = Irql.Dispatch)]
    public void IoAcquireCancelSpinLock(GuestAssembler code)
    {
        Iced.Intel.Label again = code.CreateLabel(), wait = code.CreateLabel(), taken = code.CreateLabel();
        code.mov(rax, cr8);
        code.mov(__byte_ptr[rcx], al);
        code.mov(eax, Irql.Dispatch);
        code.mov(cr8, rax);
        code.mov(rdx, Kernel.Data(Datum.IopCancelSpinLock));
        code.Label(ref again);
        code.@lock.bts(__qword_ptr[rdx], 0);
        code.jnc(taken);
        code.Label(ref wait);
        code.pause();
        code.test(__qword_ptr[rdx], 1);
        code.jne(wait);
        code.jmp(again);
        code.Label(ref taken);
        code.ret();
    }

    /// <summary>cl: the IRQL to go back to.</summary>
    [GuestCode("IoReleaseCancelSpinLock", MaxIrql = Irql.Dispatch)]
    public void IoReleaseCancelSpinLock(GuestAssembler code)
    {
        code.mov(rdx, Kernel.Data(Datum.IopCancelSpinLock));
        code.mov(__qword_ptr[rdx], 0);
        code.movzx(ecx, cl);
        code.mov(cr8, rcx);
        code.ret();
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
