using System.Buffers.Binary;
using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Se;

/// <summary>
/// The security descriptors of objects: in the object's header, self-relative, in pool. An open device stands for its device object. An object that nobody gave
/// one has the default of this machine: owned by the Administrators, everything to System and the Administrators, reading to everyone. PASSIVE_LEVEL.
/// </summary>
public sealed class ObjectSecurity(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Owner = 1, Group = 2, Dacl = 4, Sacl = 8;
    private const uint ReadControl = 0x2_0000, WriteDac = 0x4_0000, WriteOwner = 0x8_0000, SystemSecurity = 0x100_0000;
    private const uint Tag = 0x64536553; // "SeSd"

    [NtExport("NtSetSecurityObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtSetSecurityObject(ulong Handle, uint SecurityInformation, ulong SecurityDescriptor) =>
        await Set(Handle, SecurityInformation, SecurityDescriptor, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwSetSecurityObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwSetSecurityObject(ulong Handle, uint SecurityInformation, ulong SecurityDescriptor) =>
        await Set(Handle, SecurityInformation, SecurityDescriptor, 0);

    [NtExport("NtQuerySecurityObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> NtQuerySecurityObject(ulong Handle, uint SecurityInformation, ulong SecurityDescriptor, uint Length,
        Ptr<uint> LengthNeeded) => await Query(Handle, SecurityInformation, SecurityDescriptor, Length, LengthNeeded, Kernel.KernelObjects.PreviousMode);

    [NtExport("ZwQuerySecurityObject", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwQuerySecurityObject(ulong Handle, uint SecurityInformation, ulong SecurityDescriptor, uint Length,
        Ptr<uint> LengthNeeded) => await Query(Handle, SecurityInformation, SecurityDescriptor, Length, LengthNeeded, 0);

    private async KTask<NtStatus> Set(ulong handle, uint parts, ulong descriptor, sbyte mode)
    {
        NtStatus status = Kernel.HandleRoutines.Resolve(handle, AccessToSet(parts), 0, mode, out ulong body, out _, out _);
        if (!status.IsSuccess)
            return status;
        status = descriptor == 0 ? NtStatus.AccessViolation : Replace(OwnerOf(body), parts, descriptor, mode);
        await Kernel.Objects.Dereference(body);
        return status;
    }

    private async KTask<NtStatus> Query(ulong handle, uint parts, ulong buffer, uint length, Ptr<uint> needed, sbyte mode)
    {
        uint access = ((parts & (Owner | Group | Dacl)) != 0 ? ReadControl : 0) | ((parts & Sacl) != 0 ? SystemSecurity : 0);
        NtStatus status = Kernel.HandleRoutines.Resolve(handle, access, 0, mode, out ulong body, out _, out _);
        if (!status.IsSuccess)
            return status;
        status = Answer(OwnerOf(body), parts, buffer, length, needed, mode);
        await Kernel.Objects.Dereference(body);
        return status;
    }

    private NtStatus Answer(ulong body, uint parts, ulong buffer, uint length, Ptr<uint> needed, sbyte mode)
    {
        CapturedSecurity all = Of(body);
        byte[] bytes = Merge(new CapturedSecurity(0, null, null, null, null), all, parts).ToBytes();
        if (!Kernel.CallerMemory.TryWrite(needed, (uint)bytes.Length, mode))
            return NtStatus.AccessViolation;
        if (length < bytes.Length)
            return NtStatus.BufferTooSmall;
        return Kernel.CallerMemory.TryWrite(buffer, bytes, mode) ? NtStatus.Success : NtStatus.AccessViolation;
    }

    private NtStatus Replace(ulong body, uint parts, ulong descriptor, sbyte mode)
    {
        NtStatus status = Kernel.SecurityCapture.TryCapture(descriptor, mode, out CapturedSecurity given);
        if (!status.IsSuccess)
            return status;
        if (((parts & Owner) != 0 && given.Owner is null) || ((parts & Group) != 0 && given.Group is null))
            return (parts & Owner) != 0 && given.Owner is null ? NtStatus.InvalidOwner : NtStatus.InvalidPrimaryGroup;
        Store(body, Merge(Of(body), given, parts).ToBytes());
        return NtStatus.Success;
    }

    private void Store(ulong body, byte[] bytes)
    {
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, (ulong)bytes.Length, Tag);
        Memory.Write(block, bytes);
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        ulong old = header.SecurityDescriptor & ~0xFUL;
        header.SecurityDescriptor = block;
        if (Kernel.ObjectTypes.KindOf(body) == ObjectKind.Device)
        {
            View<DEVICE_OBJECT> device = new(body);
            device.SecurityDescriptor = block;
        }
        if (old != 0)
            Kernel.Pool.Free(old, Tag);
    }

    /// <summary>What the object has, or the default.</summary>
    private CapturedSecurity Of(ulong body)
    {
        ulong known = Objects.HeaderOf(body).SecurityDescriptor & ~0xFUL;
        if (known != 0 && Kernel.SecurityCapture.TryCapture(known, 0, out CapturedSecurity captured).IsSuccess)
            return captured;
        View<SE_EXPORTS> exports = new(Memory.ReadU64(Kernel.Data(Datum.SeExports)));
        byte[] system = SidAt(exports.SeLocalSystemSid), administrators = SidAt(exports.SeAliasAdminsSid), world = SidAt(exports.SeWorldSid);
        GENERIC_MAPPING mapping = Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body)).TypeInfo.GenericMapping;
        byte[] dacl = NewAcl((mapping.GenericAll, system), (mapping.GenericAll, administrators), (mapping.GenericRead | mapping.GenericExecute, world));
        return new CapturedSecurity(CapturedSecurity.DaclPresent, administrators, system, null, dacl);
    }

    private byte[] SidAt(ulong sid)
    {
        var bytes = new byte[Kernel.SecurityDescriptors.RtlLengthSid(sid)];
        Memory.Read(sid, bytes);
        return bytes;
    }

    private static byte[] NewAcl(params ReadOnlySpan<(uint Mask, byte[] Sid)> entries)
    {
        var bytes = new List<byte>(new byte[8]);
        foreach ((uint mask, byte[] sid) in entries)
        {
            bytes.AddRange([0, 0, (byte)(8 + sid.Length), 0]); // ACCESS_ALLOWED_ACE.
            bytes.AddRange(BitConverter.GetBytes(mask));
            bytes.AddRange(sid);
        }
        byte[] acl = [.. bytes];
        acl[0] = 2;
        BinaryPrimitives.WriteUInt16LittleEndian(acl.AsSpan(2), (ushort)acl.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(acl.AsSpan(4), (ushort)entries.Length);
        return acl;
    }

    private static CapturedSecurity Merge(CapturedSecurity old, CapturedSecurity given, uint parts)
    {
        ushort taken = (ushort)(((parts & Dacl) != 0 ? CapturedSecurity.DaclPresent : 0) | ((parts & Sacl) != 0 ? CapturedSecurity.SaclPresent : 0));
        return new CapturedSecurity((ushort)((old.Control & ~taken) | (given.Control & taken)),
            (parts & Owner) != 0 ? given.Owner : old.Owner, (parts & Group) != 0 ? given.Group : old.Group,
            (parts & Sacl) != 0 ? given.Sacl : old.Sacl, (parts & Dacl) != 0 ? given.Dacl : old.Dacl);
    }

    private static uint AccessToSet(uint parts) =>
        ((parts & (Owner | Group)) != 0 ? WriteOwner : 0) | ((parts & Dacl) != 0 ? WriteDac : 0) | ((parts & Sacl) != 0 ? SystemSecurity : 0);

    /// <summary>The object whose descriptor it is: of an open device, the device.</summary>
    private ulong OwnerOf(ulong body) =>
        Kernel.ObjectTypes.KindOf(body) == ObjectKind.File ? new View<FILE_OBJECT>(body).DeviceObject.Address : body;
}
