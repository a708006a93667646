using KdSim.Kernel.Cm;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp.Buses;

/// <summary>What children of the in-box buses answer to PnP requests that end with them.</summary>
public sealed class BusChildren(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x44495042; // "BPID"
    private const uint UniqueId = 1 << 6, SilentInstall = 1 << 7;
    private static readonly Guid PciBus = new("c8ebdfb0-b510-11d0-80e5-00a0c92542e3");
    private static readonly Guid InternalBus = new("1530ea73-086b-11d1-a09f-00c04fc340b1");
    private static readonly Guid AcpiBus = new("d7b46895-001a-4942-891f-a7d46610a843");

    /// <summary>The status and Information of one request; a request that the child does not know keeps both.</summary>
    internal NtStatus Answer(View<BUS_EXTENSION> child, View<IRP> irp, View<IO_STACK_LOCATION> location, out ulong information)
    {
        information = 0;
        ulong parameters = location.Address + 8;
        switch (location.MinorFunction)
        {
            case IRP_MN.QUERY_ID:
                return QueryId(child, irp, location.Parameters.QueryId.IdType, ref information);
            case IRP_MN.QUERY_DEVICE_TEXT:
                return QueryText(child, irp, location.Parameters.QueryDeviceText.DeviceTextType, ref information);
            case IRP_MN.QUERY_CAPABILITIES:
                Fill(child, location.Parameters.DeviceCapabilities.Capabilities);
                return NtStatus.Success;
            case IRP_MN.QUERY_BUS_INFORMATION:
                information = BusInformation(child.Kind);
                return NtStatus.Success;
            case IRP_MN.QUERY_RESOURCES when child.Kind == BUS_KIND.Pci && Kernel.PciFunctions.BootConfiguration(child) is { Count: > 0 } boot:
                information = Copy(ResourceLists.Build(INTERFACE_TYPE.PCIBus, 0, [.. boot.Select(Boot)]));
                return NtStatus.Success;
            case IRP_MN.QUERY_RESOURCE_REQUIREMENTS when child.Kind == BUS_KIND.Pci && Kernel.PciFunctions.NewRequirements(child) is var list and not 0:
                information = list;
                return NtStatus.Success;
            case IRP_MN.START_DEVICE:
                return child.Kind == BUS_KIND.Pci ? Kernel.PciFunctions.Start(child, Memory.ReadU64(parameters)) : NtStatus.Success;
            case IRP_MN.STOP_DEVICE:
                Kernel.PciFunctions.Stop(child);
                return NtStatus.Success;
            case IRP_MN.READ_CONFIG or IRP_MN.WRITE_CONFIG when child.Kind == BUS_KIND.Pci:
                return Configure(child, location.MinorFunction == IRP_MN.WRITE_CONFIG, parameters, ref information);
            case IRP_MN.QUERY_INTERFACE when child.Kind == BUS_KIND.Pci:
                return Kernel.BusInterfaces.Query(child, irp, parameters, ref information);
            case IRP_MN.SURPRISE_REMOVAL or IRP_MN.QUERY_STOP_DEVICE or IRP_MN.CANCEL_STOP_DEVICE or IRP_MN.QUERY_REMOVE_DEVICE or IRP_MN.CANCEL_REMOVE_DEVICE:
                return NtStatus.Success;
            default:
                information = irp.IoStatus.Information;
                return irp.IoStatus.Status;
        }
    }

    private static ResourcePiece Boot(ResourcePiece piece) =>
        piece.Type == CmResourceType.Interrupt ? piece with { Start = piece.Start << 32 | (uint)piece.Start, Length = ulong.MaxValue } : piece;

    private (string Device, string[] Hardware, string[] Compatible, string Instance) Identify(View<BUS_EXTENSION> child)
    {
        switch (child.Kind)
        {
            case BUS_KIND.Pci:
                (string device, string[] hardware, string[] compatible) = Kernel.PciFunctions.Identify(child);
                return (device, hardware, compatible, $"{child.Slot:X2}");
            case BUS_KIND.Acpi:
                return (@"ACPI\PNP0A08", [@"ACPI\PNP0A08", "*PNP0A08"], [@"ACPI\PNP0A03", "*PNP0A03"], "0");
            case BUS_KIND.AcpiHal:
                return (@"ACPI_HAL\PNP0C08", [@"ACPI_HAL\PNP0C08", "*PNP0C08"], [], "0");
            default:
                Registry registry = Kernel.Roots.Registry;
                RegistryNode key = registry[(int)child.Slot];
                string id = @"ROOT\" + registry[key.Parent].Name;
                return (id, [.. key.Value("HardwareID")?.AsTexts() ?? [id]], [], key.Name);
        }
    }

    private NtStatus QueryId(View<BUS_EXTENSION> child, View<IRP> irp, BUS_QUERY_ID_TYPE type, ref ulong information)
    {
        (string device, string[] hardware, string[] compatible, string instance) = Identify(child);
        switch (type)
        {
            case BUS_QUERY_ID_TYPE.BusQueryDeviceID:
                information = NewText(device);
                return NtStatus.Success;
            case BUS_QUERY_ID_TYPE.BusQueryInstanceID:
                information = NewText(instance);
                return NtStatus.Success;
            case BUS_QUERY_ID_TYPE.BusQueryHardwareIDs:
                information = NewText(string.Join('\0', hardware) + "\0");
                return NtStatus.Success;
            case BUS_QUERY_ID_TYPE.BusQueryCompatibleIDs when compatible.Length > 0:
                information = NewText(string.Join('\0', compatible) + "\0");
                return NtStatus.Success;
            default:
                return irp.IoStatus.Status;
        }
    }

    private NtStatus QueryText(View<BUS_EXTENSION> child, View<IRP> irp, DEVICE_TEXT_TYPE type, ref ulong information)
    {
        string? text = (child.Kind, type) switch
        {
            (BUS_KIND.Pci, DEVICE_TEXT_TYPE.DeviceTextDescription) => "PCI Device",
            (BUS_KIND.Pci, DEVICE_TEXT_TYPE.DeviceTextLocationInformation) => $"PCI bus 0, device {child.Slot >> 3}, function {child.Slot & 7}",
            (BUS_KIND.Acpi, DEVICE_TEXT_TYPE.DeviceTextDescription) => "PCI Express Root Complex",
            (BUS_KIND.AcpiHal, DEVICE_TEXT_TYPE.DeviceTextDescription) => "Microsoft ACPI-Compliant System",
            _ => null,
        };
        if (text is null)
            return irp.IoStatus.Status;
        information = NewText(text);
        return NtStatus.Success;
    }

    private static void Fill(View<BUS_EXTENSION> child, View<DEVICE_CAPABILITIES> capabilities)
    {
        capabilities.Bits = child.Kind switch
        {
            BUS_KIND.Pci => capabilities.Bits & ~UniqueId,
            _ => capabilities.Bits | UniqueId | SilentInstall,
        };
        if (child.Kind == BUS_KIND.Pci)
            capabilities.Address_ = (child.Slot >> 3) << 16 | child.Slot & 7;
        for (int system = (int)SYSTEM_POWER_STATE.PowerSystemWorking; system < (int)SYSTEM_POWER_STATE.PowerSystemMaximum; system++)
            capabilities.DeviceState.Set(system, system == (int)SYSTEM_POWER_STATE.PowerSystemWorking ? DEVICE_POWER_STATE.PowerDeviceD0
                : DEVICE_POWER_STATE.PowerDeviceD3);
    }

    private ulong BusInformation(BUS_KIND kind)
    {
        (Guid guid, INTERFACE_TYPE type) = kind switch
        {
            BUS_KIND.Pci => (PciBus, INTERFACE_TYPE.PCIBus),
            BUS_KIND.Root => (InternalBus, INTERFACE_TYPE.PNPBus),
            _ => (AcpiBus, INTERFACE_TYPE.ACPIBus),
        };
        View<PNP_BUS_INFORMATION> information = new(Kernel.Pool.Allocate(POOL_TYPE.PagedPool, PNP_BUS_INFORMATION.SizeOf, Tag));
        Memory.Write(information.Address, guid.ToByteArray());
        information.LegacyBusType = type;
        information.BusNumber = 0;
        return information.Address;
    }

    private NtStatus Configure(View<BUS_EXTENSION> child, bool write, ulong parameters, ref ulong information)
    {
        uint space = Memory.ReadU32(parameters), offset = Memory.ReadU32(parameters + 16), length = Memory.ReadU32(parameters + 24);
        if (space != 0)
            return NtStatus.InvalidParameter;
        information = Kernel.PciFunctions.Transfer(child, write, Memory.ReadU64(parameters + 8), offset, length);
        return NtStatus.Success;
    }

    private ulong NewText(string text)
    {
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, (ulong)(text.Length + 1) * 2, Tag);
        for (int i = 0; i <= text.Length; i++)
            Memory.WriteU16(block + (ulong)i * 2, i < text.Length ? text[i] : '\0');
        return block;
    }

    private ulong Copy(byte[] bytes)
    {
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, (ulong)bytes.Length, Tag);
        Memory.Write(block, bytes);
        return block;
    }
}
