using KdSim.Machine.Cpu;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Machine.Tests.Cpu;

/// <summary>Exceptions, interrupts and returns through IDT and TSS.</summary>
public sealed class ExceptionTests
{
    [Fact]
    public void A_divide_error_pushes_the_faulting_address()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.xor(ecx, ecx);
            a.div(ecx);
        });
        computer.Run();
        Assert.Equal(ExceptionVector.DivideError, computer.HaltedVector());
        Assert.Equal(TestComputer.CodeBase + 2, computer.Pop(0));
        Assert.Equal(0x10UL, computer.Pop(1));
        Assert.Equal(TestComputer.StackTop, computer.Pop(3));

        // The XOR retired, the DIV did not, the handler's HLT did; flags are those of the XOR, with RF.
        Assert.Equal(2UL, computer.Cpu.State.Steps);
        Assert.Equal(RFlag.Zero | RFlag.Parity | RFlag.Reserved1 | RFlag.Resume, computer.Pop(2));
    }

    [Fact]
    public void User_mode_enters_the_kernel_on_the_stack_of_the_tss_and_returns()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.add(rbx, 5);
            a.iretq();
        }, TestComputer.HandlerBase + (16 * 0x2D));
        computer.Load(a =>
        {
            a.@int(0x2D);
            a.@int(0x2E);
        });
        computer.EnterUserMode();
        computer.Run();
        Assert.Equal(5UL, computer.Cpu.State.Rbx);

        // INT 2Eh has DPL 0: #GP with the gate's index.
        Assert.Equal(ExceptionVector.GeneralProtection, computer.HaltedVector());
        Assert.Equal((0x2EUL * 8) + 2, computer.Pop(0));
        Assert.Equal(TestComputer.CodeBase + 2, computer.Pop(1));
        Assert.Equal(0x33UL, computer.Pop(2));
        Assert.Equal(TestComputer.Rsp0 - 48, computer.Cpu.State.Rsp);
        Assert.Equal(0, computer.Cpu.State.Cpl);
    }

    [Fact]
    public void Int3_returns_behind_itself()
    {
        using var computer = new TestComputer();
        computer.Load(a => a.int3());
        computer.Run();
        Assert.Equal(ExceptionVector.Breakpoint, computer.HaltedVector());
        Assert.Equal(TestComputer.CodeBase + 1, computer.Pop(0));
        Assert.Equal(2UL, computer.Cpu.State.Steps);
    }

    [Fact]
    public void A_fault_while_delivering_becomes_a_double_fault_on_its_own_stack()
    {
        using var computer = new TestComputer();
        computer.Load(a => a.ud2());
        computer.Cpu.State.Rsp = 0x500000;
        computer.Memory.Write(TestComputer.Idt + (16 * 14) + 5, (byte)0x0E);
        computer.Run();
        Assert.Equal(ExceptionVector.DoubleFault, computer.HaltedVector());
        Assert.Equal(TestComputer.Ist1 - 48, computer.Cpu.State.Rsp);
    }

    [Fact]
    public void A_fault_of_a_double_fault_is_a_triple_fault()
    {
        using var computer = new TestComputer();
        computer.Load(a => a.ud2());
        computer.Cpu.State.Idtr.Limit = 0;
        Assert.Equal(ProcessorStop.TripleFault, computer.Run());
        Assert.Equal("triple fault", computer.Log[^1]);
    }

    [Fact]
    public void An_interrupt_waits_for_sti_and_one_instruction_more()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.nop();
            a.sti();
            a.nop();
            a.nop();
        });
        computer.Interrupts.Enqueue(0x40);
        computer.Cpu.InterruptPending = true;
        computer.Run();
        Assert.Equal(0x40, computer.HaltedVector());
        Assert.Equal(TestComputer.CodeBase + 3, computer.Pop(0));
        Assert.Equal(0UL, computer.Cpu.State.RFlags & RFlag.Interrupt);
    }

    [Fact]
    public void The_trap_flag_stops_after_each_instruction()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.nop();
            a.nop();
        });
        computer.Cpu.State.RFlags |= RFlag.Trap;
        computer.Run();
        Assert.Equal(ExceptionVector.Debug, computer.HaltedVector());
        Assert.Equal(TestComputer.CodeBase + 1, computer.Pop(0));
        Assert.Equal(RFlag.Trap, computer.Pop(2) & RFlag.Trap);
        Assert.NotEqual(0UL, computer.Cpu.State.Dr6 & (1 << 14));
    }

    [Fact]
    public void Syscall_and_sysret_switch_rings()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.mov(rdx, rcx);
            a.sysretq();
        }, 0x20000);
        computer.Load(a =>
        {
            a.syscall();
            a.cli();
        });
        ref CpuState state = ref computer.Cpu.State;
        state.Lstar = 0x20000;
        state.Star = (0x10UL << 32) | (0x20UL << 48);
        state.Fmask = RFlag.Interrupt;
        computer.EnterUserMode();
        computer.Run();
        Assert.Equal(TestComputer.CodeBase + 2, state.Rdx);

        // CLI in ring 3: #GP, from user code selector 33h.
        Assert.Equal(ExceptionVector.GeneralProtection, computer.HaltedVector());
        Assert.Equal(0x33UL, computer.Pop(2));
    }

    [Fact]
    public void Every_change_of_cr8_is_told()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.mov(eax, 2);
            a.mov(cr8, rax);
            a.mov(rbx, cr8);
            a.mov(cr8, rax);
            a.hlt();
        });
        computer.Run();
        Assert.Equal(["cr8 0 2"], computer.Log);
        Assert.Equal(2UL, computer.Cpu.State.Rbx);
    }
}
