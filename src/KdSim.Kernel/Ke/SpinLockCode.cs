using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Spin locks as guest code: KSPIN_LOCK is 0 when free; bit 0 is set when held, bit 1 too when its holder had to spin for it, so that its release is heard.
/// The level is raised before the lock is taken and lowered after it was released.
/// </summary>
public sealed class SpinLockCode(NtKernel kernel) : KernelComponent(kernel)
{
    [GuestCode("KeInitializeSpinLock")]
    public void KeInitializeSpinLock(GuestAssembler code)
    {
        code.mov(__qword_ptr[rcx], 0);
        code.ret();
    }

    /// <summary>Returns the old level.</summary>
    [GuestCode("KeAcquireSpinLockRaiseToDpc")]
    [GuestCode("KeAcquireSpinLockForDpc")]
    public void KeAcquireSpinLockRaiseToDpc(GuestAssembler code) => Raise(code, Irql.Dispatch);

    [GuestCode("KeAcquireSpinLockRaiseToSynch")]
    public void KeAcquireSpinLockRaiseToSynch(GuestAssembler code) => Raise(code, Irql.Synch);

    [GuestCode("KeReleaseSpinLock")]
    [GuestCode("KeReleaseSpinLockForDpc")]
    public void KeReleaseSpinLock(GuestAssembler code)
    {
        code.movzx(edx, dl);
        Free(code);
        code.mov(cr8, rdx);
        code.ret();
    }

    [GuestCode("KeAcquireSpinLockAtDpcLevel")]
    public void KeAcquireSpinLockAtDpcLevel(GuestAssembler code)
    {
        TakeHeard(code);
        code.ret();
    }

    [GuestCode("KeReleaseSpinLockFromDpcLevel")]
    public void KeReleaseSpinLockFromDpcLevel(GuestAssembler code)
    {
        Free(code);
        code.ret();
    }

    /// <summary>The lock in RCX was taken when somebody wanted it; RSP is where the one that wants it called.</summary>
    [NtRoutine("KiSpinLockContended", Cost = 0)]
    public void KiSpinLockContended() => Observer?.SpinLockContended(Cpu.Number, Cpu.State.Rcx, Memory.ReadU64(Cpu.State.Rsp));

    /// <summary>Whoever spun for the lock in RCX has it.</summary>
    [NtRoutine("KiSpinLockAcquired", Cost = 0)]
    public void KiSpinLockAcquired()
    {
        Memory.WriteU64(Cpu.State.Rcx, Held | WasContended);
        Observer?.SpinLockAcquired(Cpu.Number, Cpu.State.Rcx);
    }

    [NtRoutine("KiSpinLockReleased", Cost = 0)]
    public void KiSpinLockReleased() => Observer?.SpinLockReleased(Cpu.Number, Cpu.State.Rcx);

    /// <summary>Takes the lock if it is free; never waits. The level must be DISPATCH already.</summary>
    [GuestCode("KeTryToAcquireSpinLockAtDpcLevel")]
    public void KeTryToAcquireSpinLockAtDpcLevel(GuestAssembler code)
    {
        code.xor(eax, eax);
        code.@lock.bts(__qword_ptr[rcx], 0);
        code.setnc(al);
        code.ret();
    }

    [GuestCode("KeTestSpinLock")]
    public void KeTestSpinLock(GuestAssembler code)
    {
        code.cmp(__qword_ptr[rcx], 0);
        code.sete(al);
        code.ret();
    }

    /// <summary>Releases a lock from C#.</summary>
    internal void Release(ulong spinLock)
    {
        if ((Memory.ReadU64(spinLock) & WasContended) != 0)
            Observer?.SpinLockReleased(Cpu.Number, spinLock);
        Memory.WriteU64(spinLock, 0);
    }

    private const ulong Held = 1, WasContended = 2;

    /// <summary>Releases the lock in RCX.</summary>
    private static void Free(GuestAssembler code)
    {
        Label free = code.CreateLabel();
        code.test(__byte_ptr[rcx], (int)WasContended);
        code.je(free);
        code.Trap(Stub.KiSpinLockReleased);
        code.Label(ref free);
        code.mov(__qword_ptr[rcx], 0);
    }

    /// <summary>Spins until the lock in RCX is taken and tells of it, in a routine that has not moved RSP; changes no register.</summary>
    private static void TakeHeard(GuestAssembler code)
    {
        Label done = code.CreateLabel();
        code.@lock.bts(__qword_ptr[rcx], 0);
        code.jnc(done);
        code.Trap(Stub.KiSpinLockContended);
        Take(code, rcx);
        code.Trap(Stub.KiSpinLockAcquired);
        code.Label(ref done);
        code.nop();
    }

    /// <summary>Spins until the lock is taken; changes no register.</summary>
    internal static void Take(GuestAssembler code, AssemblerRegister64 spinLock)
    {
        Label attempt = code.CreateLabel(), wait = code.CreateLabel(), done = code.CreateLabel();
        code.Label(ref attempt);
        code.@lock.bts(__qword_ptr[spinLock], 0);
        code.jnc(done);
        code.Label(ref wait);
        code.pause();
        code.test(__qword_ptr[spinLock], 1);
        code.jne(wait);
        code.jmp(attempt);
        code.Label(ref done);
        code.nop();
    }

    private static void Raise(GuestAssembler code, int irql)
    {
        code.mov(rax, cr8);
        code.mov(edx, irql);
        code.mov(cr8, rdx);
        TakeHeard(code);
        code.ret();
    }
}
