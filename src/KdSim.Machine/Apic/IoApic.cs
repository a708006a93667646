using System.Runtime.CompilerServices;
using KdSim.Machine.Buses;

namespace KdSim.Machine.Apic;

/// <summary>
/// The IO-APIC (82093AA): 24 inputs, each with a redirection entry. An input is asserted while any of its sources is. A level-triggered input
/// is sent again after its EOI for as long as it is asserted. Polarity is kept but has no meaning here: sources say "asserted".
/// </summary>
public sealed class IoApic : Device<IoApic.State>, IRegisterTarget
{
    public const ulong DefaultAddress = 0xFEC00000;
    public const int Inputs = 24;

    private const ulong Level = 1 << 15;
    private const ulong RemoteIrr = 1 << 14;
    private const ulong Mask = 1 << 16;
    private const ulong Logical = 1 << 11;
    private const ulong ReadOnlyBits = RemoteIrr | 1 << 12;
    private const int MaximumSources = 64;

    private readonly Computer _computer;
    private readonly int[] _sources = new int[Inputs];

    internal IoApic(Computer computer)
        : base("IO-APIC") => _computer = computer;

    [InlineArray(Inputs)]
    public struct PerInput
    {
        private ulong _first;
    }

    public struct State
    {
        /// <summary>Redirection entries as the registers show them.</summary>
        public PerInput Entries;

        /// <summary>One bit a source that asserts the input.</summary>
        public PerInput Asserted;
        public uint Select;
        public uint Id;
    }

    /// <summary>A new source on this input; sources of one input are ORed.</summary>
    public IIrqLine Connect(int input)
    {
        CheckInput(input);
        if (_sources[input] == MaximumSources)
            throw new InvalidOperationException($"IO-APIC input {input} has {MaximumSources} sources already");
        return new Source(this, input, _sources[input]++);
    }

    public bool IsAsserted(int input)
    {
        CheckInput(input);
        return S.Asserted[input] != 0;
    }

    /// <summary>The redirection entry as the registers show it.</summary>
    public ulong Entry(int input)
    {
        CheckInput(input);
        return S.Entries[input];
    }

    /// <summary>Routes an input to one processor and unmasks it.</summary>
    public void Program(int input, int vector, int processor, bool levelTriggered, bool activeLow)
    {
        if (vector is < 16 or > 255)
            throw new ArgumentOutOfRangeException(nameof(vector), vector, "an input needs a vector from 16 to 255");
        if ((uint)processor >= (uint)_computer.Processors.Length)
            throw new ArgumentOutOfRangeException(nameof(processor), processor, "no such processor");
        SetEntry(input, (uint)vector | (levelTriggered ? Level : 0) | (activeLow ? 1UL << 13 : 0) | (ulong)processor << 56);
    }

    public void SetMasked(int input, bool masked) =>
        SetEntry(input, masked ? Entry(input) | Mask : Entry(input) & ~Mask);

    public override void Reset()
    {
        PerInput asserted = S.Asserted;                // levels belong to the sources
        S = default;
        S.Asserted = asserted;
        for (int input = 0; input < Inputs; input++)
            S.Entries[input] = Mask;
    }

    ulong IRegisterTarget.Peek(ulong offset, int size) => ReadRegister(offset, size);

    ulong IRegisterTarget.Read(ulong offset, int size) => ReadRegister(offset, size);

    void IRegisterTarget.Write(ulong offset, int size, ulong value)
    {
        CheckAccess(offset, size);
        if (offset == 0)
            S.Select = (byte)value;
        else
            WriteSelected((uint)value);
    }

    internal void EndOfInterrupt(int vector)
    {
        for (int input = 0; input < Inputs; input++)
        {
            if ((S.Entries[input] & (Level | RemoteIrr)) == (Level | RemoteIrr) && (byte)S.Entries[input] == vector)
            {
                S.Entries[input] &= ~RemoteIrr;
                SendWhileAsserted(input);
            }
        }
    }

    protected override void OnAttached() => Host.Mmio.Add(this, 0x1000, DefaultAddress, enabled: true);

    private static void CheckInput(int input)
    {
        if ((uint)input >= Inputs)
            throw new ArgumentOutOfRangeException(nameof(input), input, "the IO-APIC has inputs 0 to 23");
    }

    private void SetLevel(int input, int source, bool asserted)
    {
        ulong before = S.Asserted[input];
        ulong after = asserted ? before | 1UL << source : before & ~(1UL << source);
        S.Asserted[input] = after;
        bool rose = before == 0 && after != 0;
        if ((S.Entries[input] & Level) != 0)
            SendWhileAsserted(input);
        else if (rose && (S.Entries[input] & Mask) == 0)
            Send(input);
    }

    private void SetEntry(int input, ulong value)
    {
        CheckInput(input);
        ulong kept = (value & Level) != 0 ? S.Entries[input] & RemoteIrr : 0;
        S.Entries[input] = value & ~ReadOnlyBits | kept;
        SendWhileAsserted(input);
    }

    private void SendWhileAsserted(int input)
    {
        if ((S.Entries[input] & (Level | RemoteIrr | Mask)) != Level || S.Asserted[input] == 0)
            return;
        S.Entries[input] |= RemoteIrr;
        Send(input);
    }

    private void Send(int input)
    {
        ulong entry = S.Entries[input];
        if (!_computer.DeliverMessage((byte)entry, (int)(entry >> 8 & 7), (byte)(entry >> 56), (entry & Logical) != 0, (entry & Level) != 0))
            throw new BadRegisterException(Name, 0x10, $"redirection entry {input} ({entry:x16}h) reaches no processor, or with an unknown mode,");
    }

    private ulong ReadRegister(ulong offset, int size)
    {
        CheckAccess(offset, size);
        if (offset == 0)
            return S.Select;
        return S.Select switch
        {
            0 or 2 => S.Id,
            1 => 0x11 | (Inputs - 1) << 16,
            >= 0x10 and < 0x10 + 2 * Inputs => (uint)(S.Entries[(int)(S.Select - 0x10) / 2] >> (int)(S.Select & 1) * 32),
            _ => throw new BadRegisterException(Name, S.Select, "no such indirect register"),
        };
    }

    private void WriteSelected(uint value)
    {
        if (S.Select == 0)
        {
            S.Id = value & 0x0F000000;
            return;
        }

        int input = (int)S.Select - 0x10 >> 1;
        if (S.Select < 0x10 || input >= Inputs)
            throw new BadRegisterException(Name, S.Select, "no such indirect register to write");
        ulong entry = S.Entries[input];
        SetEntry(input, (S.Select & 1) != 0 ? (uint)entry | (ulong)value << 32 : entry & ~0xFFFFFFFFUL | value);
    }

    private void CheckAccess(ulong offset, int size)
    {
        if (size != 4 || offset is not (0 or 0x10))
            throw new BadRegisterException(Name, offset, $"{size}-byte access (only 4 bytes at 0 and 10h)");
    }

    private sealed class Source(IoApic owner, int input, int number) : IIrqLine
    {
        public void Set(bool asserted) => owner.SetLevel(input, number, asserted);
    }
}
