using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// Security descriptors as data: making them, their parts, both forms. Nothing here decides access. In the absolute form the parts are
/// pointers, in the self-relative form offsets of 32 bits. PASSIVE_LEVEL.
/// </summary>
public sealed class SecurityDescriptors(NtKernel kernel) : KernelComponent(kernel)
{
    private const byte Revision = 1;
    private const int AbsoluteSize = 0x28, RelativeSize = 0x14;
    private const ushort OwnerDefaulted = 1, GroupDefaulted = 2, DaclPresent = 4, DaclDefaulted = 8, SaclPresent = 0x10, SaclDefaulted = 0x20;
    private const ushort SelfRelative = 0x8000;

    private enum Part { Owner, Group, Sacl, Dacl }

    [NtExport("RtlCreateSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus RtlCreateSecurityDescriptor(ulong SecurityDescriptor, uint Revision)
    {
        if (Revision != SecurityDescriptors.Revision) return NtStatus.UnknownRevision;
        Memory.Fill(SecurityDescriptor, AbsoluteSize, 0);
        Memory.WriteU8(SecurityDescriptor, SecurityDescriptors.Revision);
        return NtStatus.Success;
    }

    [NtExport("RtlValidSecurityDescriptor", MaxIrql = Irql.Passive)]
    public bool RtlValidSecurityDescriptor(ulong SecurityDescriptor) => SecurityDescriptor != 0 && Memory.ReadU8(SecurityDescriptor) == Revision;

    [NtExport("RtlSetDaclSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus RtlSetDaclSecurityDescriptor(ulong SecurityDescriptor, bool DaclPresent, ulong Dacl, bool DaclDefaulted)
    {
        if (Check(SecurityDescriptor, mustBeAbsolute: true) is var status and not NtStatus.Success) return status;
        SetControl(SecurityDescriptor, SecurityDescriptors.DaclPresent, DaclPresent);
        SetControl(SecurityDescriptor, SecurityDescriptors.DaclDefaulted, DaclDefaulted);
        Memory.WriteU64(SecurityDescriptor + 0x20, DaclPresent ? Dacl : 0);
        return NtStatus.Success;
    }

    [NtExport("RtlSetOwnerSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus RtlSetOwnerSecurityDescriptor(ulong SecurityDescriptor, ulong Owner, bool OwnerDefaulted)
    {
        if (Check(SecurityDescriptor, mustBeAbsolute: true) is var status and not NtStatus.Success) return status;
        SetControl(SecurityDescriptor, SecurityDescriptors.OwnerDefaulted, OwnerDefaulted);
        Memory.WriteU64(SecurityDescriptor + 8, Owner);
        return NtStatus.Success;
    }

    [NtExport("RtlSetGroupSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus RtlSetGroupSecurityDescriptor(ulong SecurityDescriptor, ulong Group, bool GroupDefaulted)
    {
        if (Check(SecurityDescriptor, mustBeAbsolute: true) is var status and not NtStatus.Success) return status;
        SetControl(SecurityDescriptor, SecurityDescriptors.GroupDefaulted, GroupDefaulted);
        Memory.WriteU64(SecurityDescriptor + 0x10, Group);
        return NtStatus.Success;
    }

    [NtExport("RtlGetDaclSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus RtlGetDaclSecurityDescriptor(ulong SecurityDescriptor, Ptr<byte> DaclPresent, Ptr<ulong> Dacl, Ptr<byte> DaclDefaulted) =>
        GetAcl(SecurityDescriptor, Part.Dacl, SecurityDescriptors.DaclPresent, SecurityDescriptors.DaclDefaulted, DaclPresent, Dacl, DaclDefaulted);

    [NtExport("RtlGetSaclSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus RtlGetSaclSecurityDescriptor(ulong SecurityDescriptor, Ptr<byte> SaclPresent, Ptr<ulong> Sacl, Ptr<byte> SaclDefaulted) =>
        GetAcl(SecurityDescriptor, Part.Sacl, SecurityDescriptors.SaclPresent, SecurityDescriptors.SaclDefaulted, SaclPresent, Sacl, SaclDefaulted);

    [NtExport("RtlGetOwnerSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus RtlGetOwnerSecurityDescriptor(ulong SecurityDescriptor, Ptr<ulong> Owner, Ptr<byte> OwnerDefaulted) =>
        GetSid(SecurityDescriptor, Part.Owner, SecurityDescriptors.OwnerDefaulted, Owner, OwnerDefaulted);

    [NtExport("RtlGetGroupSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus RtlGetGroupSecurityDescriptor(ulong SecurityDescriptor, Ptr<ulong> Group, Ptr<byte> GroupDefaulted) =>
        GetSid(SecurityDescriptor, Part.Group, SecurityDescriptors.GroupDefaulted, Group, GroupDefaulted);

    [NtExport("RtlLengthSecurityDescriptor", MaxIrql = Irql.Passive)]
    public uint RtlLengthSecurityDescriptor(ulong SecurityDescriptor)
    {
        uint length = IsRelative(SecurityDescriptor) ? RelativeSize : (uint)AbsoluteSize;
        foreach (Part part in Enum.GetValues<Part>()) length += Aligned(SizeOf(part, Address(SecurityDescriptor, part)));
        return length;
    }

    [NtExport("RtlLengthSid", MaxIrql = Irql.Apc)]
    public uint RtlLengthSid(ulong Sid) => 8 + 4u * Memory.ReadU8(Sid + 1);

    [NtExport("RtlLengthRequiredSid", MaxIrql = Irql.Apc)]
    public uint RtlLengthRequiredSid(uint SubAuthorityCount) => 8 + 4 * SubAuthorityCount;

    [NtExport("RtlEqualSid", MaxIrql = Irql.Apc)]
    public bool RtlEqualSid(ulong Sid1, ulong Sid2)
    {
        Span<byte> first = stackalloc byte[8 + 4 * 255], second = stackalloc byte[8 + 4 * 255];
        first = first[..(int)RtlLengthSid(Sid1)];
        second = second[..(int)RtlLengthSid(Sid2)];
        Memory.Read(Sid1, first);
        Memory.Read(Sid2, second);
        return first.SequenceEqual(second);
    }

    [NtExport("RtlCreateAcl", MaxIrql = Irql.Passive)]
    public NtStatus RtlCreateAcl(ulong Acl, uint AclLength, uint AclRevision)
    {
        if (AclLength is < 8 or > 0xFFFC) return AclLength < 8 ? NtStatus.BufferTooSmall : NtStatus.InvalidParameter;
        if (AclRevision is < 2 or > 4) return NtStatus.InvalidParameter;
        Memory.WriteU64(Acl, AclRevision | (ulong)(AclLength & ~3u) << 16);
        return NtStatus.Success;
    }

    [NtExport("RtlAddAccessAllowedAce", MaxIrql = Irql.Passive)]
    public NtStatus RtlAddAccessAllowedAce(ulong Acl, uint AceRevision, uint AccessMask, ulong Sid)
    {
        uint size = Memory.ReadU16(Acl + 2), count = Memory.ReadU16(Acl + 4), used = 8;
        for (uint i = 0; i < count; i++)
        {
            if (used + 4 > size) return NtStatus.InvalidAcl;
            used += Memory.ReadU16(Acl + used + 2);
        }
        uint sid = RtlLengthSid(Sid), ace = 8 + sid;
        if (used + ace > size) return NtStatus.AllottedSpaceExceeded;
        Memory.WriteU32(Acl + used, ace << 16);
        Memory.WriteU32(Acl + used + 4, AccessMask);
        Copy(Acl + used + 8, Sid, sid);
        Memory.WriteU16(Acl + 4, (ushort)(count + 1));
        return NtStatus.Success;
    }

    [NtExport("RtlAbsoluteToSelfRelativeSD", MaxIrql = Irql.Passive)]
    public NtStatus RtlAbsoluteToSelfRelativeSD(ulong AbsoluteSecurityDescriptor, ulong SelfRelativeSecurityDescriptor, Ptr<uint> BufferLength)
    {
        if (IsRelative(AbsoluteSecurityDescriptor)) return NtStatus.BadDescriptorFormat;
        uint needed = RtlLengthSecurityDescriptor(AbsoluteSecurityDescriptor) - AbsoluteSize + RelativeSize;
        uint given = BufferLength.Read();
        BufferLength.Write(needed);
        if (given < needed) return NtStatus.BufferTooSmall;
        Memory.Fill(SelfRelativeSecurityDescriptor, needed, 0);
        Memory.WriteU8(SelfRelativeSecurityDescriptor, Revision);
        Memory.WriteU16(SelfRelativeSecurityDescriptor + 2, (ushort)(Memory.ReadU16(AbsoluteSecurityDescriptor + 2) | SelfRelative));
        uint at = RelativeSize;
        foreach (Part part in Enum.GetValues<Part>())
        {
            ulong address = Address(AbsoluteSecurityDescriptor, part);
            uint size = SizeOf(part, address);
            if (size == 0) continue;
            Memory.WriteU32(SelfRelativeSecurityDescriptor + 4 + (ulong)part * 4, at);
            Copy(SelfRelativeSecurityDescriptor + at, address, size);
            at += Aligned(size);
        }
        return NtStatus.Success;
    }

    private NtStatus Check(ulong descriptor, bool mustBeAbsolute) =>
        Memory.ReadU8(descriptor) != Revision ? NtStatus.UnknownRevision
        : mustBeAbsolute && IsRelative(descriptor) ? NtStatus.InvalidSecurityDescr : NtStatus.Success;

    private NtStatus GetAcl(
        ulong descriptor, Part part, ushort presentBit, ushort defaultedBit, Ptr<byte> present, Ptr<ulong> acl, Ptr<byte> defaulted)
    {
        if (Check(descriptor, mustBeAbsolute: false) is var status and not NtStatus.Success) return status;
        ushort control = Memory.ReadU16(descriptor + 2);
        bool isPresent = (control & presentBit) != 0;
        present.Write(isPresent ? (byte)1 : (byte)0);
        if (!isPresent) return NtStatus.Success;
        acl.Write(Address(descriptor, part));
        defaulted.Write((control & defaultedBit) != 0 ? (byte)1 : (byte)0);
        return NtStatus.Success;
    }

    private NtStatus GetSid(ulong descriptor, Part part, ushort defaultedBit, Ptr<ulong> sid, Ptr<byte> defaulted)
    {
        if (Check(descriptor, mustBeAbsolute: false) is var status and not NtStatus.Success) return status;
        sid.Write(Address(descriptor, part));
        defaulted.Write((Memory.ReadU16(descriptor + 2) & defaultedBit) != 0 ? (byte)1 : (byte)0);
        return NtStatus.Success;
    }

    private bool IsRelative(ulong descriptor) => (Memory.ReadU16(descriptor + 2) & SelfRelative) != 0;

    private void SetControl(ulong descriptor, ushort bit, bool value)
    {
        ushort control = Memory.ReadU16(descriptor + 2);
        Memory.WriteU16(descriptor + 2, (ushort)(value ? control | bit : control & ~bit));
    }

    private ulong Address(ulong descriptor, Part part)
    {
        if (!IsRelative(descriptor)) return Memory.ReadU64(descriptor + 8 + (ulong)part * 8);
        uint offset = Memory.ReadU32(descriptor + 4 + (ulong)part * 4);
        return offset == 0 ? 0 : descriptor + offset;
    }

    private uint SizeOf(Part part, ulong address) =>
        address == 0 ? 0 : part is Part.Owner or Part.Group ? RtlLengthSid(address) : Memory.ReadU16(address + 2);

    private static uint Aligned(uint size) => size + 3 & ~3u;

    private void Copy(ulong to, ulong from, uint size)
    {
        byte[] bytes = new byte[size];
        Memory.Read(from, bytes);
        Memory.Write(to, bytes);
    }
}
