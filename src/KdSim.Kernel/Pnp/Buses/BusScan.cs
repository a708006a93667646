using KdSim.Kernel.Cm;
using KdSim.Kernel.Routines;
using KdSim.Machine.Buses;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp.Buses;

/// <summary>Finds out which children a bus has now: registry keys of the root, the firmware's devices, PCI functions.</summary>
public sealed class BusScan(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x52537542; // "BuSR"
    private const string RootKey = @"\Registry\Machine\SYSTEM\CurrentControlSet\Enum\ROOT";

    /// <summary>Answers BusRelations: makes devices for new children and lists all that are present, each with a reference.</summary>
    internal async KTask<NtStatus> Scan(View<BUS_EXTENSION> bus, Ptr<IRP> irp)
    {
        for (View<BUS_EXTENSION> child = bus.FirstChild; !child.IsNull; child = child.NextChild)
            child.Present = false;
        int count = Slots(bus).Length;
        for (int i = 0; i < count; i++)
        {
            uint slot = Slots(bus)[i];
            View<BUS_EXTENSION> child = Find(bus, slot);
            if (child.IsNull)
                child = new(await Kernel.BusDevices.CreateChild(bus, slot));
            if (child.IsNull)
                return NtStatus.InsufficientResources;
            child.Present = true;
        }
        for (View<BUS_EXTENSION> child = bus.FirstChild; !child.IsNull; child = child.NextChild)
            if (child.Present)
                await Guest.Call(Kernel.NtExports["ObfReferenceObject"], child.Self);
        View<IO_STATUS_BLOCK> answer = irp.View.IoStatus;
        answer.Information = NewRelations(PresentOf(bus));
        return NtStatus.Success;
    }

    /// <summary>A DEVICE_RELATIONS in paged pool, as its receiver frees it.</summary>
    internal ulong NewRelations(params ReadOnlySpan<ulong> devices)
    {
        View<DEVICE_RELATIONS> relations = new(Kernel.Pool.Allocate(POOL_TYPE.PagedPool, 8 + (ulong)Math.Max(devices.Length, 1) * 8, Tag));
        relations.Count = (uint)devices.Length;
        for (int i = 0; i < devices.Length; i++)
            Memory.WriteU64(relations.Address + 8 + (ulong)i * 8, devices[i]);
        return relations.Address;
    }

    private static ulong[] PresentOf(View<BUS_EXTENSION> bus)
    {
        var present = new List<ulong>();
        for (View<BUS_EXTENSION> child = bus.FirstChild; !child.IsNull; child = child.NextChild)
            if (child.Present)
                present.Add(child.Self);
        return [.. present];
    }

    private static View<BUS_EXTENSION> Find(View<BUS_EXTENSION> bus, uint slot)
    {
        for (View<BUS_EXTENSION> child = bus.FirstChild; !child.IsNull; child = child.NextChild)
            if (child.Slot == slot)
                return child;
        return default;
    }

    private uint[] Slots(View<BUS_EXTENSION> bus) => bus.Kind switch
    {
        BUS_KIND.Root => [.. RootDevices()],
        BUS_KIND.AcpiHal => [0],
        BUS_KIND.Acpi => Kernel.Computer.Pci is null ? [] : [0],
        _ => [.. Kernel.Computer.Pci!.Functions.Select(SlotOf)],
    };

    /// <summary>Device * 8 + function.</summary>
    public static uint SlotOf(PciAddress address) => (uint)(address.Device << 3 | address.Function);

    /// <summary>The instance keys under Enum\ROOT, each by its number.</summary>
    private IEnumerable<uint> RootDevices()
    {
        Registry registry = Kernel.Roots.Registry;
        if (registry.Find(RootKey) is not { } root)
            yield break;
        foreach (int device in root.Subkeys.Values)
            foreach (int instance in registry[device].Subkeys.Values)
                yield return (uint)instance;
    }
}
