using Iced.Intel;
using KdSim.Kernel.Routines;
using KdSim.Machine.Time;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Kernel.Ke;

/// <summary>Guest code that passes time or touches the stack and does nothing else. Any IRQL.</summary>
public sealed class StallCode(NtKernel kernel) : KernelComponent(kernel)
{
    private const int TicksPerMicrosecond = (int)Ticks.PerMicrosecond;
    private const int Page = 0x1000;

    /// <summary>Spins for so many microseconds of the time stamp counter.</summary>
    [GuestCode("KeStallExecutionProcessor", Image = ImageNames.Hal)]
    public void KeStallExecutionProcessor(GuestAssembler code)
    {
        Label wait = code.CreateLabel();
        code.mov(ecx, ecx);
        code.imul(rcx, rcx, TicksPerMicrosecond);
        ReadTime(code);
        code.add(rcx, rax);
        code.Label(ref wait);
        code.pause();
        ReadTime(code);
        code.cmp(rax, rcx);
        code.jb(wait);
        code.ret();
    }

    /// <summary>Touches each page that a frame of RAX bytes below the caller's RSP will have, top down; changes R10 and R11 only.</summary>
    [GuestCode("__chkstk")]
    public void Chkstk(GuestAssembler code)
    {
        Label next = code.CreateLabel(), done = code.CreateLabel();
        code.lea(r11, __[rsp + 8]);
        code.mov(r10, r11);
        code.sub(r10, rax);
        code.Label(ref next);
        code.sub(r11, Page);
        code.cmp(r11, r10);
        code.jb(done);
        code.test(__byte_ptr[r11], 0);
        code.jmp(next);
        code.Label(ref done);
        code.test(__byte_ptr[r10], 0);
        code.ret();
    }

    private static void ReadTime(GuestAssembler code)
    {
        code.rdtsc();
        code.shl(rdx, 32);
        code.or(rax, rdx);
    }
}
