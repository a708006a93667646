using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Nt;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>
/// In-stack queued spin locks as guest code. The lock word points to the last handle of the queue; each handle waits for a bit of its own, which its
/// predecessor clears: first come, first served.
/// </summary>
public sealed class QueuedSpinLockCode(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Next = KSPIN_LOCK_QUEUE.Offsets.Next;
    private const int Lock = KSPIN_LOCK_QUEUE.Offsets.Lock;
    private const int OldIrql = KLOCK_QUEUE_HANDLE.Offsets.OldIrql;
    private const int Waiting = 1;

    /// <summary>(lock, handle).</summary>
    [GuestCode("KeAcquireInStackQueuedSpinLock")]
    [GuestCode("KeAcquireInStackQueuedSpinLockForDpc")]
    public void KeAcquireInStackQueuedSpinLock(GuestAssembler code) => Acquire(code, Irql.Dispatch);

    [GuestCode("KeAcquireInStackQueuedSpinLockRaiseToSynch")]
    public void KeAcquireInStackQueuedSpinLockRaiseToSynch(GuestAssembler code) => Acquire(code, Irql.Synch);

    [GuestCode("KeAcquireInStackQueuedSpinLockAtDpcLevel")]
    public void KeAcquireInStackQueuedSpinLockAtDpcLevel(GuestAssembler code)
    {
        Enqueue(code);
        code.ret();
    }

    /// <summary>(handle).</summary>
    [GuestCode("KeReleaseInStackQueuedSpinLock")]
    [GuestCode("KeReleaseInStackQueuedSpinLockForDpc")]
    public void KeReleaseInStackQueuedSpinLock(GuestAssembler code)
    {
        Dequeue(code);
        code.movzx(eax, __byte_ptr[rcx + OldIrql]);
        code.mov(cr8, rax);
        code.ret();
    }

    [GuestCode("KeReleaseInStackQueuedSpinLockFromDpcLevel")]
    public void KeReleaseInStackQueuedSpinLockFromDpcLevel(GuestAssembler code)
    {
        Dequeue(code);
        code.ret();
    }

    private static void Acquire(GuestAssembler code, int irql)
    {
        code.mov(rax, cr8);
        code.mov(__byte_ptr[rdx + OldIrql], al);
        code.mov(r8d, irql);
        code.mov(cr8, r8);
        Enqueue(code);
        code.ret();
    }

    private static void Enqueue(GuestAssembler code)
    {
        Label wait = code.CreateLabel(), done = code.CreateLabel();
        code.mov(__qword_ptr[rdx + Lock], rcx);
        code.mov(__qword_ptr[rdx + Next], 0);
        code.mov(rax, rdx);
        code.xchg(__qword_ptr[rcx], rax);
        code.test(rax, rax);
        code.je(done);
        code.or(__qword_ptr[rdx + Lock], Waiting);
        code.mov(__qword_ptr[rax + Next], rdx);
        code.Label(ref wait);
        code.pause();
        code.test(__byte_ptr[rdx + Lock], Waiting);
        code.jne(wait);
        code.Label(ref done);
        code.nop();
    }

    private static void Dequeue(GuestAssembler code)
    {
        Label wait = code.CreateLabel(), pass = code.CreateLabel(), done = code.CreateLabel();
        code.mov(rdx, __qword_ptr[rcx + Next]);
        code.test(rdx, rdx);
        code.jne(pass);
        code.mov(r8, __qword_ptr[rcx + Lock]);
        code.mov(rax, rcx);
        code.@lock.cmpxchg(__qword_ptr[r8], rdx);
        code.je(done);
        code.Label(ref wait);
        code.pause();
        code.mov(rdx, __qword_ptr[rcx + Next]);
        code.test(rdx, rdx);
        code.je(wait);
        code.Label(ref pass);
        code.xor(__qword_ptr[rdx + Lock], Waiting);
        code.mov(__qword_ptr[rcx + Next], 0);
        code.Label(ref done);
        code.nop();
    }
}
