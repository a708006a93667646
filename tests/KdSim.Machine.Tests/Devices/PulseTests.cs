using CsCheck;
using KdSim.Devices.Pci;
using KdSim.Devices.Pulse;
using KdSim.Machine.Buses;
using KdSim.Machine.Time;
using Xunit;
using Register = KdSim.Devices.Pulse.PulseFunction.Register;

namespace KdSim.Machine.Tests.Devices;

public class PulseTests
{
    private const ulong Millisecond = Ticks.PerMillisecond;

    private static readonly int Input = PciBus.InputOf(Board.Slot, 1);

    [Fact]
    public void Registers_have_the_documented_reset_values()
    {
        using var board = new Board();
        board.Started();
        Assert.Equal(0x50554C53u, board.Read(Register.Id));
        Assert.Equal(0x00010000u, board.Read(Register.Version));
        Assert.Equal(0u, board.Read(Register.Control));
        Assert.Equal(0u, board.Read(Register.Status));
        Assert.Equal(1000u, board.Read(Register.Rate));
        Assert.Equal(1u, board.Read(Register.Watermark));
        Assert.Equal(0u, board.Read(Register.Sequence));
        Assert.Equal(0u, board.Read(Register.Scratch));
    }

    [Fact]
    public void Samples_come_once_a_period_and_raise_the_line_at_the_watermark()
    {
        using var board = new Board();
        board.Started();
        board.Write(Register.Watermark, 3);
        board.Write(Register.Control, 3);
        board.RunTo(2 * Millisecond + 1);
        Assert.Equal(2u, board.Peek(Register.Status) >> 16);
        Assert.False(board.Computer.IoApic.IsAsserted(Input));
        board.RunTo(3 * Millisecond + 1);
        Assert.Equal(0x00030005u, board.Peek(Register.Status));
        Assert.True(board.Computer.IoApic.IsAsserted(Input));

        board.Write(Register.Status, 4);
        Assert.False(board.Computer.IoApic.IsAsserted(Input));
        for (uint n = 0; n < 3; n++)
            Assert.Equal(PulseFunction.Sample(1, n), board.Read(Register.Fifo));
        Assert.Equal(0u, board.Read(Register.Status));
    }

    [Fact]
    public void An_interrupt_that_was_cleared_at_a_high_level_comes_back_with_the_next_sample()
    {
        using var board = new Board();
        board.Started();
        board.Write(Register.Control, 3);
        board.RunTo(Millisecond + 1);
        board.Write(Register.Status, 4);
        Assert.False(board.Computer.IoApic.IsAsserted(Input));
        board.RunTo(2 * Millisecond + 1);
        Assert.True(board.Computer.IoApic.IsAsserted(Input));
    }

    [Fact]
    public void A_full_fifo_loses_the_new_sample()
    {
        using var board = new Board();
        board.Started();
        board.Write(Register.Rate, 10);
        board.Write(Register.Control, 1);
        board.RunTo(70 * 10 * Ticks.PerMicrosecond + 1);
        Assert.Equal(0x00400007u, board.Peek(Register.Status));
        Assert.Equal(70u, board.Read(Register.Sequence));
        Assert.Equal(PulseFunction.Sample(1, 0), board.Read(Register.Fifo));
    }

    [Fact]
    public void Peek_takes_nothing()
    {
        using var board = new Board();
        board.Started();
        board.Write(Register.Control, 1);
        board.RunTo(Millisecond + 1);
        UInt128 before = board.Computer.Hash();
        Assert.Equal(PulseFunction.Sample(1, 0), board.Peek(Register.Fifo));
        Assert.Equal(PulseFunction.Sample(1, 0), board.Peek(Register.Fifo));
        Assert.Equal(before, board.Computer.Hash());
    }

    [Theory]
    [InlineData(0x24, 4)]
    [InlineData(0xFFC, 4)]
    [InlineData(0x02, 4)]
    [InlineData(0x08, 2)]
    [InlineData(0x08, 8)]
    public void What_is_not_a_register_is_an_error_by_name(ulong offset, int size)
    {
        using var board = new Board();
        board.Started();
        BadRegisterException read = Assert.Throws<BadRegisterException>(() => board.Computer.Mmio.Read(board.Base + offset, size));
        Assert.Equal(("Pulse", offset), (read.Device, read.Offset));
        Assert.Throws<BadRegisterException>(() => board.Computer.Mmio.Write(board.Base + offset, size, 0));
        Assert.False(board.Computer.TryPeek(board.Base + offset, size, out _));
    }

    [Fact]
    public void A_bad_access_by_a_processor_stops_the_machine_and_lets_it_go_on()
    {
        using var board = new Board();
        board.Started();
        Assert.Equal(uint.MaxValue, board.Computer.ReadMmio(board.Computer.Processors[0], board.Base + 0x24, 4));
        RunResult result = board.Computer.Run(new RunRequest());
        Assert.Equal(StopReason.DeviceError, result.Reason);
        Assert.Equal("Pulse: no such register at offset 24h", result.Text);
        Assert.Equal(StopReason.Idle, board.Computer.Run(new RunRequest()).Reason);
    }

    /// <summary>Random driving against a model written from the data sheet.</summary>
    [Fact]
    public void Registers_agree_with_the_data_sheet_under_any_driving()
    {
        Gen<(int What, uint Value)> step = Gen.Select(Gen.Int[0, 11], Gen.Frequency((3, Gen.UInt[0, 70]), (1, Gen.UInt)));
        step.Array[1, 120].Sample(
            steps =>
            {
                using var board = new Board(seed: 3);
                board.Started();
                var model = new PulseModel(seed: 3);
                foreach ((int what, uint value) in steps)
                {
                    Drive(board, model, what, value);
                    Assert.Equal(model.Status, board.Peek(Register.Status));
                    Assert.Equal(model.Control, board.Peek(Register.Control));
                    Assert.Equal(model.Rate, board.Peek(Register.Rate));
                    Assert.Equal(model.Watermark, board.Peek(Register.Watermark));
                    Assert.Equal(model.Sequence, board.Peek(Register.Sequence));
                    Assert.Equal(model.Line, board.Computer.IoApic.IsAsserted(Input));
                }
            },
            iter: 300);
    }

    private static void Drive(Board board, PulseModel model, int what, uint value)
    {
        switch (what)
        {
            case 0: board.Write(Register.Control, value); model.WriteControl(value); break;
            case 1: board.Write(Register.Status, value); model.WriteStatus(value); break;
            case 2: board.Write(Register.Rate, value); model.WriteRate(value); break;
            case 3: board.Write(Register.Watermark, value); model.WriteWatermark(value); break;
            case <= 6: Assert.Equal(model.Pop(), board.Read(Register.Fifo)); break;
            default:
                ulong until = model.Now + value % 100_000 * Ticks.PerMicrosecond / 100;
                board.RunTo(until);
                model.RunTo(until);
                break;
        }
    }
}
