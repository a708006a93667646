using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// Spin locks as guest code: KSPIN_LOCK is 0 when free and 1 when held. The level is raised before the lock is taken and lowered after it was released.
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
        code.mov(__qword_ptr[rcx], 0);
        code.mov(cr8, rdx);
        code.ret();
    }

    [GuestCode("KeAcquireSpinLockAtDpcLevel")]
    public void KeAcquireSpinLockAtDpcLevel(GuestAssembler code)
    {
        Take(code, rcx);
        code.ret();
    }

    [GuestCode("KeReleaseSpinLockFromDpcLevel")]
    public void KeReleaseSpinLockFromDpcLevel(GuestAssembler code)
    {
        code.mov(__qword_ptr[rcx], 0);
        code.ret();
    }

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
        Take(code, rcx);
        code.ret();
    }
}
