using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ex;

/// <summary>
/// Sequenced singly linked lists (SLIST_HEADER) as guest code, changed by CMPXCHG16B: depth in bits 0 to 15 of the first word, a sequence number above it,
/// the first entry in the second word. Any IRQL; header and entries must be 16-aligned and resident.
/// </summary>
public sealed class SListCode(NtKernel kernel) : KernelComponent(kernel)
{
    private const int OneInSequence = 0x10000;
    private const int AddressMask = ~15;

    [GuestCode("InitializeSListHead")]
    [GuestCode("RtlInitializeSListHead")]
    [GuestCode("ExInitializeSListHead")]
    public void InitializeSListHead(GuestAssembler code)
    {
        code.mov(__qword_ptr[rcx], 0);
        code.mov(__qword_ptr[rcx + 8], 0);
        code.ret();
    }

    [GuestCode("ExQueryDepthSList")]
    [GuestCode("RtlQueryDepthSList")]
    public void ExQueryDepthSList(GuestAssembler code)
    {
        code.movzx(eax, __word_ptr[rcx]);
        code.ret();
    }

    [GuestCode("FirstEntrySList")]
    [GuestCode("RtlFirstEntrySList")]
    public void FirstEntrySList(GuestAssembler code)
    {
        code.mov(rax, __qword_ptr[rcx + 8]);
        code.and(rax, AddressMask);
        code.ret();
    }

    /// <summary>(header, entry): the entry that was first, or null.</summary>
    [GuestCode("ExpInterlockedPushEntrySList")]
    [GuestCode("RtlInterlockedPushEntrySList")]
    public void ExpInterlockedPushEntrySList(GuestAssembler code)
    {
        Label again = code.CreateLabel();
        Enter(code);
        code.mov(r9, rdx);
        code.mov(rdx, __qword_ptr[r8 + 8]);
        code.Label(ref again);
        code.mov(r10, rdx);
        code.and(r10, AddressMask);
        code.mov(__qword_ptr[r9], r10);
        code.lea(rbx, __[rax + OneInSequence]);
        code.inc(bx);
        code.mov(rcx, r9);
        code.@lock.cmpxchg16b(__xmmword_ptr[r8]);
        code.jne(again);
        code.mov(rax, r10);
        Leave(code);
    }

    /// <summary>(header): the entry taken off, or null.</summary>
    [GuestCode("ExpInterlockedPopEntrySList")]
    [GuestCode("RtlInterlockedPopEntrySList")]
    public void ExpInterlockedPopEntrySList(GuestAssembler code)
    {
        Label again = code.CreateLabel(), empty = code.CreateLabel();
        Enter(code);
        code.mov(rdx, __qword_ptr[r8 + 8]);
        code.Label(ref again);
        code.mov(r9, rdx);
        code.and(r9, AddressMask);
        code.je(empty);
        code.mov(rcx, __qword_ptr[r9]);
        code.lea(rbx, __[rax + OneInSequence]);
        code.dec(bx);
        code.@lock.cmpxchg16b(__xmmword_ptr[r8]);
        code.jne(again);
        code.Label(ref empty);
        code.mov(rax, r9);
        Leave(code);
    }

    /// <summary>(header): all entries, linked; the list is empty then.</summary>
    [GuestCode("ExpInterlockedFlushSList")]
    [GuestCode("RtlInterlockedFlushSList")]
    public void ExpInterlockedFlushSList(GuestAssembler code)
    {
        Label again = code.CreateLabel(), empty = code.CreateLabel();
        Enter(code);
        code.mov(rdx, __qword_ptr[r8 + 8]);
        code.Label(ref again);
        code.mov(r9, rdx);
        code.and(r9, AddressMask);
        code.je(empty);
        code.lea(rbx, __[rax + OneInSequence]);
        code.xor(bx, bx);
        code.xor(ecx, ecx);
        code.@lock.cmpxchg16b(__xmmword_ptr[r8]);
        code.jne(again);
        code.Label(ref empty);
        code.mov(rax, r9);
        Leave(code);
    }

    /// <summary>RBX is saved; R8 is the header and RAX its first word.</summary>
    private static void Enter(GuestAssembler code)
    {
        code.push(rbx);
        code.Unwind(UnwindInfoEncoder.Encode(1, UnwindOperation.Push(1, Gpr.Rbx)));
        code.mov(r8, rcx);
        code.mov(rax, __qword_ptr[r8]);
    }

    private static void Leave(GuestAssembler code)
    {
        code.pop(rbx);
        code.ret();
    }
}
