using Iced.Intel;
using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Ke;

/// <summary>What a processor does without a thread to run.</summary>
public sealed class IdleLoop(NtKernel kernel) : KernelComponent(kernel)
{
    [GuestCode("KiIdleLoop", IsExported = false)]
    public void KiIdleLoop(GuestAssembler code)
    {
        Label again = code.CreateLabel();
        code.Label(ref again);
        code.sti();
        code.hlt();
        code.jmp(again);
    }
}
