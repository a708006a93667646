using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Rtl;

/// <summary>Memory routines as guest code: faults, watchpoints and time are those of the instructions. RSI and RDI are saved
/// by pushes that the unwind data knows: a driver's __except around a faulting copy gets its registers back.</summary>
public sealed class MemoryCode(NtKernel kernel) : KernelComponent(kernel)
{
    [GuestCode("memcpy")]
    public void Memcpy(GuestAssembler code) => Move(code);

    [GuestCode("memmove")]
    public void Memmove(GuestAssembler code) => Move(code);

    [GuestCode("RtlCopyMemory")]
    public void RtlCopyMemory(GuestAssembler code) => Move(code);

    [GuestCode("RtlMoveMemory")]
    public void RtlMoveMemory(GuestAssembler code) => Move(code);

    [GuestCode("RtlCopyMemoryNonTemporal")]
    public void RtlCopyMemoryNonTemporal(GuestAssembler code) => Move(code);

    [GuestCode("memset")]
    public void Memset(GuestAssembler code) => Fill(code, swapped: false);

    [GuestCode("RtlFillMemory")]
    public void RtlFillMemory(GuestAssembler code) => Fill(code, swapped: true);

    [GuestCode("RtlZeroMemory")]
    public void RtlZeroMemory(GuestAssembler code)
    {
        code.push(rdi);
        code.Unwind(UnwindInfoEncoder.Encode(1, UnwindOperation.Push(1, Gpr.Rdi)));
        code.mov(rdi, rcx);
        code.mov(rcx, rdx);
        code.xor(eax, eax);
        code.rep.stosb();
        code.pop(rdi);
        code.ret();
    }

    /// <summary>The difference of the first two bytes that differ.</summary>
    [GuestCode("memcmp")]
    public void Memcmp(GuestAssembler code)
    {
        Label next = code.CreateLabel(), equal = code.CreateLabel(), done = code.CreateLabel();
        code.xor(r9d, r9d);
        code.Label(ref next);
        code.cmp(r9, r8);
        code.jae(equal);
        code.movzx(eax, __byte_ptr[rcx + r9]);
        code.movzx(r10d, __byte_ptr[rdx + r9]);
        code.inc(r9);
        code.sub(eax, r10d);
        code.je(next);
        code.jmp(done);
        code.Label(ref equal);
        code.xor(eax, eax);
        code.Label(ref done);
        code.ret();
    }

    /// <summary>How many bytes are equal.</summary>
    [GuestCode("RtlCompareMemory")]
    public void RtlCompareMemory(GuestAssembler code)
    {
        Label next = code.CreateLabel(), done = code.CreateLabel();
        code.xor(eax, eax);
        code.Label(ref next);
        code.cmp(rax, r8);
        code.jae(done);
        code.mov(r9b, __byte_ptr[rcx + rax]);
        code.cmp(r9b, __byte_ptr[rdx + rax]);
        code.jne(done);
        code.inc(rax);
        code.jmp(next);
        code.Label(ref done);
        code.ret();
    }

    /// <summary>Copies upwards, or downwards when the destination lies inside the source.</summary>
    private static void Move(GuestAssembler code)
    {
        Label down = code.CreateLabel(), done = code.CreateLabel();
        code.push(rsi);
        code.push(rdi);
        code.Unwind(UnwindInfoEncoder.Encode(2, UnwindOperation.Push(1, Gpr.Rsi), UnwindOperation.Push(2, Gpr.Rdi)));
        code.mov(rax, rcx);
        code.mov(rdi, rcx);
        code.mov(rsi, rdx);
        code.mov(rcx, rdi);
        code.sub(rcx, rsi);
        code.cmp(rcx, r8);
        code.mov(rcx, r8);
        code.jb(down);
        code.rep.movsb();
        code.jmp(done);
        code.Label(ref down);
        code.lea(rsi, __[rsi + rcx - 1]);
        code.lea(rdi, __[rdi + rcx - 1]);
        code.std();
        code.rep.movsb();
        code.cld();
        code.Label(ref done);
        code.pop(rdi);
        code.pop(rsi);
        code.ret();
    }

    /// <summary>memset has the byte before the length, RtlFillMemory behind it.</summary>
    private static void Fill(GuestAssembler code, bool swapped)
    {
        code.push(rdi);
        code.Unwind(UnwindInfoEncoder.Encode(1, UnwindOperation.Push(1, Gpr.Rdi)));
        code.mov(r10, rcx);
        code.mov(rdi, rcx);
        code.mov(rcx, swapped ? rdx : r8);
        code.movzx(eax, swapped ? r8b : dl);
        code.rep.stosb();
        code.mov(rax, r10);
        code.pop(rdi);
        code.ret();
    }
}
