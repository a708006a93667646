using KdSim.Machine.Cpu;
using Xunit;

namespace KdSim.Machine.Tests.Cpu;

/// <summary>Whatever bytes stand there: the processor steps, faults through the IDT, or stops with a name. It never fails itself.</summary>
public sealed class OpcodeSweepTests
{
    private static readonly byte[][] Prefixes = [[], [0x66], [0x48], [0xF3], [0xF2], [0xF0], [0x66, 0x0F], [0x0F], [0x48, 0x0F], [0xF3, 0x0F], [0xF2, 0x0F]];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_opcode_is_stepped_over_faults_or_is_named(bool user)
    {
        using var computer = new TestComputer();
        Processor cpu = computer.Cpu;
        CpuState start = cpu.State;
        Span<byte> code = stackalloc byte[16];
        foreach (byte[] prefix in Prefixes)
        {
            for (int opcode = 0; opcode < 256; opcode++)
            {
                for (int modrm = 0; modrm < 256; modrm += 5)
                {
                    code.Fill(0x01);
                    prefix.CopyTo(code);
                    code[prefix.Length] = (byte)opcode;
                    code[prefix.Length + 1] = (byte)modrm;
                    computer.Memory.Write(TestComputer.CodeBase, code);
                    cpu.State = start;
                    if (user)
                        computer.EnterUserMode();
                    cpu.State.Rbx = cpu.State.Rsi = cpu.State.Rdi = cpu.State.Rcx = TestComputer.DataBase;
                    computer.Log.Clear();
                    ProcessorStop stop = computer.Run(1);
                    Assert.True(stop is ProcessorStop.StepLimit or ProcessorStop.Halted or ProcessorStop.Unsupported, Convert.ToHexString(code));
                    if (stop == ProcessorStop.Unsupported)
                        Assert.NotEmpty(computer.Log);
                    else
                        Assert.InRange(cpu.State.Steps, 1UL, 1UL);
                }
            }
        }
    }
}
