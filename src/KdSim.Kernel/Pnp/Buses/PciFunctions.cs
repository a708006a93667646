using KdSim.Machine.Buses;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp.Buses;

/// <summary>
/// What the pci driver does with the configuration space of a function: identifiers, requirements, decoding, power. Leaving D3hot resets the function,
/// so its header is saved before and restored after (PCI PM 1.2).
/// </summary>
public sealed class PciFunctions(NtKernel kernel) : KernelComponent(kernel)
{
    private const int CommandOffset = 4, StatusOffset = 6, Bar0 = 0x10, InterruptLine = 0x3C, InterruptPin = 0x3D, CapabilityList = 0x34;
    private const uint MemorySpace = 2, IoSpace = 1, BusMaster = 4, HasCapabilities = 0x10;
    private const byte PowerManagement = 1;
    private const int MostBars = 6;
    private const ulong WindowStart = 0xE000_0000, WindowEnd = 0xFEBF_FFFF;

    public static PciAddress AddressOf(View<BUS_EXTENSION> child) => new(0, (int)(child.Slot >> 3 & 31), (int)(child.Slot & 7));

    private IPciConfiguration Pci => Kernel.Computer.Pci ?? throw new InvalidOperationException("a PCI child on a machine without PCI");

    public uint Read(View<BUS_EXTENSION> child, int offset, int size) => Pci.Read(AddressOf(child), offset, size);

    public void Write(View<BUS_EXTENSION> child, int offset, int size, uint value) => Pci.Write(AddressOf(child), offset, size, value);

    /// <summary>Identifiers as WDK, "Identifiers for PCI Devices", lists them: first the most special.</summary>
    public (string Device, string[] Hardware, string[] Compatible) Identify(View<BUS_EXTENSION> child)
    {
        uint vendor = Read(child, 0, 2), device = Read(child, 2, 2), revision = Read(child, 8, 1);
        uint subsystem = Read(child, 0x2C, 4), programming = Read(child, 9, 1), sub = Read(child, 10, 1), @class = Read(child, 11, 1);
        string id = $"PCI\\VEN_{vendor:X4}&DEV_{device:X4}", full = $"{id}&SUBSYS_{subsystem:X8}";
        string classes = $"CC_{@class:X2}{sub:X2}";
        return ($"{full}&REV_{revision:X2}",
            [$"{full}&REV_{revision:X2}", full, $"{id}&{classes}{programming:X2}", $"{id}&{classes}"],
            [$"{id}&REV_{revision:X2}", id, $"PCI\\VEN_{vendor:X4}&{classes}{programming:X2}", $"PCI\\VEN_{vendor:X4}&{classes}", $"PCI\\VEN_{vendor:X4}",
                $"PCI\\{classes}{programming:X2}", $"PCI\\{classes}"]);
    }

    /// <summary>Memory and port windows of the BARs, then the interrupt: as a boot configuration (where they are now), and with their sizes.</summary>
    public List<ResourcePiece> BootConfiguration(View<BUS_EXTENSION> child)
    {
        var pieces = new List<ResourcePiece>();
        for (int bar = 0; bar < MostBars; bar++)
        {
            uint value = Read(child, Bar0 + bar * 4, 4), size = SizeOf(child, bar, value);
            if (size == 0)
                continue;
            bool isPort = (value & 1) != 0;
            pieces.Add(new ResourcePiece(isPort ? CmResourceType.Port : CmResourceType.Memory, 1, isPort ? (ushort)1 : (ushort)0, value & ~15u, size));
            if ((value & 7) == 4)
                bar++; // The upper half of a 64-bit BAR.
        }
        if (Read(child, InterruptPin, 1) != 0)
            pieces.Add(new ResourcePiece(CmResourceType.Interrupt, 3, 0, (ulong)(uint)Pci.InterruptInput(AddressOf(child)), 0));
        return pieces;
    }

    /// <summary>Addresses the BARs as assigned and turns decoding and bus mastering on.</summary>
    internal NtStatus Start(View<BUS_EXTENSION> child, ulong rawResources)
    {
        uint command = Read(child, CommandOffset, 2) | BusMaster;
        List<ResourcePiece> assigned = ResourceLists.Pieces(Memory, rawResources);
        int next = 0;
        for (int bar = 0; bar < MostBars; bar++)
        {
            uint value = Read(child, Bar0 + bar * 4, 4);
            if (SizeOf(child, bar, value) == 0)
                continue;
            CmResourceType type = (value & 1) != 0 ? CmResourceType.Port : CmResourceType.Memory;
            while (next < assigned.Count && assigned[next].Type != type)
                next++;
            if (next == assigned.Count)
                return NtStatus.InvalidParameter;
            Write(child, Bar0 + bar * 4, 4, (uint)assigned[next++].Start);
            command |= type == CmResourceType.Port ? IoSpace : MemorySpace;
            if ((value & 7) == 4)
                bar++;
        }
        if (Pci.InterruptInput(AddressOf(child)) is >= 0 and int input)
            Write(child, InterruptLine, 1, (uint)input);
        Write(child, CommandOffset, 2, command);
        child.Started = true;
        return NtStatus.Success;
    }

    /// <summary>Turns decoding off.</summary>
    internal void Stop(View<BUS_EXTENSION> child)
    {
        if (child.Kind != BUS_KIND.Pci || !child.Started)
            return;
        child.Started = false;
        if (child.Present)
            Write(child, CommandOffset, 2, Read(child, CommandOffset, 2) & ~(MemorySpace | IoSpace | BusMaster));
    }

    /// <summary>D0 or D3; other states do not exist here.</summary>
    internal void SetPower(View<BUS_EXTENSION> child, DEVICE_POWER_STATE state)
    {
        DEVICE_POWER_STATE old = child.PowerState;
        child.PowerState = state;
        Observer?.PowerStateChanged(Cpu.Number, child.Self, false, (uint)old, (uint)state);
        if (child.Kind != BUS_KIND.Pci || old == state || !child.Present || FindCapability(child, PowerManagement) is not (> 0 and int capability))
            return;
        if (state == DEVICE_POWER_STATE.PowerDeviceD3)
        {
            for (int at = 0; at < 256; at++)
                child.Configuration.Set(at, (byte)Read(child, at, 1));
            Write(child, capability + 4, 2, 3);
        }
        else if (old == DEVICE_POWER_STATE.PowerDeviceD3)
        {
            Write(child, capability + 4, 2, 0);
            Restore(child, capability);
        }
    }

    /// <summary>Copies configuration bytes to or from guest memory; returns how many (the space ends at 256).</summary>
    internal uint Transfer(View<BUS_EXTENSION> child, bool write, ulong buffer, uint offset, uint length) =>
        Transfer(AddressOf(child), write, buffer, offset, length);

    /// <inheritdoc cref="Transfer(View{BUS_EXTENSION}, bool, ulong, uint, uint)"/>
    internal uint Transfer(PciAddress function, bool write, ulong buffer, uint offset, uint length)
    {
        if (offset >= 256)
            return 0;
        length = Math.Min(length, 256 - offset);
        Cpu.State.Clock += Kernel.Computer.Costs.Copy(length);
        for (uint done = 0; done < length;)
        {
            int at = (int)(offset + done), size = (at & 3) == 0 && length - done >= 4 ? 4 : (at & 1) == 0 && length - done >= 2 ? 2 : 1;
            if (write)
                Pci.Write(function, at, size, Load(buffer + done, size));
            else
                Store(buffer + done, size, Pci.Read(function, at, size));
            done += (uint)size;
        }
        return length;
    }

    private uint Load(ulong address, int size) => size switch { 4 => Memory.ReadU32(address), 2 => Memory.ReadU16(address), _ => Memory.ReadU8(address) };

    private void Store(ulong address, int size, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Memory.Write(address, bytes[..size]);
    }

    /// <summary>The first capability with this id, or 0.</summary>
    public int FindCapability(View<BUS_EXTENSION> child, byte id)
    {
        if ((Read(child, StatusOffset, 2) & HasCapabilities) == 0)
            return 0;
        int at = (int)(Read(child, CapabilityList, 1) & ~3u);
        for (int i = 0; at != 0 && i < 48; i++, at = (int)(Read(child, at + 1, 1) & ~3u))
            if (Read(child, at, 1) == id)
                return at;
        return 0;
    }

    /// <summary>The requirements of a function: each BAR where it is, or else anywhere in the bridge's window; the line that the board wires.</summary>
    internal ulong NewRequirements(View<BUS_EXTENSION> child)
    {
        List<ResourcePiece> pieces = BootConfiguration(child);
        return pieces.Count == 0 ? 0 : Kernel.RequirementsBuilder.New(INTERFACE_TYPE.PCIBus, 0, child.Slot >> 3 & 31 | (child.Slot & 7) << 5, pieces,
            WindowStart, WindowEnd);
    }

    private void Restore(View<BUS_EXTENSION> child, int capability)
    {
        // BARs, line and what lies behind the header first, the command register last: decoding begins at the old addresses.
        for (int at = Bar0; at < 256; at += 4)
            if (at < capability || at >= capability + 8)
                Write(child, at, 4, Saved(child, at, 4));
        Write(child, 0x0C, 2, Saved(child, 0x0C, 2));
        Write(child, CommandOffset, 2, Saved(child, CommandOffset, 2));
    }

    private static uint Saved(View<BUS_EXTENSION> child, int offset, int size)
    {
        uint value = 0;
        for (int i = size - 1; i >= 0; i--)
            value = value << 8 | child.Configuration[offset + i];
        return value;
    }

    /// <summary>Writes ones and reads back; decoding is off meanwhile.</summary>
    private uint SizeOf(View<BUS_EXTENSION> child, int bar, uint value)
    {
        uint command = Read(child, CommandOffset, 2);
        Write(child, CommandOffset, 2, command & ~(MemorySpace | IoSpace));
        Write(child, Bar0 + bar * 4, 4, uint.MaxValue);
        uint mask = Read(child, Bar0 + bar * 4, 4) & ((value & 1) != 0 ? ~3u : ~15u);
        Write(child, Bar0 + bar * 4, 4, value);
        Write(child, CommandOffset, 2, command);
        return mask == 0 ? 0 : ~mask + 1;
    }
}
