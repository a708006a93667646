using KdSim.Kernel.Routines;
using KdSim.Nt;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ps;

/// <summary>Who runs here, as guest code: read from the processor's control block. Any IRQL.</summary>
public sealed class CurrentCode(NtKernel kernel) : KernelComponent(kernel)
{
    private const int CurrentThread = KPCR.Offsets.Prcb + KPRCB.Offsets.CurrentThread;

    [GuestCode("KeGetCurrentThread")]
    [GuestCode("PsGetCurrentThread")]
    public void KeGetCurrentThread(GuestAssembler code)
    {
        code.mov(rax, __qword_ptr.gs[CurrentThread]);
        code.ret();
    }

    [GuestCode("PsGetCurrentProcess")]
    [GuestCode("IoGetCurrentProcess")]
    public void PsGetCurrentProcess(GuestAssembler code)
    {
        code.mov(rax, __qword_ptr.gs[CurrentThread]);
        code.mov(rax, __qword_ptr[rax + KTHREAD.Offsets.ApcState + KAPC_STATE.Offsets.Process]);
        code.ret();
    }

    [GuestCode("PsGetCurrentThreadId")]
    public void PsGetCurrentThreadId(GuestAssembler code) => FromThread(code, ETHREAD.Offsets.Cid + CLIENT_ID.Offsets.UniqueThread);

    [GuestCode("PsGetCurrentProcessId")]
    public void PsGetCurrentProcessId(GuestAssembler code) => FromThread(code, ETHREAD.Offsets.Cid + CLIENT_ID.Offsets.UniqueProcess);

    [GuestCode("PsGetCurrentThreadPreviousMode")]
    [GuestCode("ExGetPreviousMode")]
    [GuestCode("KeGetPreviousMode")]
    public void ExGetPreviousMode(GuestAssembler code)
    {
        code.mov(rax, __qword_ptr.gs[CurrentThread]);
        code.movzx(eax, __byte_ptr[rax + KTHREAD.Offsets.PreviousMode]);
        code.ret();
    }

    [GuestCode("PsGetCurrentThreadTeb")]
    public void PsGetCurrentThreadTeb(GuestAssembler code) => FromThread(code, KTHREAD.Offsets.Teb);

    [GuestCode("KeGetCurrentProcessorNumber")]
    public void KeGetCurrentProcessorNumber(GuestAssembler code)
    {
        code.mov(eax, __dword_ptr.gs[KPCR.Offsets.Prcb + KPRCB.Offsets.Number]);
        code.ret();
    }

    private static void FromThread(GuestAssembler code, int offset)
    {
        code.mov(rax, __qword_ptr.gs[CurrentThread]);
        code.mov(rax, __qword_ptr[rax + offset]);
        code.ret();
    }
}
