using Iced.Intel;
using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ex;

/// <summary>
/// Lists and numbers under a spin lock, as guest code: with interrupts off while the lock is held, so at any IRQL. Links are checked as the inline list
/// routines of the DDK check them (fast fail 3).
/// </summary>
public sealed class InterlockedListCode(NtKernel kernel) : KernelComponent(kernel)
{
    private const int FastFail = 0x29;
    private const int CorruptListEntry = 3;

    /// <summary>(head, entry, lock): the entry that was first, or null.</summary>
    [GuestCode("ExInterlockedInsertHeadList")]
    public void ExInterlockedInsertHeadList(GuestAssembler code)
    {
        Label corrupt = code.CreateLabel();
        Enter(code, r8);
        code.mov(rax, __qword_ptr[rcx]);
        code.cmp(__qword_ptr[rax + 8], rcx);
        code.jne(corrupt);
        code.mov(__qword_ptr[rdx], rax);
        code.mov(__qword_ptr[rdx + 8], rcx);
        code.mov(__qword_ptr[rax + 8], rdx);
        code.mov(__qword_ptr[rcx], rdx);
        LeaveWithNeighbour(code, r8);
        Corrupt(code, ref corrupt);
    }

    /// <summary>(head, entry, lock): the entry that was last, or null.</summary>
    [GuestCode("ExInterlockedInsertTailList")]
    public void ExInterlockedInsertTailList(GuestAssembler code)
    {
        Label corrupt = code.CreateLabel();
        Enter(code, r8);
        code.mov(rax, __qword_ptr[rcx + 8]);
        code.cmp(__qword_ptr[rax], rcx);
        code.jne(corrupt);
        code.mov(__qword_ptr[rdx], rcx);
        code.mov(__qword_ptr[rdx + 8], rax);
        code.mov(__qword_ptr[rax], rdx);
        code.mov(__qword_ptr[rcx + 8], rdx);
        LeaveWithNeighbour(code, r8);
        Corrupt(code, ref corrupt);
    }

    /// <summary>(head, lock): the entry that was first, or null.</summary>
    [GuestCode("ExInterlockedRemoveHeadList")]
    public void ExInterlockedRemoveHeadList(GuestAssembler code)
    {
        Label empty = code.CreateLabel(), corrupt = code.CreateLabel();
        Enter(code, rdx);
        code.mov(rax, __qword_ptr[rcx]);
        code.cmp(rax, rcx);
        code.je(empty);
        code.mov(r8, __qword_ptr[rax]);
        code.cmp(__qword_ptr[rax + 8], rcx);
        code.jne(corrupt);
        code.cmp(__qword_ptr[r8 + 8], rax);
        code.jne(corrupt);
        code.mov(__qword_ptr[rcx], r8);
        code.mov(__qword_ptr[r8 + 8], rcx);
        Leave(code, rdx);
        code.Label(ref empty);
        code.xor(eax, eax);
        Leave(code, rdx);
        Corrupt(code, ref corrupt);
    }

    /// <summary>(head, entry, lock) of a singly linked list: the entry that was first, or null.</summary>
    [GuestCode("ExInterlockedPushEntryList")]
    public void ExInterlockedPushEntryList(GuestAssembler code)
    {
        Enter(code, r8);
        code.mov(rax, __qword_ptr[rcx]);
        code.mov(__qword_ptr[rdx], rax);
        code.mov(__qword_ptr[rcx], rdx);
        Leave(code, r8);
    }

    /// <summary>(head, lock) of a singly linked list: the entry taken off, or null.</summary>
    [GuestCode("ExInterlockedPopEntryList")]
    public void ExInterlockedPopEntryList(GuestAssembler code)
    {
        Label empty = code.CreateLabel();
        Enter(code, rdx);
        code.mov(rax, __qword_ptr[rcx]);
        code.test(rax, rax);
        code.je(empty);
        code.mov(r8, __qword_ptr[rax]);
        code.mov(__qword_ptr[rcx], r8);
        code.Label(ref empty);
        Leave(code, rdx);
    }

    /// <summary>(addend, increment, lock): the value before.</summary>
    [GuestCode("ExInterlockedAddLargeInteger")]
    public void ExInterlockedAddLargeInteger(GuestAssembler code)
    {
        Enter(code, r8);
        code.mov(rax, __qword_ptr[rcx]);
        code.add(__qword_ptr[rcx], rdx);
        Leave(code, r8);
    }

    /// <summary>(addend, increment, lock): the value before.</summary>
    [GuestCode("ExInterlockedAddUlong")]
    public void ExInterlockedAddUlong(GuestAssembler code)
    {
        Enter(code, r8);
        code.mov(eax, __dword_ptr[rcx]);
        code.add(__dword_ptr[rcx], edx);
        Leave(code, r8);
    }

    /// <summary>Interrupts off (their state on the stack), then the lock.</summary>
    private static void Enter(GuestAssembler code, AssemblerRegister64 spinLock)
    {
        code.pushfq();
        code.cli();
        code.Unwind(UnwindInfoEncoder.Encode(1, UnwindOperation.Alloc(1, 8)));
        SpinLockCode.Take(code, spinLock);
    }

    private static void Leave(GuestAssembler code, AssemblerRegister64 spinLock)
    {
        code.mov(__qword_ptr[spinLock], 0);
        code.popfq();
        code.ret();
    }

    /// <summary>Leaves with the neighbour in RAX, which is null if it is the head in RCX.</summary>
    private static void LeaveWithNeighbour(GuestAssembler code, AssemblerRegister64 spinLock)
    {
        Label keep = code.CreateLabel();
        code.cmp(rax, rcx);
        code.jne(keep);
        code.xor(eax, eax);
        code.Label(ref keep);
        Leave(code, spinLock);
    }

    private static void Corrupt(GuestAssembler code, ref Label corrupt)
    {
        code.Label(ref corrupt);
        code.mov(ecx, CorruptListEntry);
        code.@int(FastFail);
    }
}
