using Iced.Intel;
using KdSim.Kernel.Routines;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ex;

/// <summary>
/// Reader/writer spin locks (EX_SPIN_LOCK) as guest code: bit 31 says that a writer holds the lock or waits for the readers to leave, the other bits count
/// the readers. The level is raised to DISPATCH before the lock is taken.
/// </summary>
public sealed class SharedSpinLockCode(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Dispatch = 2;
    private const int Readers = 0x7FFF_FFFF;
    private const int WriterBit = 31;

    [GuestCode("ExAcquireSpinLockExclusive")]
    public void ExAcquireSpinLockExclusive(GuestAssembler code)
    {
        Raise(code);
        TakeExclusive(code);
        code.mov(rax, r8);
        code.ret();
    }

    [GuestCode("ExAcquireSpinLockExclusiveAtDpcLevel")]
    public void ExAcquireSpinLockExclusiveAtDpcLevel(GuestAssembler code)
    {
        TakeExclusive(code);
        code.ret();
    }

    [GuestCode("ExAcquireSpinLockShared")]
    public void ExAcquireSpinLockShared(GuestAssembler code)
    {
        Raise(code);
        TakeShared(code);
        code.mov(rax, r8);
        code.ret();
    }

    [GuestCode("ExAcquireSpinLockSharedAtDpcLevel")]
    public void ExAcquireSpinLockSharedAtDpcLevel(GuestAssembler code)
    {
        TakeShared(code);
        code.ret();
    }

    /// <summary>(lock, old level).</summary>
    [GuestCode("ExReleaseSpinLockExclusive")]
    public void ExReleaseSpinLockExclusive(GuestAssembler code)
    {
        code.mov(__dword_ptr[rcx], 0);
        Lower(code);
    }

    [GuestCode("ExReleaseSpinLockExclusiveFromDpcLevel")]
    public void ExReleaseSpinLockExclusiveFromDpcLevel(GuestAssembler code)
    {
        code.mov(__dword_ptr[rcx], 0);
        code.ret();
    }

    [GuestCode("ExReleaseSpinLockShared")]
    public void ExReleaseSpinLockShared(GuestAssembler code)
    {
        code.@lock.dec(__dword_ptr[rcx]);
        Lower(code);
    }

    [GuestCode("ExReleaseSpinLockSharedFromDpcLevel")]
    public void ExReleaseSpinLockSharedFromDpcLevel(GuestAssembler code)
    {
        code.@lock.dec(__dword_ptr[rcx]);
        code.ret();
    }

    /// <summary>The only reader becomes the writer; FALSE if there are others.</summary>
    [GuestCode("ExTryConvertSharedSpinLockExclusive")]
    public void ExTryConvertSharedSpinLockExclusive(GuestAssembler code)
    {
        code.mov(eax, 1);
        Exchange(code);
    }

    [GuestCode("ExTryAcquireSpinLockExclusiveAtDpcLevel")]
    public void ExTryAcquireSpinLockExclusiveAtDpcLevel(GuestAssembler code)
    {
        code.xor(eax, eax);
        Exchange(code);
    }

    [GuestCode("ExTryAcquireSpinLockSharedAtDpcLevel")]
    public void ExTryAcquireSpinLockSharedAtDpcLevel(GuestAssembler code)
    {
        code.mov(eax, __dword_ptr[rcx]);
        code.and(eax, Readers);
        code.lea(edx, __[rax + 1]);
        code.@lock.cmpxchg(__dword_ptr[rcx], edx);
        code.sete(al);
        code.ret();
    }

    /// <summary>From the value in EAX to held by a writer; TRUE if it was that value.</summary>
    private static void Exchange(GuestAssembler code)
    {
        code.mov(edx, 1u << WriterBit);
        code.@lock.cmpxchg(__dword_ptr[rcx], edx);
        code.sete(al);
        code.ret();
    }

    /// <summary>The old level is in R8.</summary>
    private static void Raise(GuestAssembler code)
    {
        code.mov(r8, cr8);
        code.mov(edx, Dispatch);
        code.mov(cr8, rdx);
    }

    private static void Lower(GuestAssembler code)
    {
        code.movzx(edx, dl);
        code.mov(cr8, rdx);
        code.ret();
    }

    private static void TakeExclusive(GuestAssembler code)
    {
        Label attempt = code.CreateLabel(), wait = code.CreateLabel(), drain = code.CreateLabel(), leaving = code.CreateLabel(), done = code.CreateLabel();
        code.jmp(attempt);
        code.Label(ref wait);
        code.pause();
        code.cmp(__dword_ptr[rcx], 0);
        code.jl(wait);
        code.Label(ref attempt);
        code.@lock.bts(__dword_ptr[rcx], WriterBit);
        code.jc(wait);
        code.jmp(leaving);
        code.Label(ref drain);
        code.pause();
        code.Label(ref leaving);
        code.test(__dword_ptr[rcx], Readers);
        code.jne(drain);
        code.Label(ref done);
        code.nop();
    }

    private static void TakeShared(GuestAssembler code)
    {
        Label attempt = code.CreateLabel(), wait = code.CreateLabel(), done = code.CreateLabel();
        code.jmp(attempt);
        code.Label(ref wait);
        code.pause();
        code.Label(ref attempt);
        code.mov(eax, __dword_ptr[rcx]);
        code.and(eax, Readers);
        code.lea(edx, __[rax + 1]);
        code.@lock.cmpxchg(__dword_ptr[rcx], edx);
        code.jne(wait);
        code.Label(ref done);
        code.nop();
    }
}
