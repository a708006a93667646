using KdSim.Kernel.Routines;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>The IRQL routines, as guest code: the level is CR8, and pending DPCs run at the boundary behind the write that lowers it.</summary>
public sealed class IrqlCode(NtKernel kernel) : KernelComponent(kernel)
{
    [GuestCode("KeGetCurrentIrql")]
    public void KeGetCurrentIrql(GuestAssembler code)
    {
        code.mov(rax, cr8);
        code.ret();
    }

    /// <summary>Returns the old level.</summary>
    [GuestCode("KfRaiseIrql")]
    public void KfRaiseIrql(GuestAssembler code)
    {
        code.movzx(ecx, cl);
        code.mov(rax, cr8);
        code.mov(cr8, rcx);
        code.ret();
    }

    [GuestCode("KeLowerIrql")]
    public void KeLowerIrql(GuestAssembler code)
    {
        code.movzx(ecx, cl);
        code.mov(cr8, rcx);
        code.ret();
    }
}
