namespace KdSim.Devices.Pci;

/// <summary>Offsets in a type-0 header (PCI 3.0, 6.1) and where this project puts capabilities.</summary>
public static class PciRegister
{
    public const int VendorId = 0x00;
    public const int DeviceId = 0x02;
    public const int Command = 0x04;
    public const int Status = 0x06;
    public const int Revision = 0x08;
    public const int ClassCode = 0x09;
    public const int HeaderType = 0x0E;
    public const int Bar0 = 0x10;
    public const int SubsystemVendorId = 0x2C;
    public const int SubsystemId = 0x2E;
    public const int Capabilities = 0x34;
    public const int InterruptLine = 0x3C;
    public const int InterruptPin = 0x3D;
    public const int PowerManagement = 0x40;
    public const int PowerControl = PowerManagement + 4;
    public const int Msi = 0x50;
    public const int MsiControl = Msi + 2;
    public const int MsiAddress = Msi + 4;
    public const int MsiData = Msi + 12;
}

/// <summary>Bits of the command register.</summary>
[Flags]
public enum PciCommand : ushort
{
    None = 0,
    IoSpace = 1 << 0,
    MemorySpace = 1 << 1,
    BusMaster = 1 << 2,
    InterruptDisable = 1 << 10,
}

/// <summary>What a function is, as its header says. A pin of 0 means no interrupt; 1 is INTA.</summary>
public sealed record PciIdentity(
    ushort Vendor, ushort Device, byte Revision, int ClassCode, ushort SubsystemVendor = 0, ushort Subsystem = 0, byte InterruptPin = 0)
{
    public bool PowerManagement { get; init; }

    public bool Msi { get; init; }
}
