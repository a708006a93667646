using KdSim.Kernel.Cm;
using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Pnp;

/// <summary>
/// Gives devices what they ask for: filters the requirements, picks the first alternative that is free, writes raw and translated lists. What is taken is
/// read from the lists of the other nodes: there is no other book.
/// </summary>
public sealed class ResourceAssignment(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x65526E50; // "PnRe"
    private const byte Alternative = 8;
    private const byte Shared = 3;
    private const uint MostDescriptors = 256;

    [NtRoutine("PnpAssignResourcesToDevice")]
    public async KTask<NtStatus> PnpAssignResourcesToDevice(Ptr<DEVICE_NODE> DeviceNode)
    {
        View<DEVICE_NODE> node = DeviceNode;
        Release(node);
        if (DeviceNodes.Has(node, Dnf.RESOURCE_REQUIREMENTS_NEED_FILTERED))
        {
            ulong request = Kernel.PnpIrps.NewRequest();
            NtStatus status = await Kernel.PnpIrps.Send(request, node.PhysicalDeviceObject, IRP_MN.FILTER_RESOURCE_REQUIREMENTS, node.ResourceRequirements);
            ulong filtered = Kernel.PnpIrps.Information(request);
            if (status.IsSuccess && filtered != node.ResourceRequirements)
                node.ResourceRequirements = (Ptr<IO_RESOURCE_REQUIREMENTS_LIST>)filtered; // The driver that replaced the list has freed the old one.
            node.Flags &= ~(uint)Dnf.RESOURCE_REQUIREMENTS_NEED_FILTERED;
        }
        if (!node.ResourceRequirements.IsNull && !TryAssign(node))
            return NtStatus.ConflictingAddresses;
        Kernel.DeviceNodes.SetState(node, PNP_DEVNODE_STATE.DeviceNodeResourcesAssigned);
        return NtStatus.Success;
    }

    /// <summary>Gives a device's resources back.</summary>
    public void Release(View<DEVICE_NODE> node)
    {
        foreach (ulong list in (ReadOnlySpan<ulong>)[node.ResourceList, node.ResourceListTranslated])
            if (list != 0)
                Kernel.Pool.Free(list);
        node.ResourceList = default;
        node.ResourceListTranslated = default;
    }

    /// <summary>True if a device or a driver has the piece, or part of it, and does not share.</summary>
    internal bool IsTaken(ResourcePiece piece) => piece.Type switch
    {
        CmResourceType.Memory or CmResourceType.Port => piece.Length != 0 && Conflict(default, [], piece) is not null,
        CmResourceType.Interrupt => !IsLineFree(default, (uint)piece.Start, piece.Share == Shared),
        _ => false,
    };

    private bool TryAssign(View<DEVICE_NODE> node)
    {
        View<IO_RESOURCE_REQUIREMENTS_LIST> list = node.ResourceRequirements;
        if (TryPick(node, list) is not { } pieces)
            return false;
        Store(node, list, pieces);
        return true;
    }

    /// <summary>Free resources for the first alternative that can be had, for a device node or (null) for a driver; null if there are none.</summary>
    internal List<ResourcePiece>? TryPick(View<DEVICE_NODE> node, View<IO_RESOURCE_REQUIREMENTS_LIST> list)
    {
        ulong at = list.Address + IO_RESOURCE_REQUIREMENTS_LIST.Offsets.List;
        for (uint i = 0; i < list.AlternativeLists; i++)
        {
            View<IO_RESOURCE_LIST> alternative = new(at);
            if (alternative.Count > MostDescriptors)
                return null;
            if (TryAlternative(node, alternative) is { } pieces)
                return pieces;
            at += 8 + alternative.Count * (ulong)IO_RESOURCE_DESCRIPTOR.SizeOf;
        }
        return null;
    }

    private List<ResourcePiece>? TryAlternative(View<DEVICE_NODE> node, View<IO_RESOURCE_LIST> list)
    {
        var pieces = new List<ResourcePiece>();
        for (uint i = 0; i < list.Count;)
        {
            ResourcePiece? found = null;
            do
            {
                View<IO_RESOURCE_DESCRIPTOR> wanted = list.Descriptors.At((int)i);
                found ??= TryDescriptor(node, wanted, pieces);
                i++;
            }
            while (i < list.Count && (list.Descriptors.At((int)i).Option & Alternative) != 0);
            if (found is null)
                return null;
            pieces.Add(found.Value);
        }
        return pieces;
    }

    private ResourcePiece? TryDescriptor(View<DEVICE_NODE> node, View<IO_RESOURCE_DESCRIPTOR> wanted, List<ResourcePiece> own)
    {
        var type = (CmResourceType)wanted.Type;
        byte share = wanted.ShareDisposition;
        ushort flags = wanted.Flags;
        switch (type)
        {
            case CmResourceType.Memory or CmResourceType.Port:
                View<IO_RESOURCE_DESCRIPTOR_u_Memory> range = wanted.u.Memory;
                return FindRange(node, own, new ResourcePiece(type, share, flags, 0, range.Length), (ulong)range.MinimumAddress.QuadPart,
                    (ulong)range.MaximumAddress.QuadPart, Math.Max(range.Alignment, 1));
            case CmResourceType.Interrupt:
                View<IO_RESOURCE_DESCRIPTOR_u_Interrupt> lines = wanted.u.Interrupt;
                for (ulong line = lines.MinimumVector; line <= Math.Min(lines.MaximumVector, 0xFF); line++)
                    if (IsLineFree(node, line, share == Shared))
                        return new ResourcePiece(type, share, flags, line << 32 | line, ulong.MaxValue);
                return null;
            case CmResourceType.BusNumber:
                View<IO_RESOURCE_DESCRIPTOR_u_BusNumber> buses = wanted.u.BusNumber;
                return new ResourcePiece(type, share, flags, (ulong)buses.Length << 32 | buses.MinBusNumber, 0);
            case CmResourceType.DevicePrivate:
                View<IO_RESOURCE_DESCRIPTOR_u_DevicePrivate> data = wanted.u.DevicePrivate;
                return new ResourcePiece(type, share, flags, (ulong)data.Data[1] << 32 | data.Data[0], data.Data[2]);
            default:
                return null;
        }
    }

    private ResourcePiece? FindRange(View<DEVICE_NODE> node, List<ResourcePiece> own, ResourcePiece wanted, ulong minimum, ulong maximum, ulong alignment)
    {
        if (wanted.Length == 0 || maximum - minimum < wanted.Length - 1 || maximum < minimum)
            return null;
        ulong start = minimum + (alignment - minimum % alignment) % alignment;
        while (start >= minimum && start <= maximum - (wanted.Length - 1))
        {
            ResourcePiece piece = wanted with { Start = start };
            if (Conflict(node, own, piece) is not { } taken)
                return piece;
            ulong next = taken.Start + taken.Length;
            start = next + (alignment - next % alignment) % alignment;
        }
        return null;
    }

    private ResourcePiece? Conflict(View<DEVICE_NODE> node, List<ResourcePiece> own, ResourcePiece wanted)
    {
        foreach (ResourcePiece piece in own)
            if (Overlaps(piece, wanted))
                return piece;
        foreach (ResourcePiece piece in Kernel.LegacyResources.Claimed())
            if (Overlaps(piece, wanted))
                return piece;
        for (View<DEVICE_NODE> other = Kernel.DeviceNodes.Root; !other.IsNull; other = Kernel.DeviceNodes.Next(other))
        {
            if (other == node || IsAbove(other, node))
                continue;
            foreach (ResourcePiece piece in ResourceLists.Pieces(Memory, other.ResourceList))
                if (Overlaps(piece, wanted))
                    return piece;
        }
        return null;
    }

    /// <summary>What a bus holds, its children share.</summary>
    private static bool IsAbove(View<DEVICE_NODE> candidate, View<DEVICE_NODE> node)
    {
        for (node = node.IsNull ? default : node.Parent; !node.IsNull; node = node.Parent)
            if (node == candidate)
                return true;
        return false;
    }

    private static bool Overlaps(ResourcePiece a, ResourcePiece b) =>
        a.Type == b.Type && a.Start < b.Start + b.Length && b.Start < a.Start + a.Length && !(a.Share == Shared && b.Share == Shared);

    private bool IsLineFree(View<DEVICE_NODE> node, ulong line, bool shared)
    {
        foreach (ResourcePiece piece in Kernel.LegacyResources.Claimed())
            if (piece.Type == CmResourceType.Interrupt && (uint)piece.Start == line && !(shared && piece.Share == Shared))
                return false;
        for (View<DEVICE_NODE> other = Kernel.DeviceNodes.Root; !other.IsNull; other = Kernel.DeviceNodes.Next(other))
            if (other != node)
                foreach (ResourcePiece piece in ResourceLists.Pieces(Memory, other.ResourceList))
                    if (piece.Type == CmResourceType.Interrupt && (uint)piece.Start == line && !(shared && piece.Share == Shared))
                        return false;
        return true;
    }

    private void Store(View<DEVICE_NODE> node, View<IO_RESOURCE_REQUIREMENTS_LIST> list, List<ResourcePiece> raw)
    {
        ResourcePiece[] pieces = [.. raw], translated = [.. raw.Select(Translate)];
        byte[] bytes = ResourceLists.Build(list.InterfaceType, list.BusNumber, pieces);
        node.ResourceList = (Ptr<CM_RESOURCE_LIST>)Copy(bytes);
        node.ResourceListTranslated = (Ptr<CM_RESOURCE_LIST>)Copy(ResourceLists.Build(list.InterfaceType, list.BusNumber, translated));
        Kernel.DeviceKeys.Set(Kernel.DeviceKeys.KeyOf(node) + @"\Control", RegistryValue.Bytes("AllocConfig", RegistryValueType.ResourceList, bytes));
    }

    /// <summary>Memory and ports are the same seen from the processor; an interrupt gets its IRQL, vector and processors.</summary>
    private ResourcePiece Translate(ResourcePiece raw)
    {
        if (raw.Type != CmResourceType.Interrupt)
            return raw;
        byte vector = Interrupts.VectorOfLine((int)(uint)raw.Start);
        return raw with { Start = (ulong)vector << 32 | (uint)(vector >> 4), Length = (1UL << Kernel.Computer.Processors.Length) - 1 };
    }

    private ulong Copy(byte[] bytes)
    {
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, (ulong)bytes.Length, Tag);
        Memory.Write(block, bytes);
        return block;
    }
}
