using KdSim.Devices.Pci;
using KdSim.Devices.Pulse;
using KdSim.Machine.Buses;
using KdSim.Machine.Cpu;
using Xunit;

namespace KdSim.Machine.Tests.Devices;

/// <summary>A machine whose processors are all halted, with a PCI bus and one Pulse; registers are touched from outside.</summary>
internal sealed class Board : IDisposable
{
    public static readonly PciAddress Slot = new(0, 3, 0);

    public Board(int processors = 1, ulong seed = 1)
    {
        Computer = new Computer(new MachineOptions { Processors = processors, MemorySize = 1 << 20, Seed = seed });
        Bus = Computer.AddDevice(new PciBus());
        Computer.AddDevice(new PciHostBridge(Bus));
        Pulse = Computer.AddDevice(new PulseFunction(Bus, Slot));
        foreach (Processor processor in Computer.Processors)
            processor.State.Halted = 1;                   // IF is 0: nothing wakes them
    }

    public Computer Computer { get; }

    public PciBus Bus { get; }

    public PulseFunction Pulse { get; }

    public ulong Base { get; private set; }

    /// <summary>Assigns BARs and switches decoding on.</summary>
    public Board Started()
    {
        PciFirmware.Assign(Bus);
        Bus.Write(Slot, PciRegister.Command, 2, (uint)PciCommand.MemorySpace);
        Base = Pulse.BarBase;
        return this;
    }

    public uint Read(PulseFunction.Register register) => (uint)Computer.Mmio.Read(Base + (ulong)register, 4);

    public void Write(PulseFunction.Register register, uint value) => Computer.Mmio.Write(Base + (ulong)register, 4, value);

    public uint Peek(PulseFunction.Register register)
    {
        Assert.True(Computer.TryPeek(Base + (ulong)register, 4, out ulong value));
        return (uint)value;
    }

    /// <summary>Everything before this time happens.</summary>
    public void RunTo(ulong ticks)
    {
        StopReason reason = Computer.Run(RunRequest.Until(ticks)).Reason;
        Assert.True(reason is StopReason.TimeLimit or StopReason.Idle, reason.ToString());
    }

    public void Dispose() => Computer.Dispose();
}
