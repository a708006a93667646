using System.Runtime.InteropServices;
using Iced.Intel;
using KdSim.Machine.Cpu;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Machine.Tests.Cpu;

/// <summary>The run loop: counts, stops, self-modified code.</summary>
public sealed class RunTests
{
    [Fact]
    public void A_loop_counts_every_instruction()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            Label top = a.CreateLabel();
            a.xor(eax, eax);
            a.mov(ecx, 1000);
            a.Label(ref top);
            a.add(eax, ecx);
            a.dec(ecx);
            a.jne(top);
            a.hlt();
        });
        Assert.Equal(ProcessorStop.Halted, computer.Run());
        Assert.Equal(500500UL, computer.Cpu.State.Rax);
        Assert.Equal(3003UL, computer.Cpu.State.Steps);
        Assert.Equal(3003UL, computer.Cpu.State.Clock);
    }

    [Fact]
    public void Single_steps_and_runs_of_any_length_give_the_same_states()
    {
        byte[][] whole = Trace(1);
        foreach (int stride in new[] { 2, 3, 7, 64 })
        {
            byte[][] coarse = Trace(stride);
            for (int i = 0; i < coarse.Length; i++)
                Assert.True(whole[Math.Min(whole.Length - 1, ((i + 1) * stride) - 1)].AsSpan().SequenceEqual(coarse[i]), $"stride {stride}, stop {i}");
        }
    }

    [Fact]
    public void Breakpoints_stop_before_the_instruction_and_change_nothing()
    {
        byte[][] plain = Trace(1);
        using var computer = new TestComputer();
        LoadMixture(computer);
        for (ulong address = TestComputer.CodeBase; address < TestComputer.CodeBase + 200; address++)
            computer.Breakpoints.Add(address);
        int stops = 0;
        ProcessorStop stop;
        while ((stop = computer.Run()) == ProcessorStop.Breakpoint)
        {
            Assert.True(computer.Breakpoints.Contains(computer.Cpu.State.Rip));
            if (stops > 0 && computer.Cpu.State.Steps > 0)
                Assert.True(plain[(int)computer.Cpu.State.Steps - 1].AsSpan().SequenceEqual(Bytes(computer.Cpu)));
            stops++;
        }

        Assert.Equal(ProcessorStop.Halted, stop);
        Assert.True(stops > 50);
        Assert.True(plain[^1].AsSpan().SequenceEqual(Bytes(computer.Cpu)));
    }

    [Fact]
    public void Code_that_rewrites_itself_sees_the_new_bytes_at_once()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            Label patch = a.CreateLabel();
            a.lea(rdi, __[patch]);
            a.mov(__byte_ptr[rdi + 1], 42);
            a.Label(ref patch);
            a.mov(eax, 1);
            a.hlt();
        });
        Assert.Equal(ProcessorStop.Halted, computer.Run());
        Assert.Equal(42UL, computer.Cpu.State.Rax);
    }

    [Fact]
    public void Code_changed_by_the_host_is_decoded_again()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.mov(eax, 1);
            a.hlt();
        });
        computer.Run();
        computer.Memory.Write<byte>(TestComputer.CodeBase + 1, 7);
        computer.Cpu.State.Halted = 0;
        computer.Cpu.State.Rip = TestComputer.CodeBase;
        computer.Run();
        Assert.Equal(7UL, computer.Cpu.State.Rax);
    }

    [Fact]
    public void An_instruction_across_two_pages_runs_and_faults_on_the_second()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.mov(rax, 0x1122334455667788);
            a.hlt();
        }, TestComputer.CodeBase + 0xFFC);
        Assert.Equal(ProcessorStop.Halted, computer.Run());
        Assert.Equal(0x1122334455667788UL, computer.Cpu.State.Rax);
        computer.Map(TestComputer.CodeBase + 0x1000, 0, 0);
        computer.Cpu.State.Halted = 0;
        computer.Cpu.State.Rip = TestComputer.CodeBase + 0xFFC;
        computer.Run();
        Assert.Equal(ExceptionVector.PageFault, computer.HaltedVector());
        Assert.Equal(TestComputer.CodeBase + 0x1000, computer.Cpu.State.Cr2);
        Assert.Equal(0x10UL, computer.Pop(0));
        Assert.Equal(TestComputer.CodeBase + 0xFFC, computer.Pop(1));
    }

    [Fact]
    public void A_trap_has_retired_when_its_handler_runs()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.mov(eax, 5);
            a.vmcall();
            a.hlt();
        });
        computer.OnTrap = cpu =>
        {
            Assert.Equal(TestComputer.CodeBase + 5, cpu.TrapRip);
            Assert.Equal(TestComputer.CodeBase + 8, cpu.State.Rip);
            Assert.Equal(2UL, cpu.State.Steps);
            cpu.State.Rax++;
            cpu.State.Clock += 200;
        };
        computer.Run();
        Assert.Equal(6UL, computer.Cpu.State.Rax);
        Assert.Equal(3UL, computer.Cpu.State.Steps);
        Assert.Equal(203UL, computer.Cpu.State.Clock);
    }

    [Fact]
    public void A_rep_stops_between_iterations()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.mov(edi, (uint)TestComputer.DataBase);
            a.mov(ecx, 100);
            a.mov(al, 0x5A);
            a.rep.stosb();
            a.hlt();
        });
        Assert.Equal(ProcessorStop.StepLimit, computer.Run(13));
        Assert.Equal(90UL, computer.Cpu.State.Rcx);
        Assert.Equal(TestComputer.DataBase + 10, computer.Cpu.State.Rdi);
        Assert.Equal(ProcessorStop.Halted, computer.Run());
        Assert.Equal(104UL, computer.Cpu.State.Steps);
        Assert.Equal(0x5A, computer.Memory.Read<byte>(TestComputer.DataBase + 99));
        Assert.Equal(0, computer.Memory.Read<byte>(TestComputer.DataBase + 100));
    }

    [Fact]
    public void An_unsupported_instruction_stops_with_its_name()
    {
        using var computer = new TestComputer();
        computer.Load(a => a.monitor());
        Assert.Equal(ProcessorStop.Unsupported, computer.Run());
        Assert.Contains("monitor", Assert.Single(computer.Log));
        Assert.Equal(0UL, computer.Cpu.State.Steps);
    }

    [Fact]
    public void Avx_does_not_exist()
    {
        using var computer = new TestComputer();
        computer.Load(a => a.vaddps(ymm0, ymm1, ymm2));
        computer.Run();
        Assert.Equal(ExceptionVector.InvalidOpcode, computer.HaltedVector());
    }

    private static byte[][] Trace(int stride)
    {
        using var computer = new TestComputer();
        LoadMixture(computer);
        var states = new List<byte[]>();
        ProcessorStop stop;
        do
        {
            stop = computer.Run((ulong)stride);
            states.Add(Bytes(computer.Cpu));
        }
        while (stop == ProcessorStop.StepLimit);
        Assert.Equal(ProcessorStop.Halted, stop);
        return [.. states];
    }

    /// <summary>Flags dead and alive, fused pairs, calls, strings, memory across pages, faults.</summary>
    private static void LoadMixture(TestComputer computer) => computer.Load(a =>
    {
        Label top = a.CreateLabel();
        Label sub = a.CreateLabel();
        Label over = a.CreateLabel();
        a.mov(ecx, 5);
        a.mov(ebx, (uint)TestComputer.DataBase + 0xFFC);
        a.Label(ref top);
        a.add(eax, 0x7FFFFFF1);
        a.sub(edx, eax);
        a.xor(esi, edx);
        a.shr(esi, 3);
        a.inc(edi);
        a.neg(edi);
        a.mov(__qword_ptr[rbx], rax);
        a.add(__qword_ptr[rbx], rdx);
        a.adc(r8, __qword_ptr[rbx]);
        a.call(sub);
        a.cmp(eax, edx);
        a.jbe(over);
        a.setg(r9b);
        a.cmovl(r10, r8);
        a.Label(ref over);
        a.push(rcx);
        a.lea(rdi, __[rbx + 16]);
        a.mov(ecx, 9);
        a.rep.stosb();
        a.pop(rcx);
        a.dec(ecx);
        a.jne(top);
        a.int3();
        a.Label(ref sub);
        a.rol(r8, 5);
        a.imul(r9, r8, 77);
        a.test(r9, r9);
        a.pushfq();
        a.pop(r11);
        a.ret();
    });

    private static byte[] Bytes(Processor cpu) => MemoryMarshal.AsBytes(new ReadOnlySpan<CpuState>(ref cpu.State)).ToArray();
}
