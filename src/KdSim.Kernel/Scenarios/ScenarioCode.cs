using KdSim.Kernel.Routines;
using static Iced.Intel.AssemblerRegisters;
using KdSim.Symbols.Unwind;

namespace KdSim.Kernel.Scenarios;

/// <summary>
/// The program that the threads of a scenario run in user mode: a loop that asks what to call next and calls it. What a thread knows is in its page of user
/// memory, whose address RBX holds.
/// </summary>
public sealed class ScenarioCode(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Room for the arguments of a call.</summary>
    private const int ArgumentArea = 0x80;

    [GuestCode("main", Image = ImageNames.Program, IsExported = false)]
    public void main(GuestAssembler code)
    {
        const int afterPush = 1, prolog = 8;
        Iced.Intel.Label next = code.CreateLabel();
        code.push(rbx);
        code.sub(rsp, ArgumentArea);
        code.mov(rbx, rcx);
        code.xor(eax, eax);
        code.Label(ref next);
        code.nop();
        code.Trap(Stub.KiScenarioNext);
        code.test(rax, rax);
        code.je(next);
        code.call(rax);
        code.jmp(next);
        code.Unwind(UnwindInfoEncoder.Encode(prolog, UnwindOperation.Push(afterPush, Gpr.Rbx), UnwindOperation.Alloc(prolog, ArgumentArea)));
    }

    /// <summary>The user APC of requests that ask for one: counts in the request's slot, which is its context.</summary>
    [GuestCode("RequestCompleted", Image = ImageNames.Program, IsExported = false)]
    public void RequestCompleted(GuestAssembler code)
    {
        code.@lock.inc(__dword_ptr[rcx + (int)ScenarioMemory.Completions]);
        code.ret();
    }

    [GuestCode("ReadByte", Image = ImageNames.Program, IsExported = false)]
    public void ReadByte(GuestAssembler code)
    {
        code.movzx(eax, __byte_ptr[rcx]);
        code.ret();
    }

    [GuestCode("WriteByte", Image = ImageNames.Program, IsExported = false)]
    public void WriteByte(GuestAssembler code)
    {
        code.mov(__byte_ptr[rcx], 0);
        code.ret();
    }
}
