using System.Runtime.CompilerServices;
using KdSim.Devices.Pci;
using KdSim.Machine.Buses;
using KdSim.Machine.Time;

namespace KdSim.Devices.Pulse;

/// <summary>
/// The sample generator; README.md beside this file is its data sheet. Vendor 1AF5 and device 0001 are KdSim's own numbers.
/// The interrupt condition is STATUS.INTERRUPT and CONTROL.INTERRUPT_ENABLE, set after every change.
/// </summary>
public sealed class PulseFunction(PciBus bus, PciAddress address, bool present = true)
    : PciFunction<PulseFunction.State>("Pulse", bus, address, Identification, BarBytes, present)
{
    public const int FifoDepth = 64;
    public const uint ShortestPeriod = 10;
    public const uint LongestPeriod = 1_000_000;
    public const uint IdValue = 0x50554C53;
    public const uint VersionValue = 0x00010000;

    private const uint BarBytes = 4096;
    private const uint DefaultPeriod = 1000;
    private const int SampleDue = 1;

    private static readonly PciIdentity Identification =
        new(0x1AF5, 0x0001, 0x01, 0x118000, 0x1AF5, 0x0001, InterruptPin: 1) { PowerManagement = true, Msi = true };

    /// <summary>Offsets of the registers.</summary>
    public enum Register : ulong
    {
        Id = 0x00,
        Version = 0x04,
        Control = 0x08,
        Status = 0x0C,
        Rate = 0x10,
        Fifo = 0x14,
        Watermark = 0x18,
        Sequence = 0x1C,
        Scratch = 0x20,
    }

    [Flags]
    public enum ControlBits : uint
    {
        None = 0,
        Enable = 1 << 0,
        InterruptEnable = 1 << 1,
        FifoReset = 1 << 2,
    }

    [Flags]
    public enum StatusBits : uint
    {
        None = 0,
        Ready = 1 << 0,
        Overrun = 1 << 1,
        Interrupt = 1 << 2,
        Underrun = 1 << 3,
        Latched = Overrun | Interrupt | Underrun,
    }

    [InlineArray(FifoDepth)]
    public struct FifoEntries
    {
        private uint _first;
    }

    public struct State
    {
        public FifoEntries Fifo;
        public int Head;
        public int Level;
        public ControlBits Control;

        /// <summary>Only the latched bits; the others are computed.</summary>
        public StatusBits Status;
        public uint Rate;
        public uint Watermark;
        public uint Sequence;
        public uint Scratch;
    }

    /// <summary>Sample number n (modulo 2^32) of the machine with this seed.</summary>
    public static uint Sample(ulong seed, uint number) => number << 16 | (uint)(Choices.Hash(seed, IdValue, number) & 0xFFFF);

    public override void OnEvent(in MachineEvent machineEvent)
    {
        Schedule(machineEvent.Due + Period, SampleDue);
        bool lost = Own.Level == FifoDepth;
        if (!lost)
            Own.Fifo[(Own.Head + Own.Level++) % FifoDepth] = Sample(Host.Seed, Own.Sequence);
        Own.Sequence++;
        if (lost)
            Own.Status |= StatusBits.Overrun;
        if (lost || Own.Level >= Own.Watermark)
            Own.Status |= StatusBits.Interrupt;
        UpdateInterrupt();
    }

    protected override bool TryFindRegister(string name, out ulong offset, out int size)
    {
        bool found = Enum.TryParse(name, ignoreCase: true, out Register register) && Enum.IsDefined(register);
        (offset, size) = ((ulong)register, 4);
        return found;
    }

    protected override ulong ReadRegister(ulong offset, int size)
    {
        if ((Register)offset != Register.Fifo || size != 4)
            return PeekRegister(offset, size);
        if (Own.Level == 0)
        {
            Own.Status |= StatusBits.Underrun;
            return 0;
        }

        uint sample = Own.Fifo[Own.Head];
        Own.Head = (Own.Head + 1) % FifoDepth;
        Own.Level--;
        return sample;
    }

    protected override ulong PeekRegister(ulong offset, int size)
    {
        CheckAccess(offset, size);
        return (Register)offset switch
        {
            Register.Id => IdValue,
            Register.Version => VersionValue,
            Register.Control => (uint)Own.Control,
            Register.Status => (uint)Status,
            Register.Rate => Own.Rate,
            Register.Fifo => Own.Level == 0 ? 0 : Own.Fifo[Own.Head],
            Register.Watermark => Own.Watermark,
            Register.Sequence => Own.Sequence,
            Register.Scratch => Own.Scratch,
            _ => throw new BadRegisterException(Name, offset, "no such register"),
        };
    }

    protected override void WriteRegister(ulong offset, int size, ulong value)
    {
        CheckAccess(offset, size);
        uint word = (uint)value;
        switch ((Register)offset)
        {
            case Register.Control: WriteControl((ControlBits)word); break;
            case Register.Status: Own.Status &= ~((StatusBits)word & StatusBits.Latched); break;
            case Register.Rate:
                Own.Rate = Math.Clamp(word, ShortestPeriod, LongestPeriod);
                Restart();
                break;
            case Register.Watermark: Own.Watermark = Math.Clamp(word, 1, FifoDepth); break;
            case Register.Scratch: Own.Scratch = word; break;
            case Register.Id or Register.Version or Register.Fifo or Register.Sequence:
                throw new BadRegisterException(Name, offset, $"write to {(Register)offset}, which is read-only,");
            default:
                throw new BadRegisterException(Name, offset, "no such register to write");
        }

        UpdateInterrupt();
    }

    protected override void ResetOwn()
    {
        Cancel(SampleDue);
        Own = default;
        Own.Rate = DefaultPeriod;
        Own.Watermark = 1;
    }

    protected override void OnPowerDown() => ResetOwn();

    private ulong Period => Own.Rate * Ticks.PerMicrosecond;

    private StatusBits Status =>
        Own.Status | (Own.Level >= Own.Watermark ? StatusBits.Ready : 0) | (StatusBits)(Own.Level << 16);

    private void WriteControl(ControlBits value)
    {
        bool wasEnabled = (Own.Control & ControlBits.Enable) != 0;
        Own.Control = value & (ControlBits.Enable | ControlBits.InterruptEnable);
        if ((value & ControlBits.FifoReset) != 0)
        {
            Own.Fifo = default;
            Own.Head = Own.Level = 0;
            Own.Status = StatusBits.None;
        }

        if (wasEnabled != ((value & ControlBits.Enable) != 0))
            Restart();
    }

    private void Restart()
    {
        Cancel(SampleDue);
        if ((Own.Control & ControlBits.Enable) != 0)
            Schedule(Host.Now + Period, SampleDue);
    }

    private void UpdateInterrupt() =>
        SetInterrupt((Own.Status & StatusBits.Interrupt) != 0 && (Own.Control & ControlBits.InterruptEnable) != 0);

    private void CheckAccess(ulong offset, int size)
    {
        if (size != 4 || (offset & 3) != 0)
            throw new BadRegisterException(Name, offset, $"{size}-byte access (registers are aligned 32-bit words)");
    }
}
