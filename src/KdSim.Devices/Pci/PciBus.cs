using KdSim.Machine.Buses;

namespace KdSim.Devices.Pci;

/// <summary>
/// PCI bus 0 and its configuration mechanism 1: the address port CF8h and the data ports CFCh to CFFh. A function that is absent reads as
/// ones, as enumeration expects. The same space is reached from C# through <see cref="IPciConfiguration"/>.
/// </summary>
public sealed class PciBus() : Device<PciBus.State>("PCI bus"), IPciConfiguration, IRegisterTarget
{
    private const ushort AddressPort = 0xCF8;
    private const ulong DataOffset = 4;
    private const uint Enable = 1u << 31;
    private const uint AddressBits = 0x80FFFFFC;
    private const int FirstInput = 16;
    private const int PciInputs = 8;

    private readonly SortedDictionary<int, IPciFunction> _functions = [];

    public struct State
    {
        /// <summary>The address port.</summary>
        public uint Address;
    }

    public IEnumerable<PciAddress> Slots => _functions.Values.Select(function => function.Address);

    public IEnumerable<PciAddress> Functions =>
        _functions.Values.Where(function => function.IsPresent).Select(function => function.Address);

    /// <summary>Usual board wiring: pins rotate over the inputs 16 to 23 by device number, so that few functions share.</summary>
    public static int InputOf(PciAddress address, int pin) => FirstInput + (address.Device + pin - 1) % PciInputs;

    public uint Read(PciAddress address, int offset, int size)
    {
        CheckAccess(offset, size);
        return Find(address) is { } function ? function.ReadConfiguration(offset, size) : Ones(size);
    }

    public void Write(PciAddress address, int offset, int size, uint value)
    {
        CheckAccess(offset, size);
        Find(address)?.WriteConfiguration(offset, size, value);
    }

    public int InterruptInput(PciAddress address) =>
        Find(address) is { Identity.InterruptPin: > 0 and byte pin } ? InputOf(address, pin) : -1;

    public void SetPresent(PciAddress address, bool present)
    {
        if (!_functions.TryGetValue(Key(address), out IPciFunction? function))
            throw new ArgumentException($"the machine has no PCI function for slot {address}", nameof(address));
        if (function.IsPresent != present)
            function.SetPresent(present);
    }

    public bool TrySetRegister(PciAddress address, string register, ulong value) => Find(address)?.TrySetRegister(register, value) ?? false;

    public override void Reset() => S = default;

    ulong IRegisterTarget.Read(ulong offset, int size) => ReadPort(offset, size);

    ulong IRegisterTarget.Peek(ulong offset, int size) => ReadPort(offset, size);

    void IRegisterTarget.Write(ulong offset, int size, ulong value)
    {
        if (offset < DataOffset)
        {
            CheckAddressPort(offset, size);
            S.Address = (uint)value & AddressBits;
        }
        else if ((S.Address & Enable) != 0)
        {
            Write(Selected, SelectedOffset(offset), size, (uint)value);
        }
    }

    /// <summary>Functions announce themselves when the machine attaches them.</summary>
    internal void Register(IPciFunction function)
    {
        PciAddress address = function.Address;
        if (address is not { Bus: 0, Device: >= 0 and < 32, Function: >= 0 and < 8 })
            throw new ArgumentException($"there is no PCI slot {address} (bus 0, devices 00 to 1f, functions 0 to 7)");
        if (!_functions.TryAdd(Key(address), function))
            throw new ArgumentException($"PCI slot {address} is taken");
        int first = Key(address with { Function = 0 });
        if (_functions.TryGetValue(first, out IPciFunction? zero) && _functions.Keys.Any(key => key > first && key < first + 8))
            zero.MarkMultifunction();
    }

    protected override void OnAttached() => Host.Ports.Add(this, 8, AddressPort, enabled: true);

    private static int Key(PciAddress address) => address.Bus << 8 | address.Device << 3 | address.Function;

    private static uint Ones(int size) => uint.MaxValue >> 32 - size * 8;

    private static void CheckAccess(int offset, int size)
    {
        if (size is not (1 or 2 or 4) || offset is < 0 or > 255 || offset % size != 0)
            throw new BadRegisterException("PCI configuration space", (ulong)(uint)offset, $"{size}-byte access");
    }

    private PciAddress Selected => new((int)(S.Address >> 16 & 0xFF), (int)(S.Address >> 11 & 31), (int)(S.Address >> 8 & 7));

    private int SelectedOffset(ulong portOffset) => (int)(S.Address & 0xFC) | (int)(portOffset - DataOffset);

    private IPciFunction? Find(PciAddress address) =>
        _functions.TryGetValue(Key(address), out IPciFunction? function) && function.IsPresent ? function : null;

    private ulong ReadPort(ulong offset, int size)
    {
        if (offset < DataOffset)
        {
            CheckAddressPort(offset, size);
            return S.Address;
        }

        return (S.Address & Enable) != 0 ? Read(Selected, SelectedOffset(offset), size) : Ones(size);
    }

    private void CheckAddressPort(ulong offset, int size)
    {
        if (offset != 0 || size != 4)
            throw new BadRegisterException(Name, AddressPort + offset, $"{size}-byte access to the address port (4 bytes only)");
    }
}
