using System.Buffers.Binary;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Se;

/// <summary>The parts of a security descriptor, copied; null: the descriptor has no such part.</summary>
internal readonly record struct CapturedSecurity(ushort Control, byte[]? Owner, byte[]? Group, byte[]? Sacl, byte[]? Dacl)
{
    public const ushort DaclPresent = 4, SaclPresent = 0x10, SelfRelative = 0x8000;
    public const int HeadSize = 0x14;

    /// <summary>The self-relative form.</summary>
    public byte[] ToBytes()
    {
        byte[]?[] parts = [Owner, Group, Sacl, Dacl];
        var bytes = new byte[HeadSize + parts.Sum(part => (part?.Length ?? 0) + 3 & ~3)];
        bytes[0] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), (ushort)(Control | SelfRelative));
        int at = HeadSize;
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] is not { } part)
                continue;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 + i * 4), at);
            part.CopyTo(bytes, at);
            at += part.Length + 3 & ~3;
        }
        return bytes;
    }
}

/// <summary>Copies security descriptors, of either form, out of the memory of whoever passes them. PASSIVE_LEVEL.</summary>
public sealed class SecurityCapture(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x63536553; // "SeSc"

    /// <summary>A copy in pool; for the kernel itself, if CaptureIfKernel does not ask for one, the descriptor as it is.</summary>
    [NtExport("SeCaptureSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus SeCaptureSecurityDescriptor(ulong OriginalSecurityDescriptor, sbyte CurrentMode, POOL_TYPE PoolType, bool CaptureIfKernel,
        Ptr<ulong> CapturedSecurityDescriptor)
    {
        CapturedSecurityDescriptor.Write(OriginalSecurityDescriptor);
        if (OriginalSecurityDescriptor == 0 || (CurrentMode == 0 && !CaptureIfKernel))
            return NtStatus.Success;
        NtStatus status = TryCapture(OriginalSecurityDescriptor, CurrentMode, out CapturedSecurity captured);
        if (!status.IsSuccess)
            return status;
        byte[] bytes = captured.ToBytes();
        ulong block = Kernel.Pool.TryAllocate(PoolType, (ulong)bytes.Length, Tag);
        if (block == 0)
            return NtStatus.InsufficientResources;
        Memory.Write(block, bytes);
        CapturedSecurityDescriptor.Write(block);
        return NtStatus.Success;
    }

    /// <summary>Frees what capturing with the same arguments allocated.</summary>
    [NtExport("SeReleaseSecurityDescriptor", MaxIrql = Irql.Passive)]
    public NtStatus SeReleaseSecurityDescriptor(ulong CapturedSecurityDescriptor, sbyte CurrentMode, bool CaptureIfKernelMode)
    {
        if (CapturedSecurityDescriptor != 0 && (CurrentMode != 0 || CaptureIfKernelMode))
            Kernel.Pool.Free(CapturedSecurityDescriptor, Tag);
        return NtStatus.Success;
    }

    internal NtStatus TryCapture(ulong address, sbyte mode, out CapturedSecurity captured)
    {
        captured = default;
        Span<byte> head = stackalloc byte[0x28];
        if (!Kernel.CallerMemory.TryRead(address, head[..CapturedSecurity.HeadSize], mode))
            return NtStatus.AccessViolation;
        if (head[0] != 1)
            return NtStatus.UnknownRevision;
        ushort control = BinaryPrimitives.ReadUInt16LittleEndian(head[2..]);
        bool isRelative = (control & CapturedSecurity.SelfRelative) != 0;
        if (!isRelative && !Kernel.CallerMemory.TryRead(address, head, mode))
            return NtStatus.AccessViolation;
        Span<ulong> parts = stackalloc ulong[4];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = !isRelative ? BinaryPrimitives.ReadUInt64LittleEndian(head[(8 + i * 8)..])
                : BinaryPrimitives.ReadUInt32LittleEndian(head[(4 + i * 4)..]) is var offset and not 0 ? address + offset : 0;
        bool hasSacl = (control & CapturedSecurity.SaclPresent) != 0, hasDacl = (control & CapturedSecurity.DaclPresent) != 0;
        if (!TryPart(parts[0], false, mode, out byte[]? owner) || !TryPart(parts[1], false, mode, out byte[]? group)
            || !TryPart(hasSacl ? parts[2] : 0, true, mode, out byte[]? sacl) || !TryPart(hasDacl ? parts[3] : 0, true, mode, out byte[]? dacl))
            return NtStatus.InvalidSecurityDescr;
        captured = new CapturedSecurity(control, owner, group, sacl, dacl);
        return NtStatus.Success;
    }

    /// <summary>A SID, or an ACL whose entries lie inside it.</summary>
    private bool TryPart(ulong address, bool isAcl, sbyte mode, out byte[]? bytes)
    {
        bytes = null;
        if (address == 0)
            return true;
        Span<byte> head = stackalloc byte[8];
        if (!Kernel.CallerMemory.TryRead(address, head, mode))
            return false;
        int length = isAcl ? BinaryPrimitives.ReadUInt16LittleEndian(head[2..]) : 8 + 4 * head[1];
        if (length < 8 || (isAcl ? head[0] is < 2 or > 4 : head[0] != 1 || head[1] > 15))
            return false;
        bytes = new byte[length];
        return Kernel.CallerMemory.TryRead(address, bytes, mode) && (!isAcl || EntriesFit(bytes));
    }

    private static bool EntriesFit(ReadOnlySpan<byte> acl)
    {
        int at = 8;
        for (int i = BinaryPrimitives.ReadUInt16LittleEndian(acl[4..]); i > 0; i--)
        {
            if (at + 8 > acl.Length || BinaryPrimitives.ReadUInt16LittleEndian(acl[(at + 2)..]) is var size && (size < 8 || at + size > acl.Length))
                return false;
            at += size;
        }
        return true;
    }
}
