using KdSim.Kernel.Routines;
using KdSim.Nt;
using KdSim.Symbols.Unwind;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>Callouts that need more stack than there may be: they run on a stack of their own if what is left does not do. Up to DISPATCH_LEVEL.</summary>
public sealed class StackExpansion(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Most = 0x1_2000, Page = 0x1000;

    [NtExport("KeExpandKernelStackAndCallout", MaxIrql = Irql.Apc)]
    public async KTask<NtStatus> KeExpandKernelStackAndCallout(ulong Callout, ulong Parameter, ulong Size) => await Run(Callout, Parameter, Size);

    [NtExport("KeExpandKernelStackAndCalloutEx", MaxIrql = Irql.Dispatch)]
    public async KTask<NtStatus> KeExpandKernelStackAndCalloutEx(ulong Callout, ulong Parameter, ulong Size, bool Wait, ulong Context) =>
        await Run(Callout, Parameter, Size);

    private async KTask<NtStatus> Run(ulong callout, ulong parameter, ulong size)
    {
        if (size > Most)
            return NtStatus.InvalidParameter3;
        if (Kernel.StackLimits.IoGetRemainingStackSize() >= size + Page)
        {
            await Guest.Call(callout, parameter);
            return NtStatus.Success;
        }
        int bytes = (int)((size + Page - 1) / Page * Page + 2 * Page);
        ulong top = Kernel.SystemMemory.CreateStack(bytes);
        await Guest.Call(Stub.KiCallOnStack, callout, parameter, top);
        Kernel.SystemMemory.DeleteStack(top, bytes);
        return NtStatus.Success;
    }

    /// <summary>void KiCallOnStack(Routine, Parameter, StackTop).</summary>
    [GuestCode("KiCallOnStack", IsExported = false)]
    public void KiCallOnStack(GuestAssembler code)
    {
        code.push(rbp);
        code.mov(rbp, rsp);
        code.lea(rsp, r8 - 0x20);
        code.mov(rax, rcx);
        code.mov(rcx, rdx);
        code.call(rax);
        code.mov(rsp, rbp);
        code.pop(rbp);
        code.ret();
        code.Unwind(UnwindInfoEncoder.Encode(4, Gpr.Rbp, 0, [UnwindOperation.Push(1, Gpr.Rbp), UnwindOperation.SetFrame(4)]));
    }
}
