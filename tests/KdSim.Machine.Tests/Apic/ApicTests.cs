using KdSim.Machine.Apic;
using KdSim.Machine.Buses;
using KdSim.Machine.Cpu;
using KdSim.Machine.Time;
using Xunit;

namespace KdSim.Machine.Tests.Apic;

/// <summary>Interrupt controllers driven from outside; delivery to code is tested with guest programs.</summary>
public class ApicTests
{
    [Fact]
    public void The_highest_class_above_cr8_and_service_is_delivered()
    {
        using Computer computer = Create(1);
        LocalApic apic = computer.Apics[0];
        apic.RequestSelf(0x2F);
        apic.RequestSelf(0x51);
        apic.RequestSelf(0x53);
        Assert.Equal(0x53, apic.Deliverable);
        computer.Processors[0].SetCr8(5);
        Assert.Equal(-1, apic.Deliverable);
        Assert.False(computer.Processors[0].InterruptPending);
        computer.Processors[0].SetCr8(4);
        Assert.True(computer.Processors[0].InterruptPending);

        Assert.True(Acknowledge(computer, 0, out byte vector));
        Assert.Equal(0x53, vector);
        Assert.Equal(-1, apic.Deliverable);                 // 51h has the class in service
        apic.Eoi();
        Assert.Equal(0x51, apic.Deliverable);
    }

    [Fact]
    public void An_ipi_arrives_after_the_latency_and_a_self_ipi_at_once()
    {
        using Computer computer = Create(2);
        computer.Apics[0].SendIpi(0, 0x40);
        computer.Apics[0].SendIpi(1, 0x41);
        Assert.True(computer.Apics[0].IsRequested(0x40));
        Assert.False(computer.Apics[1].IsRequested(0x41));
        Assert.Equal(Ticks.PerMicrosecond, Assert.Single(computer.PendingEvents).Due);
        computer.Run(RunRequest.Until(Ticks.PerMicrosecond + 1));
        Assert.True(computer.Apics[1].IsRequested(0x41));
    }

    [Theory]
    [InlineData(0x000C0041u, new[] { 1, 2 })]               // all but self
    [InlineData(0x00080041u, new[] { 0, 1, 2 })]            // all
    [InlineData(0x00040041u, new[] { 0 })]                  // self
    [InlineData(0x00000041u, new[] { 2 })]                  // physical, APIC 2
    public void The_command_register_knows_its_shorthands(uint command, int[] targets)
    {
        using Computer computer = Create(3);
        Processor sender = computer.Processors[0];
        computer.WriteMmio(sender, LocalApic.DefaultAddress + 0x310, 4, 2 << 24);
        computer.WriteMmio(sender, LocalApic.DefaultAddress + 0x300, 4, command);
        computer.Run(RunRequest.Until(Ticks.PerMillisecond));
        Assert.Equal(targets, Enumerable.Range(0, 3).Where(n => computer.Apics[n].IsRequested(0x41)));
    }

    [Fact]
    public void A_shared_level_line_is_sent_again_after_eoi_while_a_source_asserts_it()
    {
        using Computer computer = Create(1);
        IIrqLine first = computer.IoApic.Connect(17);
        IIrqLine second = computer.IoApic.Connect(17);
        LocalApic apic = computer.Apics[0];
        first.Set(true);
        Assert.False(apic.IsRequested(0x61));               // masked still
        computer.IoApic.Program(17, 0x61, 0, levelTriggered: true, activeLow: true);
        Assert.True(apic.IsRequested(0x61));
        second.Set(true);
        Assert.True(Acknowledge(computer, 0, out _));
        Assert.False(apic.IsRequested(0x61));
        first.Set(false);
        apic.Eoi();
        Assert.True(apic.IsRequested(0x61));                // the second source
        Assert.True(Acknowledge(computer, 0, out _));
        second.Set(false);
        apic.Eoi();
        Assert.False(apic.IsRequested(0x61));
    }

    [Fact]
    public void An_edge_line_is_sent_once_a_rise()
    {
        using Computer computer = Create(1);
        IIrqLine line = computer.IoApic.Connect(4);
        computer.IoApic.Program(4, 0x44, 0, levelTriggered: false, activeLow: false);
        line.Set(true);
        Assert.True(Acknowledge(computer, 0, out _));
        line.Set(true);
        computer.Apics[0].Eoi();
        Assert.False(computer.Apics[0].IsRequested(0x44));
        line.Set(false);
        line.Set(true);
        Assert.True(computer.Apics[0].IsRequested(0x44));
    }

    [Fact]
    public void Masking_holds_a_level_line_back()
    {
        using Computer computer = Create(1);
        IIrqLine line = computer.IoApic.Connect(5);
        computer.IoApic.Program(5, 0x45, 0, levelTriggered: true, activeLow: false);
        computer.IoApic.SetMasked(5, true);
        line.Set(true);
        Assert.False(computer.Apics[0].IsRequested(0x45));
        computer.IoApic.SetMasked(5, false);
        Assert.True(computer.Apics[0].IsRequested(0x45));
    }

    [Fact]
    public void The_timer_repeats_without_drift()
    {
        using Computer computer = Create(1);
        computer.Apics[0].StartTimer(0xD1, counts: 1000, periodic: true);
        ulong period = 1000 * 10 * Ticks.PerNanosecond;
        for (ulong n = 1; n <= 5; n++)
        {
            computer.Run(RunRequest.Until(n * period));
            Assert.False(computer.Apics[0].IsRequested(0xD1));
            computer.Run(RunRequest.Until(n * period + 1));
            Assert.True(Acknowledge(computer, 0, out _));
            computer.Apics[0].Eoi();
        }
    }

    [Fact]
    public void Registers_and_methods_show_the_same()
    {
        using Computer computer = Create(2);
        Processor cpu = computer.Processors[1];
        computer.Apics[1].RequestSelf(0x93);
        Assert.Equal(1u << 19, Register(computer, cpu, 0x240));
        Assert.Equal(1u << 24, Register(computer, cpu, 0x20));
        computer.WriteMmio(cpu, LocalApic.DefaultAddress + 0x80, 4, 0xF0);
        Assert.Equal(15UL, cpu.State.Cr8);
        Register(computer, cpu, 0x400);
        RunResult stop = computer.Run(new RunRequest());
        Assert.Equal((StopReason.DeviceError, "local APIC 1: no such register at offset 400h"), (stop.Reason, stop.Text));
    }

    private static Computer Create(int processors)
    {
        var computer = new Computer(new MachineOptions { Processors = processors, MemorySize = 1 << 16 });
        foreach (Processor processor in computer.Processors)
            processor.State.Halted = 1;
        return computer;
    }

    private static bool Acknowledge(Computer computer, int cpu, out byte vector) =>
        ((IProcessorHost)computer).NextInterrupt(computer.Processors[cpu], out vector);

    private static uint Register(Computer computer, Processor cpu, ulong offset) =>
        (uint)computer.ReadMmio(cpu, LocalApic.DefaultAddress + offset, 4);
}
