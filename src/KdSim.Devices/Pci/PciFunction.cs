using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KdSim.Machine.Buses;

namespace KdSim.Devices.Pci;

/// <summary>The 256 bytes of a function's configuration space.</summary>
[InlineArray(256)]
public struct PciSpace
{
    private byte _first;
}

/// <summary>State of a PCI function: its configuration space, its interrupt condition, and what the device itself has.</summary>
public struct PciFunctionState<TOwn>
    where TOwn : unmanaged
{
    public PciSpace Space;

    /// <summary>The device wants attention (before masking by the command register or the choice of line or message).</summary>
    public uint Interrupt;

    /// <summary>The condition as MSI saw it last: a message goes out when it rises.</summary>
    public uint MessageCondition;

    /// <summary>1 if the function is plugged in.</summary>
    public uint Present;

    /// <summary>Keeps the own state aligned.</summary>
    public uint Reserved;
    public TOwn Own;
}

/// <summary>
/// A type-0 PCI function with one optional memory BAR, power management (D0, D3hot) and MSI. What the guest may write is a mask a byte, so sizing a
/// BAR needs no special case. D3hot to D0 is a reset of the whole function, its header included (PCI PM 1.2, No_Soft_Reset = 0): whoever
/// powers it down saves and restores its configuration.
/// </summary>
public abstract class PciFunction<TOwn> : Device<PciFunctionState<TOwn>>, IPciFunction, IRegisterTarget
    where TOwn : unmanaged
{
    private const byte MultifunctionBit = 0x80;
    private const byte StatusInterrupt = 1 << 3;
    private const byte StatusCapabilities = 1 << 4;
    private const uint BarAddress = ~15u;

    private readonly byte[] _initial = new byte[256];
    private readonly byte[] _writable = new byte[256];
    private readonly PciBus _bus;
    private readonly uint _barSize;
    private readonly bool _initiallyPresent;
    private AddressWindow? _window;
    private IIrqLine? _line;

    /// <param name="name">For reports.</param>
    /// <param name="bus">Attached before its functions.</param>
    /// <param name="address">The slot.</param>
    /// <param name="identity">What the header says.</param>
    /// <param name="barSize">Bytes of BAR0 (a power of two from 16 up), or 0 for none.</param>
    /// <param name="present">Whether it is plugged in at power-on.</param>
    protected PciFunction(string name, PciBus bus, PciAddress address, PciIdentity identity, uint barSize, bool present)
        : base(name)
    {
        if (barSize != 0 && (barSize < 16 || !uint.IsPow2(barSize)))
            throw new ArgumentOutOfRangeException(nameof(barSize), barSize, "a BAR's size is a power of two from 16 up");
        _bus = bus;
        Address = address;
        Identity = identity;
        _barSize = barSize;
        _initiallyPresent = present;
        BuildHeader();
        BuildCapabilities();
    }

    public PciAddress Address { get; }

    public PciIdentity Identity { get; }

    public bool IsPresent => S.Present != 0;

    /// <summary>Where BAR0 points, decoded or not.</summary>
    public ulong BarBase => Get32(PciRegister.Bar0) & BarAddress;

    public bool IsInD3 => (S.Space[PciRegister.PowerControl] & 3) == 3;

    protected ref TOwn Own => ref S.Own;

    private PciCommand Command => (PciCommand)Get16(PciRegister.Command);

    private bool MsiEnabled => Identity.Msi && (S.Space[PciRegister.MsiControl] & 1) != 0;

    /// <summary>Power-on: plugged in or not as the machine was built.</summary>
    public sealed override void Reset()
    {
        S.Present = _initiallyPresent ? 1u : 0;
        ResetFunction();
    }

    public uint ReadConfiguration(int offset, int size)
    {
        uint value = 0;
        for (int i = size - 1; i >= 0; i--)
            value = value << 8 | ReadByte(offset + i);
        return value;
    }

    public void WriteConfiguration(int offset, int size, uint value)
    {
        bool wasInD3 = IsInD3;
        for (int i = 0; i < size; i++)
            WriteByte(offset + i, (byte)(value >> i * 8));
        if (wasInD3 && !IsInD3)
        {
            ResetFunction();
            return;
        }

        if (!wasInD3 && IsInD3)
            LosePower();
        Refresh();
    }

    public void SetPresent(bool present)
    {
        if (present)
        {
            S.Present = 1;
            ResetFunction();
            return;
        }

        // The bridge goes on decoding the window, but nobody answers: reads give ones, as after a surprise removal.
        LosePower();
        S.Present = 0;
        Refresh();
    }

    public bool TrySetRegister(string register, ulong value)
    {
        if (!TryFindRegister(register, out ulong offset, out int size))
            return false;
        try
        {
            ((IRegisterTarget)this).Write(offset, size, value);
            return true;
        }
        catch (BadRegisterException)
        {
            return false;
        }
    }

    public void MarkMultifunction()
    {
        _initial[PciRegister.HeaderType] |= MultifunctionBit;
        S.Space[PciRegister.HeaderType] |= MultifunctionBit;
    }

    ulong IRegisterTarget.Read(ulong offset, int size) => IsPresent ? ReadRegister(offset, size) : Ones(size);

    ulong IRegisterTarget.Peek(ulong offset, int size) => IsPresent ? PeekRegister(offset, size) : Ones(size);

    void IRegisterTarget.Write(ulong offset, int size, ulong value)
    {
        if (IsPresent)
            WriteRegister(offset, size, value);
    }

    /// <summary>The registers behind BAR0.</summary>
    /// <summary>Where a register lies, by its name in the data sheet; case does not matter.</summary>
    protected virtual bool TryFindRegister(string name, out ulong offset, out int size)
    {
        (offset, size) = (0, 0);
        return false;
    }

    protected abstract ulong ReadRegister(ulong offset, int size);

    protected abstract ulong PeekRegister(ulong offset, int size);

    protected abstract void WriteRegister(ulong offset, int size, ulong value);

    /// <summary>Sets <see cref="Own"/> to its power-on state and cancels events.</summary>
    protected abstract void ResetOwn();

    /// <summary>Power is going (D3hot, or pulled out): stop activity; the own state is lost.</summary>
    protected abstract void OnPowerDown();

    /// <summary>The device wants attention or no longer does: call after every change of state.</summary>
    protected void SetInterrupt(bool wanted)
    {
        S.Interrupt = wanted ? 1u : 0;
        RefreshInterrupt();
    }

    protected override void OnAttached()
    {
        _bus.Register(this);
        if (_barSize != 0)
            _window = Host.Mmio.Add(this, Math.Max(_barSize, 16));
        if (Identity.InterruptPin != 0)
            _line = Host.ConnectInterrupt(PciBus.InputOf(Address, Identity.InterruptPin));
    }

    protected override void OnRestored() => RefreshWindow();

    private static ulong Ones(int size) => ulong.MaxValue >> 64 - size * 8;

    private void BuildHeader()
    {
        Put(PciRegister.VendorId, Identity.Vendor, 2);
        Put(PciRegister.DeviceId, Identity.Device, 2);
        Put(PciRegister.Revision, Identity.Revision, 1);
        Put(PciRegister.ClassCode, (uint)Identity.ClassCode, 3);
        Put(PciRegister.SubsystemVendorId, Identity.SubsystemVendor, 2);
        Put(PciRegister.SubsystemId, Identity.Subsystem, 2);
        Put(PciRegister.InterruptPin, Identity.InterruptPin, 1);
        PciCommand settable = PciCommand.BusMaster | (_barSize != 0 ? PciCommand.MemorySpace : 0) |
            (Identity.InterruptPin != 0 ? PciCommand.InterruptDisable : 0);
        Allow(PciRegister.Command, (uint)settable, 2);
        Allow(PciRegister.Bar0, _barSize == 0 ? 0 : ~(_barSize - 1), 4);
        if (Identity.InterruptPin != 0)
            Allow(PciRegister.InterruptLine, 0xFF, 1);
    }

    private void BuildCapabilities()
    {
        int link = PciRegister.Capabilities;
        if (Identity.PowerManagement)
        {
            Put(link, PciRegister.PowerManagement, 1);
            link = PciRegister.PowerManagement + 1;
            Put(PciRegister.PowerManagement, 0x01, 1);
            Put(PciRegister.PowerManagement + 2, 0x0003, 2);      // version 1.2, no D1, D2 or PME
            Allow(PciRegister.PowerControl, 0x0003, 2);
        }

        if (Identity.Msi)
        {
            Put(link, PciRegister.Msi, 1);
            Put(PciRegister.Msi, 0x05, 1);
            Put(PciRegister.MsiControl, 0x0080, 2);               // one message, 64-bit address
            Allow(PciRegister.MsiControl, 0x0001, 2);
            Allow(PciRegister.MsiAddress, ~3u, 4);
            Allow(PciRegister.MsiAddress + 4, uint.MaxValue, 4);
            Allow(PciRegister.MsiData, 0xFFFF, 2);
        }

        if (Identity.PowerManagement || Identity.Msi)
            Put(PciRegister.Status, StatusCapabilities, 2);
    }

    private void Put(int offset, uint value, int size)
    {
        for (int i = 0; i < size; i++)
            _initial[offset + i] = (byte)(value >> i * 8);
    }

    private void Allow(int offset, uint mask, int size)
    {
        for (int i = 0; i < size; i++)
            _writable[offset + i] = (byte)(mask >> i * 8);
    }

    private byte ReadByte(int offset)
    {
        byte value = S.Space[offset];
        return offset == PciRegister.Status && S.Interrupt != 0 ? (byte)(value | StatusInterrupt) : value;
    }

    private void WriteByte(int offset, byte value)
    {
        // D1 and D2 are not there: such a write leaves the power state (PCI PM 1.2, 3.2.4).
        if (offset == PciRegister.PowerControl && Identity.PowerManagement && (value & 3) is 1 or 2)
            return;
        byte writable = _writable[offset];
        S.Space[offset] = (byte)(S.Space[offset] & ~writable | value & writable);
    }

    private void ResetFunction()
    {
        _initial.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<PciSpace, byte>(ref S.Space), 256));
        S.Interrupt = 0;
        ResetOwn();
        Refresh();
    }

    private void LosePower()
    {
        OnPowerDown();
        S.Interrupt = 0;
    }

    private void Refresh()
    {
        RefreshWindow();
        RefreshInterrupt();
    }

    private void RefreshWindow()
    {
        if (_window is null)
            return;
        _window.Base = BarBase;
        _window.Enabled = (Command & PciCommand.MemorySpace) != 0 && !IsInD3;
    }

    private void RefreshInterrupt()
    {
        bool wanted = IsPresent && S.Interrupt != 0 && !IsInD3;
        _line?.Set(wanted && !MsiEnabled && (Command & PciCommand.InterruptDisable) == 0);
        // A message is a write to memory, so it needs bus mastering.
        bool condition = wanted && MsiEnabled && (Command & PciCommand.BusMaster) != 0;
        bool rose = condition && S.MessageCondition == 0;
        S.MessageCondition = condition ? 1u : 0;
        if (rose)
            Host.SendMessage(Get32(PciRegister.MsiAddress) | (ulong)Get32(PciRegister.MsiAddress + 4) << 32, Get16(PciRegister.MsiData));
    }

    private ushort Get16(int offset) => (ushort)(S.Space[offset] | S.Space[offset + 1] << 8);

    private uint Get32(int offset) => Get16(offset) | (uint)Get16(offset + 2) << 16;
}
