using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// Resources of drivers that know no Plug and Play: they claim what they have found, or ask for what they need, and nothing is given twice. Claims stand on a
/// list, one a driver or device; the assignment of Plug and Play devices looks at it too. PASSIVE_LEVEL.
/// </summary>
[NtData("IopLegacyResourceListHead", 16, Type = "_LIST_ENTRY")]
public sealed class LegacyResources(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x72654C50; // "PLer"
    private const ulong Driver = 0x10, Device = 0x18, List = 0x20, EntrySize = 0x28;
    private const uint MostBytes = 0x1_0000;

    private ulong Head => Kernel.Data(Datum.IopLegacyResourceListHead);

    internal void Initialize() => Memory.InitializeList(Head);

    /// <summary>Claims for the driver as a whole and for one of its devices, each replacing the claim before; an empty list gives it up.</summary>
    [NtExport("IoReportResourceUsage", MaxIrql = Irql.Passive)]
    public NtStatus IoReportResourceUsage(Ptr<UNICODE_STRING> DriverClassName, Ptr<DRIVER_OBJECT> DriverObject, Ptr<CM_RESOURCE_LIST> DriverList,
        uint DriverListSize, Ptr<DEVICE_OBJECT> DeviceObject, Ptr<CM_RESOURCE_LIST> DeviceList, uint DeviceListSize, bool OverrideConflict,
        Ptr<byte> ConflictDetected) =>
        Report(DriverObject, DriverList, DriverListSize, DeviceObject, DeviceList, DeviceListSize, OverrideConflict, ConflictDetected);

    [NtExport("IoReportResourceForDetection", MaxIrql = Irql.Passive)]
    public NtStatus IoReportResourceForDetection(Ptr<DRIVER_OBJECT> DriverObject, Ptr<CM_RESOURCE_LIST> DriverList, uint DriverListSize,
        Ptr<DEVICE_OBJECT> DeviceObject, Ptr<CM_RESOURCE_LIST> DeviceList, uint DeviceListSize, Ptr<byte> ConflictDetected) =>
        Report(DriverObject, DriverList, DriverListSize, DeviceObject, DeviceList, DeviceListSize, overrides: false, ConflictDetected);

    /// <summary>Picks free resources for a device and claims them; the list is the driver's to free. Without requirements it gives them up.</summary>
    [NtExport("IoAssignResources", MaxIrql = Irql.Passive)]
    public NtStatus IoAssignResources(Ptr<UNICODE_STRING> RegistryPath, Ptr<UNICODE_STRING> DriverClassName, Ptr<DRIVER_OBJECT> DriverObject,
        Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IO_RESOURCE_REQUIREMENTS_LIST> RequestedResources, Ptr<ulong> AllocatedResources)
    {
        GiveUp(DriverObject, DeviceObject);
        if (!AllocatedResources.IsNull)
            AllocatedResources.Write(0);
        if (RequestedResources.IsNull)
            return NtStatus.Success;
        View<IO_RESOURCE_REQUIREMENTS_LIST> wanted = RequestedResources;
        if (Kernel.ResourceAssignment.TryPick(default, wanted) is not { } pieces)
            return NtStatus.ConflictingAddresses;
        byte[] bytes = ResourceLists.Build(wanted.InterfaceType, wanted.BusNumber, [.. pieces]);
        Claim(DriverObject, DeviceObject, bytes);
        if (!AllocatedResources.IsNull)
            AllocatedResources.Write(Copy(bytes));
        return NtStatus.Success;
    }

    /// <summary>What all claims have taken.</summary>
    internal List<ResourcePiece> Claimed()
    {
        var pieces = new List<ResourcePiece>();
        foreach (ulong entry in Memory.Walk(Head))
            pieces.AddRange(ResourceLists.Pieces(Memory, Memory.ReadU64(entry + List)));
        return pieces;
    }

    private NtStatus Report(ulong driver, ulong driverList, uint driverSize, ulong device, ulong deviceList, uint deviceSize, bool overrides,
        Ptr<byte> conflict)
    {
        conflict.Write(0);
        if (driverSize > MostBytes || deviceSize > MostBytes)
            return NtStatus.InvalidParameter;
        if (driverList != 0)
            GiveUp(driver, 0);
        if (device != 0 && deviceList != 0)
            GiveUp(driver, device);
        ResourcePiece[] ofDriver = PiecesOf(driverList, driverSize), ofDevice = device == 0 ? [] : PiecesOf(deviceList, deviceSize);
        bool isTaken = ofDriver.Concat(ofDevice).Any(Kernel.ResourceAssignment.IsTaken);
        conflict.Write(isTaken ? (byte)1 : (byte)0);
        if (isTaken && !overrides)
            return NtStatus.ConflictingAddresses;
        if (ofDriver.Length != 0)
            Claim(driver, 0, ResourceLists.Build(INTERFACE_TYPE.Internal, 0, ofDriver));
        if (ofDevice.Length != 0)
            Claim(driver, device, ResourceLists.Build(INTERFACE_TYPE.Internal, 0, ofDevice));
        return NtStatus.Success;
    }

    /// <summary>The pieces of a list of any number of full descriptors.</summary>
    private ResourcePiece[] PiecesOf(ulong list, uint size)
    {
        if (list == 0 || size < 4)
            return [];
        var bytes = new byte[size];
        Memory.Read(list, bytes);
        return [.. ResourceLists.Pieces(bytes)];
    }

    private void Claim(ulong driver, ulong device, byte[] list)
    {
        ulong entry = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, EntrySize, Tag);
        Memory.WriteU64(entry + Driver, driver);
        Memory.WriteU64(entry + Device, device);
        Memory.WriteU64(entry + List, Copy(list));
        Memory.InsertTail(Head, entry);
    }

    private void GiveUp(ulong driver, ulong device)
    {
        foreach (ulong entry in Memory.Walk(Head))
        {
            if (Memory.ReadU64(entry + Driver) != driver || Memory.ReadU64(entry + Device) != device)
                continue;
            Memory.RemoveEntry(entry);
            Kernel.Pool.Free(Memory.ReadU64(entry + List), Tag);
            Kernel.Pool.Free(entry, Tag);
        }
    }

    private ulong Copy(byte[] bytes)
    {
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, (ulong)bytes.Length, Tag);
        Memory.Write(block, bytes);
        return block;
    }
}
