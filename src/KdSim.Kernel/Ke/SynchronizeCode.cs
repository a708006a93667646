using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>Guest code that holds the lock of an interrupt. IRQL up to the interrupt's SynchronizeIrql.</summary>
public sealed class SynchronizeCode(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>BOOLEAN KeSynchronizeExecution(Interrupt, Routine, Context).</summary>
    [GuestCode("KeSynchronizeExecution")]
    public void KeSynchronizeExecution(GuestAssembler code)
    {
        code.push(rsi);
        code.push(rdi);
        code.sub(rsp, 0x28);
        code.mov(rsi, cr8);
        Acquire(code, rcx);
        code.mov(rdi, __qword_ptr[rcx + KINTERRUPT.Offsets.ActualLock]);
        code.mov(rax, rdx);
        code.mov(rcx, r8);
        code.call(rax);
        code.@lock.and(__qword_ptr[rdi], 0);
        code.mov(cr8, rsi);
        code.add(rsp, 0x28);
        code.pop(rdi);
        code.pop(rsi);
        code.ret();
        code.Unwind(UnwindInfoEncoder.Encode(6, UnwindOperation.Push(1, Gpr.Rsi), UnwindOperation.Push(2, Gpr.Rdi), UnwindOperation.Alloc(6, 0x28)));
    }

    /// <summary>KIRQL KeAcquireInterruptSpinLock(Interrupt).</summary>
    [GuestCode("KeAcquireInterruptSpinLock")]
    public void KeAcquireInterruptSpinLock(GuestAssembler code)
    {
        code.mov(r9, cr8);
        Acquire(code, rcx);
        code.mov(rax, r9);
        code.ret();
    }

    /// <summary>void KeReleaseInterruptSpinLock(Interrupt, OldIrql).</summary>
    [GuestCode("KeReleaseInterruptSpinLock")]
    public void KeReleaseInterruptSpinLock(GuestAssembler code)
    {
        code.mov(rax, __qword_ptr[rcx + KINTERRUPT.Offsets.ActualLock]);
        code.@lock.and(__qword_ptr[rax], 0);
        code.movzx(eax, dl);
        code.mov(cr8, rax);
        code.ret();
    }

    /// <summary>Raises to SynchronizeIrql and takes the lock. Uses RAX and R10.</summary>
    private static void Acquire(GuestAssembler code, AssemblerRegister64 interrupt)
    {
        Label again = code.CreateLabel(), spin = code.CreateLabel(), taken = code.CreateLabel();
        code.movzx(eax, __byte_ptr[interrupt + KINTERRUPT.Offsets.SynchronizeIrql]);
        code.mov(cr8, rax);
        code.mov(r10, __qword_ptr[interrupt + KINTERRUPT.Offsets.ActualLock]);
        code.Label(ref again);
        code.@lock.bts(__qword_ptr[r10], 0);
        code.jae(taken);
        code.Label(ref spin);
        code.pause();
        code.test(__byte_ptr[r10], 1);
        code.jne(spin);
        code.jmp(again);
        code.Label(ref taken);
    }
}
