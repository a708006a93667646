using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Io;

/// <summary>The I/O manager's global spin lock for VPBs, as guest code.</summary>
[NtData("IopVpbSpinLock", 8)]
public sealed class VpbLockCode(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Dispatch = 2;

    /// <summary>(where the old level goes).</summary>
    [GuestCode("IoAcquireVpbSpinLock")]
    public void IoAcquireVpbSpinLock(GuestAssembler code)
    {
        code.mov(rax, cr8);
        code.mov(r8d, Dispatch);
        code.mov(cr8, r8);
        code.mov(rdx, Kernel.Data(Datum.IopVpbSpinLock));
        SpinLockCode.Take(code, rdx);
        code.mov(__byte_ptr[rcx], al);
        code.ret();
    }

    /// <summary>(level to go back to).</summary>
    [GuestCode("IoReleaseVpbSpinLock")]
    public void IoReleaseVpbSpinLock(GuestAssembler code)
    {
        code.movzx(ecx, cl);
        code.mov(rdx, Kernel.Data(Datum.IopVpbSpinLock));
        code.mov(__qword_ptr[rdx], 0);
        code.mov(cr8, rcx);
        code.ret();
    }
}
