using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Wmi;

/// <summary>
/// wmilib.sys: takes the WMI requests of a driver apart, finds the data block by its GUID and calls the driver's callbacks (WDK, "Calling
/// WmiSystemControl"). The callback ends the request by WmiCompleteRequest.
/// </summary>
public sealed class WmiLibrary(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Processed = 0, NotCompleted = 1, NotWmi = 2, Forward = 3;
    private const uint MostGuids = 4096;
    private const uint StaticInstanceNames = 0x80, PdoInstanceNames = 0x20;

    [NtExport("WmiSystemControl", MaxIrql = Irql.Passive, Image = ImageNames.WmiLib)]
    public async KTask<NtStatus> WmiSystemControl(Ptr<WMILIB_CONTEXT> WmiLibInfo, Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp, Ptr<uint> IrpDisposition)
    {
        View<IO_STACK_LOCATION> location = Irp.View.Tail.Overlay.CurrentStackLocation;
        if (location.MajorFunction != IRP_MJ.SYSTEM_CONTROL)
        {
            IrpDisposition.Write(NotWmi);
            return NtStatus.Success;
        }
        byte minor = location.MinorFunction;
        if (minor > IRP_MN.REGINFO_EX || minor == 10)
        {
            IrpDisposition.Write(NotWmi);
            return NtStatus.Success;
        }
        if (Memory.ReadU64(location.Address + 8) != DeviceObject)
        {
            IrpDisposition.Write(Forward); // The request is for another device of the stack.
            return NtStatus.Success;
        }
        IrpDisposition.Write(NotCompleted);
        ulong buffer = Memory.ReadU64(location.Address + 0x20);
        uint size = Memory.ReadU32(location.Address + 0x18);
        if (minor is IRP_MN.REGINFO or IRP_MN.REGINFO_EX)
            return await Kernel.WmiRegistrations.Answer(WmiLibInfo, DeviceObject, Irp, buffer, size);
        int index = FindGuid(WmiLibInfo, Memory.ReadU64(location.Address + 0x10));
        if (index < 0)
            return Fail(Irp, NtStatus.WmiGuidNotFound);
        uint instances = GuidEntry(WmiLibInfo, index).InstanceCount;
        IrpDisposition.Write(Processed);
        return minor switch
        {
            IRP_MN.QUERY_ALL_DATA => await QueryAll(WmiLibInfo, DeviceObject, Irp, (uint)index, instances, buffer, size, IrpDisposition),
            IRP_MN.QUERY_SINGLE_INSTANCE or IRP_MN.CHANGE_SINGLE_INSTANCE or IRP_MN.CHANGE_SINGLE_ITEM or IRP_MN.EXECUTE_METHOD =>
                await Single(WmiLibInfo, DeviceObject, Irp, minor, (uint)index, instances, buffer, size, IrpDisposition),
            _ => await Control(WmiLibInfo, DeviceObject, Irp, minor, (uint)index, IrpDisposition),
        };
    }

    /// <summary>Ends a request: writes sizes into its WNODE, asks for more room with WNODE_TOO_SMALL if the buffer did not do.</summary>
    [NtExport("WmiCompleteRequest", MaxIrql = Irql.Dispatch, Image = ImageNames.WmiLib)]
    public async KTask<NtStatus> WmiCompleteRequest(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<IRP> Irp, NtStatus Status, uint BufferUsed, sbyte PriorityBoost)
    {
        View<IO_STACK_LOCATION> location = Irp.View.Tail.Overlay.CurrentStackLocation;
        (NtStatus status, uint information) = Finish(location, Status, BufferUsed);
        View<IO_STATUS_BLOCK> block = Irp.View.IoStatus;
        block.Status = status;
        block.Information = information;
        await Guest.Call(Stub.IofCompleteRequest, Irp, (ulong)(byte)PriorityBoost);
        return (NtStatus)(uint)status;
    }

    /// <summary>Sends an event: a WNODE_SINGLE_INSTANCE with the driver's data, which WMI takes over; the driver's buffer is freed.</summary>
    [NtExport("WmiFireEvent", MaxIrql = Irql.Dispatch, Image = ImageNames.WmiLib)]
    public async KTask<NtStatus> WmiFireEvent(Ptr<DEVICE_OBJECT> DeviceObject, Ptr<GUID> Guid, uint InstanceIndex, uint EventDataSize, ulong EventData)
    {
        const uint SingleInstance = 2, Event = 8;
        View<WNODE_SINGLE_INSTANCE> node = new(Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, WNODE_SINGLE_INSTANCE.SizeOf + (ulong)EventDataSize, Tag));
        node.Clear();
        View<WNODE_HEADER> header = node.WnodeHeader;
        header.BufferSize = (uint)WNODE_SINGLE_INSTANCE.SizeOf + EventDataSize;
        header.ProviderId = (uint)DeviceObject.Address;
        Copy(Guid, node.Address + WNODE_HEADER.Offsets.Guid, 16);
        header.Flags = SingleInstance | Event | StaticInstanceNames;
        node.InstanceIndex = InstanceIndex;
        node.DataBlockOffset = WNODE_SINGLE_INSTANCE.SizeOf;
        node.SizeDataBlock = EventDataSize;
        if (EventData != 0)
        {
            Copy(EventData, node.Address + WNODE_SINGLE_INSTANCE.SizeOf, EventDataSize);
            Kernel.Pool.Free(EventData);
        }
        NtStatus status = await Guest.Call(Stub.IoWMIWriteEvent, node.Address);
        if (!status.IsSuccess)
            Kernel.Pool.Free(node.Address);
        return status;
    }

    internal static View<WMIGUIDREGINFO> GuidEntry(View<WMILIB_CONTEXT> context, int index) =>
        new(context.GuidList.Address + (ulong)index * WMIGUIDREGINFO.SizeOf);

    private const uint Tag = 0x4C696D57; // "WmiL"

    private async KTask<NtStatus> QueryAll(View<WMILIB_CONTEXT> context, Ptr<DEVICE_OBJECT> device, Ptr<IRP> irp, uint guid, uint instances, ulong buffer,
        uint size, Ptr<uint> disposition)
    {
        uint lengths = (uint)WNODE_ALL_DATA.Offsets.OffsetInstanceDataAndLength, data = lengths + instances * 8 + 7 & ~7u;
        View<WNODE_ALL_DATA> node = new(buffer);
        uint room = size > data ? size - data : 0;
        if (context.QueryWmiDataBlock == 0 || size < WNODE_ALL_DATA.Offsets.FixedInstanceSize)
        {
            disposition.Write(NotCompleted);
            return Fail(irp, context.QueryWmiDataBlock == 0 ? NtStatus.InvalidDeviceRequest : NtStatus.BufferTooSmall);
        }
        if (room > 0)
        {
            Memory.Fill(buffer + lengths, data - lengths, 0);
            node.DataBlockOffset = data;
            node.InstanceCount = instances;
            node.OffsetInstanceNameOffsets = 0;
            View<WNODE_HEADER> header = node.WnodeHeader;
            header.Flags = (header.Flags & ~0x10u) | 1 | StaticInstanceNames;
        }
        // The driver fills in the length of each instance in an array; it is laid over the pairs and spread out when the request ends.
        return await Guest.Call(context.QueryWmiDataBlock, device, irp, guid, 0, instances, room > 0 ? buffer + lengths : 0, room,
            room > 0 ? buffer + data : 0);
    }

    private async KTask<NtStatus> Single(View<WMILIB_CONTEXT> context, Ptr<DEVICE_OBJECT> device, Ptr<IRP> irp, byte minor, uint guid, uint instances,
        ulong buffer, uint size, Ptr<uint> disposition)
    {
        View<WNODE_SINGLE_INSTANCE> node = new(buffer);
        ulong routine = minor switch
        {
            IRP_MN.QUERY_SINGLE_INSTANCE => context.QueryWmiDataBlock,
            IRP_MN.CHANGE_SINGLE_INSTANCE => context.SetWmiDataBlock,
            IRP_MN.CHANGE_SINGLE_ITEM => context.SetWmiDataItem,
            _ => context.ExecuteWmiMethod,
        };
        uint instance = node.InstanceIndex;
        bool isStatic = (node.WnodeHeader.Flags & (StaticInstanceNames | PdoInstanceNames)) != 0;
        NtStatus wrong = routine == 0 ? minor == IRP_MN.QUERY_SINGLE_INSTANCE ? NtStatus.WmiInstanceNotFound : NtStatus.WmiReadOnly
            : !isStatic || instance >= instances ? NtStatus.WmiInstanceNotFound : NtStatus.Success;
        if (!wrong.IsSuccess)
        {
            disposition.Write(NotCompleted);
            return Fail(irp, wrong);
        }
        if (minor == IRP_MN.QUERY_SINGLE_INSTANCE)
        {
            uint at = node.DataBlockOffset, left = size > at ? size - at : 0;
            return await Guest.Call(routine, device, irp, guid, instance, 1, left > 0 ? buffer + WNODE_SINGLE_INSTANCE.Offsets.SizeDataBlock : 0, left,
                left > 0 ? buffer + at : 0);
        }
        if (minor == IRP_MN.CHANGE_SINGLE_INSTANCE)
            return await Guest.Call(routine, device, irp, guid, instance, node.SizeDataBlock, buffer + node.DataBlockOffset);
        View<WNODE_METHOD_ITEM> item = new(buffer); // WNODE_SINGLE_ITEM has the same fields at the same places.
        if (minor == IRP_MN.CHANGE_SINGLE_ITEM)
            return await Guest.Call(routine, device, irp, guid, instance, item.MethodId, item.SizeDataBlock, buffer + item.DataBlockOffset);
        uint output = size > item.DataBlockOffset ? size - item.DataBlockOffset : 0;
        return await Guest.Call(routine, device, irp, guid, instance, item.MethodId, item.SizeDataBlock, output, buffer + item.DataBlockOffset);
    }

    private async KTask<NtStatus> Control(View<WMILIB_CONTEXT> context, Ptr<DEVICE_OBJECT> device, Ptr<IRP> irp, byte minor, uint guid, Ptr<uint> disposition)
    {
        const uint EventControl = 0, DataBlockControl = 1;
        if (context.WmiFunctionControl == 0)
        {
            // Without the callback there is nothing to switch on or off.
            disposition.Write(NotCompleted);
            return Fail(irp, NtStatus.Success);
        }
        uint function = minor is IRP_MN.ENABLE_EVENTS or IRP_MN.DISABLE_EVENTS ? EventControl : DataBlockControl;
        ulong enable = minor is IRP_MN.ENABLE_EVENTS or IRP_MN.ENABLE_COLLECTION ? 1u : 0;
        return await Guest.Call(context.WmiFunctionControl, device, irp, guid, function, enable);
    }

    private (NtStatus Status, uint Information) Finish(View<IO_STACK_LOCATION> location, NtStatus status, uint used)
    {
        ulong buffer = Memory.ReadU64(location.Address + 0x20);
        uint size = Memory.ReadU32(location.Address + 0x18);
        switch (location.MinorFunction)
        {
            case IRP_MN.QUERY_ALL_DATA when status.IsSuccess:
                return (status, FinishAll(new View<WNODE_ALL_DATA>(buffer), used));
            case IRP_MN.QUERY_SINGLE_INSTANCE when status.IsSuccess:
                View<WNODE_SINGLE_INSTANCE> single = new(buffer);
                single.SizeDataBlock = used;
                return (status, SetSize(buffer, single.DataBlockOffset + used));
            case IRP_MN.EXECUTE_METHOD when status.IsSuccess:
                View<WNODE_METHOD_ITEM> item = new(buffer);
                item.SizeDataBlock = used;
                return (status, SetSize(buffer, item.DataBlockOffset + used));
            case IRP_MN.QUERY_ALL_DATA or IRP_MN.QUERY_SINGLE_INSTANCE or IRP_MN.EXECUTE_METHOD when status == NtStatus.BufferTooSmall:
                return TooSmall(location, buffer, size, used);
            default:
                return (status, status.IsSuccess ? size : 0);
        }
    }

    private uint FinishAll(View<WNODE_ALL_DATA> node, uint used)
    {
        const uint FixedSize = 0x10;
        uint count = node.InstanceCount, at = node.DataBlockOffset;
        ulong lengths = node.Address + WNODE_ALL_DATA.Offsets.OffsetInstanceDataAndLength;
        if (count == 1)
        {
            node.FixedInstanceSize = Memory.ReadU32(lengths);
            View<WNODE_HEADER> header = node.WnodeHeader;
            header.Flags |= FixedSize;
            return SetSize(node.Address, at + used);
        }
        var sizes = new uint[Math.Min(count, MostGuids)];
        for (int i = 0; i < sizes.Length; i++)
            sizes[i] = Memory.ReadU32(lengths + (ulong)i * 4);
        for (int i = 0; i < sizes.Length; i++)
        {
            Memory.WriteU32(lengths + (ulong)i * 8, at);
            Memory.WriteU32(lengths + (ulong)i * 8 + 4, sizes[i]);
            at = at + sizes[i] + 7 & ~7u;
        }
        return SetSize(node.Address, node.DataBlockOffset + used);
    }

    private uint SetSize(ulong node, uint size)
    {
        Memory.WriteU32(node, size);
        return size;
    }

    /// <summary>WNODE_TOO_SMALL: a header with the size that is needed, itself a success.</summary>
    private (NtStatus Status, uint Information) TooSmall(View<IO_STACK_LOCATION> location, ulong buffer, uint size, uint needed)
    {
        const uint TooSmallFlag = 0x20, TooSmallSize = WNODE_HEADER.SizeOf + 8;
        if (size < TooSmallSize)
            return (NtStatus.BufferTooSmall, 0);
        uint head = location.MinorFunction == IRP_MN.QUERY_ALL_DATA ? (uint)WNODE_ALL_DATA.SizeOf : Memory.ReadU32(buffer + 0x38);
        View<WNODE_HEADER> header = new(buffer);
        header.BufferSize = TooSmallSize;
        header.Flags |= TooSmallFlag;
        Memory.WriteU32(buffer + WNODE_HEADER.SizeOf, head + needed);
        return (NtStatus.Success, TooSmallSize);
    }

    private static NtStatus Fail(View<IRP> irp, NtStatus status)
    {
        View<IO_STATUS_BLOCK> block = irp.IoStatus;
        block.Status = status;
        block.Information = 0;
        return status;
    }

    private int FindGuid(View<WMILIB_CONTEXT> context, ulong guid)
    {
        Span<byte> wanted = stackalloc byte[16], found = stackalloc byte[16];
        Memory.Read(guid, wanted);
        for (int i = 0; i < Math.Min(context.GuidCount, MostGuids); i++)
        {
            Memory.Read(GuidEntry(context, i).Guid, found);
            if (found.SequenceEqual(wanted))
                return i;
        }
        return -1;
    }

    private void Copy(ulong from, ulong to, uint size)
    {
        Span<byte> chunk = stackalloc byte[256];
        for (uint done = 0; done < size;)
        {
            int length = (int)Math.Min(size - done, 256);
            Memory.Read(from + done, chunk[..length]);
            Memory.Write(to + done, chunk[..length]);
            done += (uint)length;
        }
    }
}
