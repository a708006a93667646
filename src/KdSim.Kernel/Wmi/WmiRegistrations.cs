using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Wmi;

/// <summary>
/// Which devices are WMI providers: registration, the REGINFO request that asks a driver for its data blocks, events. No session listens, so an event's
/// only effect is that its WNODE is taken over and freed.
/// </summary>
[NtData("WmipProviderCount", 4)]
public sealed class WmiRegistrations(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Register = 1, Deregister = 2;

    [NtExport("IoWMIRegistrationControl", MaxIrql = Irql.Passive)]
    public NtStatus IoWMIRegistrationControl(Ptr<DEVICE_OBJECT> DeviceObject, uint Action)
    {
        ulong variable = Kernel.Data(Datum.WmipProviderCount);
        uint count = Memory.ReadU32(variable), action = Action & 0xFFFF;
        if (action is 0 or > 5)
            return NtStatus.InvalidParameter;
        if (action == Register)
            Memory.WriteU32(variable, count + 1);
        else if (action == Deregister)
        {
            if (count == 0)
                return NtStatus.InvalidParameter;
            Memory.WriteU32(variable, count - 1);
        }
        return NtStatus.Success;
    }

    /// <summary>Takes the WNODE over on success.</summary>
    [NtExport("IoWMIWriteEvent", MaxIrql = Irql.High)]
    public NtStatus IoWMIWriteEvent(ulong WnodeEventItem)
    {
        Kernel.Pool.Free(WnodeEventItem);
        return NtStatus.Success;
    }

    /// <summary>For drivers that ask for the data of others: no session of this machine keeps data blocks, so none is found.</summary>
    [NtExport("IoWMIOpenBlock", MaxIrql = Irql.Apc)]
    public NtStatus IoWMIOpenBlock(ulong Guid, uint DesiredAccess, Ptr<ulong> DataBlockObject)
    {
        DataBlockObject.Write(0);
        return NtStatus.WmiGuidNotFound;
    }

    [NtExport("IoWMIDeviceObjectToProviderId", MaxIrql = Irql.Passive)]
    public uint IoWMIDeviceObjectToProviderId(Ptr<DEVICE_OBJECT> DeviceObject) => (uint)DeviceObject.Address;

    /// <summary>REGINFO: the driver names itself and its blocks; the answer is a WMIREGINFO, or how long it would be.</summary>
    internal async KTask<NtStatus> Answer(View<WMILIB_CONTEXT> context, Ptr<DEVICE_OBJECT> device, Ptr<IRP> irp, ulong buffer, uint size)
    {
        View<UNICODE_STRING> name = Guest.Scratch<UNICODE_STRING>(), mof = Guest.Scratch<UNICODE_STRING>();
        ulong slots = Guest.Scratch(32); // Flags, then the pointers to the registry path and to the PDO.
        NtStatus status = await Guest.Call(context.QueryWmiRegInfo, device, slots, name.Address, slots + 8, mof.Address, slots + 16);
        uint information = 0;
        if (status.IsSuccess)
            status = Write(context, buffer, size, slots, name, mof, out information);
        if (name.Read().Buffer != 0)
            Kernel.Pool.Free(name.Read().Buffer);
        View<IO_STATUS_BLOCK> block = irp.View.IoStatus;
        block.Status = status;
        block.Information = information;
        return status;
    }

    private NtStatus Write(View<WMILIB_CONTEXT> context, ulong buffer, uint size, ulong slots, View<UNICODE_STRING> name, View<UNICODE_STRING> mof,
        out uint information)
    {
        const uint BaseName = 0x08, Pdo = 0x20;
        uint flags = Memory.ReadU32(slots), guids = Math.Min(context.GuidCount, 4096), names = (uint)WMIREGINFO.SizeOf + guids * (uint)WMIREGGUID.SizeOf;
        ulong registryPath = Memory.ReadU64(slots + 8);
        UNICODE_STRING path = registryPath == 0 ? default : new Ptr<UNICODE_STRING>(registryPath).Read(), text = name.Read(), resource = mof.Read();
        uint needed = names + 2 + text.Length + 2u + path.Length + 2 + resource.Length;
        if (size < needed)
        {
            if (size >= 4)
                Memory.WriteU32(buffer, needed);
            information = size >= 4 ? 4u : 0;
            return size >= 4 ? NtStatus.Success : NtStatus.BufferTooSmall;
        }
        View<WMIREGINFO> info = new(buffer);
        info.Clear();
        info.BufferSize = needed;
        info.GuidCount = guids;
        uint at = names;
        uint baseName = PutString(buffer, ref at, text);
        info.RegistryPath = PutString(buffer, ref at, path);
        info.MofResourceName = PutString(buffer, ref at, resource);
        Span<byte> guid = stackalloc byte[16];
        for (uint i = 0; i < guids; i++)
        {
            View<WMIGUIDREGINFO> from = WmiLibrary.GuidEntry(context, (int)i);
            View<WMIREGGUID> to = new(buffer + WMIREGINFO.SizeOf + i * (ulong)WMIREGGUID.SizeOf);
            Memory.Read(from.Guid, guid);
            Memory.Write(to.Address, guid);
            to.Flags = from.Flags | flags;
            to.InstanceCount = from.InstanceCount;
            if ((flags & Pdo) != 0)
                to.Pdo = Memory.ReadU64(slots + 16);
            else if ((flags & BaseName) != 0)
                to.BaseNameOffset = baseName;
        }
        information = needed;
        return NtStatus.Success;
    }

    /// <summary>A counted string: its length in bytes, then its characters.</summary>
    private uint PutString(ulong buffer, ref uint at, UNICODE_STRING text)
    {
        uint start = at;
        Memory.WriteU16(buffer + at, text.Length);
        for (uint i = 0; i + 1 < text.Length; i += 2)
            Memory.WriteU16(buffer + at + 2 + i, Memory.ReadU16(text.Buffer.Address + i));
        at += 2u + text.Length;
        return start;
    }
}
