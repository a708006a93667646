using KdSim.Devices.Pci;
using KdSim.Devices.Pulse;
using KdSim.Machine.Apic;
using KdSim.Machine.Buses;
using Xunit;

namespace KdSim.Machine.Tests.Devices;

public class PciTests
{
    [Fact]
    public void Enumeration_finds_the_functions_and_ones_elsewhere()
    {
        using var board = new Board();
        Assert.Equal([new PciAddress(0, 0, 0), Board.Slot], board.Bus.Functions);
        Assert.Equal(0x00011AF5u, board.Bus.Read(Board.Slot, 0, 4));
        Assert.Equal(0x00011AF5u, board.Bus.Read(Board.Slot, PciRegister.SubsystemVendorId, 4));
        Assert.Equal(0x11800001u, board.Bus.Read(Board.Slot, PciRegister.Revision, 4));
        Assert.Equal(0xFFFFFFFFu, board.Bus.Read(new PciAddress(0, 4, 0), 0, 4));
        Assert.Equal(0xFFFFu, board.Bus.Read(new PciAddress(0, 3, 1), 0, 2));
        Assert.Equal(0xFFFFFFFFu, board.Bus.Read(new PciAddress(1, 0, 0), 0, 4));
    }

    [Fact]
    public void Ports_and_accessor_see_the_same_space()
    {
        using var board = new Board();
        AddressBus ports = board.Computer.Ports;
        for (uint offset = 0; offset < 256; offset += 4)
        {
            ports.Write(0xCF8, 4, 0x80001800 | offset);
            Assert.Equal(board.Bus.Read(Board.Slot, (int)offset, 4), (uint)ports.Read(0xCFC, 4));
        }

        ports.Write(0xCF8, 4, 0x80001800);
        Assert.Equal(0x0001u, (uint)ports.Read(0xCFE, 2));
        ports.Write(0xCF8, 4, 0x00001800);                 // not enabled
        Assert.Equal(0xFFFFFFFFu, (uint)ports.Read(0xCFC, 4));
    }

    [Fact]
    public void Bar_is_sized_by_writing_ones()
    {
        using var board = new Board();
        board.Bus.Write(Board.Slot, PciRegister.Bar0, 4, 0xFFFFFFFF);
        Assert.Equal(0xFFFFF000u, board.Bus.Read(Board.Slot, PciRegister.Bar0, 4));
        board.Bus.Write(Board.Slot, PciRegister.Bar0 + 4, 4, 0xFFFFFFFF);
        Assert.Equal(0u, board.Bus.Read(Board.Slot, PciRegister.Bar0 + 4, 4));
        Assert.Equal(4096UL, PciFirmware.BarSize(board.Bus, Board.Slot));
        Assert.Equal(0UL, PciFirmware.BarSize(board.Bus, new PciAddress(0, 0, 0)));
    }

    [Fact]
    public void The_window_follows_bar_command_and_power()
    {
        using var board = new Board();
        board.Started();
        Assert.Equal(PulseFunction.IdValue, board.Read(PulseFunction.Register.Id));

        board.Bus.Write(Board.Slot, PciRegister.Bar0, 4, 0xD0000000);
        Assert.Throws<BadRegisterException>(() => board.Read(PulseFunction.Register.Id));
        Assert.Equal(PulseFunction.IdValue, (uint)board.Computer.Mmio.Read(0xD0000000, 4));

        board.Bus.Write(Board.Slot, PciRegister.Command, 2, 0);
        Assert.Throws<BadRegisterException>(() => board.Computer.Mmio.Read(0xD0000000, 4));
        board.Bus.Write(Board.Slot, PciRegister.Command, 2, (uint)PciCommand.MemorySpace);

        board.Computer.Mmio.Write(0xD0000020, 4, 77);
        board.Bus.Write(Board.Slot, PciRegister.PowerControl, 2, 3);
        Assert.Throws<BadRegisterException>(() => board.Computer.Mmio.Read(0xD0000000, 4));
        board.Bus.Write(Board.Slot, PciRegister.PowerControl, 2, 0);
        Assert.Equal(0u, board.Bus.Read(Board.Slot, PciRegister.Bar0, 4));
        board.Bus.Write(Board.Slot, PciRegister.Bar0, 4, 0xD0000000);
        board.Bus.Write(Board.Slot, PciRegister.Command, 2, (uint)PciCommand.MemorySpace);
        Assert.Equal(0u, (uint)board.Computer.Mmio.Read(0xD0000020, 4));
    }

    [Fact]
    public void Unsupported_power_states_are_not_entered()
    {
        using var board = new Board();
        foreach (uint state in new uint[] { 1, 2 })
        {
            board.Bus.Write(Board.Slot, PciRegister.PowerControl, 2, state);
            Assert.Equal(0u, board.Bus.Read(Board.Slot, PciRegister.PowerControl, 2));
        }
    }

    [Fact]
    public void Capabilities_form_a_list_of_power_management_and_msi()
    {
        using var board = new Board();
        Assert.NotEqual(0u, board.Bus.Read(Board.Slot, PciRegister.Status, 2) & 0x10);
        var ids = new List<uint>();
        for (uint at = board.Bus.Read(Board.Slot, PciRegister.Capabilities, 1); at != 0; at = board.Bus.Read(Board.Slot, (int)at + 1, 1))
            ids.Add(board.Bus.Read(Board.Slot, (int)at, 1));
        Assert.Equal([1u, 5u], ids);
    }

    [Fact]
    public void Only_writable_bits_take_what_is_written()
    {
        using var board = new Board();
        uint[] before = [.. Enumerable.Range(0, 64).Select(i => board.Bus.Read(Board.Slot, i * 4, 4))];
        for (int offset = 0; offset < 256; offset += 4)
        {
            if (offset != PciRegister.PowerControl)
                board.Bus.Write(Board.Slot, offset, 4, 0xFFFFFFFF);
        }

        uint[] after = [.. Enumerable.Range(0, 64).Select(i => board.Bus.Read(Board.Slot, i * 4, 4))];
        uint[] changed = [.. before.Zip(after, (b, a) => b ^ a)];
        Assert.Equal(0x00000406u, changed[PciRegister.Command / 4]);
        Assert.Equal(0xFFFFF000u, changed[PciRegister.Bar0 / 4]);
        Assert.Equal(0x000000FFu, changed[PciRegister.InterruptLine / 4]);
        Assert.Equal(0x00010000u, changed[PciRegister.Msi / 4]);
        Assert.Equal(5 + 2, changed.Count(bits => bits != 0));      // and MSI address (twice) and data
    }

    [Fact]
    public void A_pulled_function_reads_as_ones_and_comes_back_reset()
    {
        using var board = new Board();
        board.Started();
        board.Write(PulseFunction.Register.Scratch, 5);
        board.Write(PulseFunction.Register.Control, 1);
        board.Bus.SetPresent(Board.Slot, false);
        Assert.Equal(0xFFFFFFFFu, board.Read(PulseFunction.Register.Scratch));
        Assert.Equal(0xFFFFFFFFu, board.Bus.Read(Board.Slot, 0, 4));
        Assert.DoesNotContain(Board.Slot, board.Bus.Functions);
        Assert.Empty(board.Computer.PendingEvents);
        board.Bus.SetPresent(Board.Slot, true);
        Assert.Equal(0x00011AF5u, board.Bus.Read(Board.Slot, 0, 4));
        Assert.Equal(0u, board.Bus.Read(Board.Slot, PciRegister.Bar0, 4));
    }

    [Fact]
    public void A_message_goes_out_when_the_condition_rises()
    {
        using var board = new Board(processors: 2);
        board.Started();
        board.Bus.Write(Board.Slot, PciRegister.MsiAddress, 4, (uint)LocalApic.DefaultAddress | 1 << 12);
        board.Bus.Write(Board.Slot, PciRegister.MsiData, 2, 0x71);
        board.Bus.Write(Board.Slot, PciRegister.MsiControl, 2, 1);
        board.Bus.Write(Board.Slot, PciRegister.Command, 2, (uint)(PciCommand.MemorySpace | PciCommand.BusMaster));
        board.Write(PulseFunction.Register.Control, 3);
        board.RunTo(2_000_001);
        Assert.True(board.Computer.Apics[1].IsRequested(0x71));
        Assert.False(board.Computer.Apics[0].IsRequested(0x71));
        Assert.False(board.Computer.IoApic.IsAsserted(PciBus.InputOf(Board.Slot, 1)));
    }

    [Fact]
    public void A_slot_cannot_be_taken_twice()
    {
        using var board = new Board();
        Assert.Throws<ArgumentException>(() => board.Computer.AddDevice(new PulseFunction(board.Bus, Board.Slot)));
    }
}
