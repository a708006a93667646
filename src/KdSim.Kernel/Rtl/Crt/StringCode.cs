using Iced.Intel;
using KdSim.Kernel.Routines;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Rtl.Crt;

/// <summary>The C runtime's strings that are short loops, as guest code: time, faults and interrupts are those of the loop. Any IRQL.</summary>
public sealed class StringCode(NtKernel kernel) : KernelComponent(kernel)
{
    [GuestCode("strlen")]
    public void strlen(GuestAssembler code)
    {
        Label next = code.CreateLabel();
        code.mov(rax, -1);
        code.Label(ref next);
        code.inc(rax);
        code.cmp(__byte_ptr[rcx + rax], 0);
        code.jne(next);
        code.ret();
    }

    [GuestCode("wcslen")]
    public void wcslen(GuestAssembler code)
    {
        Label next = code.CreateLabel();
        code.mov(rax, -1);
        code.Label(ref next);
        code.inc(rax);
        code.cmp(__word_ptr[rcx + rax * 2], 0);
        code.jne(next);
        code.ret();
    }

    [GuestCode("strcpy")]
    public void strcpy(GuestAssembler code)
    {
        Label next = code.CreateLabel();
        code.mov(rax, rcx);
        code.Label(ref next);
        code.movzx(r8d, __byte_ptr[rdx]);
        code.mov(__byte_ptr[rcx], r8b);
        code.inc(rdx);
        code.inc(rcx);
        code.test(r8d, r8d);
        code.jne(next);
        code.ret();
    }

    [GuestCode("wcscpy")]
    public void wcscpy(GuestAssembler code)
    {
        Label next = code.CreateLabel();
        code.mov(rax, rcx);
        code.Label(ref next);
        code.movzx(r8d, __word_ptr[rdx]);
        code.mov(__word_ptr[rcx], r8w);
        code.add(rdx, 2);
        code.add(rcx, 2);
        code.test(r8d, r8d);
        code.jne(next);
        code.ret();
    }

    [GuestCode("strcmp")]
    public void strcmp(GuestAssembler code)
    {
        Label next = code.CreateLabel(), differ = code.CreateLabel();
        code.Label(ref next);
        code.movzx(eax, __byte_ptr[rcx]);
        code.movzx(r8d, __byte_ptr[rdx]);
        code.cmp(eax, r8d);
        code.jne(differ);
        code.inc(rcx);
        code.inc(rdx);
        code.test(eax, eax);
        code.jne(next);
        code.ret();
        Sign(code, differ);
    }

    [GuestCode("wcscmp")]
    public void wcscmp(GuestAssembler code)
    {
        Label next = code.CreateLabel(), differ = code.CreateLabel();
        code.Label(ref next);
        code.movzx(eax, __word_ptr[rcx]);
        code.movzx(r8d, __word_ptr[rdx]);
        code.cmp(eax, r8d);
        code.jne(differ);
        code.add(rcx, 2);
        code.add(rdx, 2);
        code.test(eax, eax);
        code.jne(next);
        code.ret();
        Sign(code, differ);
    }

    /// <summary>-1 where the comparison before was below, else 1.</summary>
    private static void Sign(GuestAssembler code, Label differ)
    {
        code.Label(ref differ);
        code.sbb(eax, eax);
        code.or(eax, 1);
        code.ret();
    }
}
