using System.Buffers.Binary;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Se;

/// <summary>
/// Who may do what: SeAccessCheck against the identity that every process of this machine has, Local System, a member of Administrators. Kernel mode may do
/// everything. PASSIVE_LEVEL.
/// </summary>
public sealed class AccessChecks(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint MaximumAllowed = 0x0200_0000, ReadControl = 0x2_0000, WriteDac = 0x4_0000;
    private const byte Allowed = 0, Denied = 1, InheritOnly = 8;
    private const int AceHead = 8;

    /// <summary>The tokens of the thread and of its process; this machine's threads impersonate nobody.</summary>
    [NtExport("SeCaptureSubjectContext", MaxIrql = Irql.Passive)]
    public void SeCaptureSubjectContext(Ptr<SECURITY_SUBJECT_CONTEXT> SubjectContext)
    {
        View<SECURITY_SUBJECT_CONTEXT> context = SubjectContext;
        context.Clear();
        context.PrimaryToken = Kernel.KernelObjects.Process.Token.Object & ~15UL;
        context.ProcessAuditId = Kernel.KernelObjects.Process.UniqueProcessId;
    }

    [NtExport("SeLockSubjectContext", MaxIrql = Irql.Passive)]
    [NtExport("SeUnlockSubjectContext", MaxIrql = Irql.Passive)]
    public void SeLockSubjectContext(Ptr<SECURITY_SUBJECT_CONTEXT> SubjectContext)
    {
        // Nothing changes a token of this machine, so there is nothing to keep from changing.
    }

    [NtExport("SeReleaseSubjectContext", MaxIrql = Irql.Passive)]
    public void SeReleaseSubjectContext(Ptr<SECURITY_SUBJECT_CONTEXT> SubjectContext)
    {
        View<SECURITY_SUBJECT_CONTEXT> context = SubjectContext;
        context.Clear();
    }

    /// <summary>True if the descriptor grants what is wanted; what it grants, and the status, are written.</summary>
    [NtExport("SeAccessCheck", MaxIrql = Irql.Passive)]
    public bool SeAccessCheck(ulong SecurityDescriptor, Ptr<SECURITY_SUBJECT_CONTEXT> SubjectSecurityContext, bool SubjectContextLocked, uint DesiredAccess,
        uint PreviouslyGrantedAccess, Ptr<ulong> Privileges, Ptr<GENERIC_MAPPING> GenericMapping, sbyte AccessMode, Ptr<uint> GrantedAccess,
        Ptr<NtStatus> AccessStatus)
    {
        GENERIC_MAPPING mapping = GenericMapping.Read();
        bool wantsAll = (DesiredAccess & MaximumAllowed) != 0;
        uint wanted = DesiredAccess & ~MaximumAllowed;
        uint granted = AccessMode == 0 ? wantsAll ? mapping.GenericAll | wanted : wanted : GrantedBy(SecurityDescriptor, mapping);
        granted |= PreviouslyGrantedAccess;
        if (!Privileges.IsNull)
            Privileges.Write(0);
        bool isGranted = (wanted & ~granted) == 0 && (granted != 0 || wanted == 0);
        GrantedAccess.Write(!isGranted ? 0 : wantsAll ? granted : wanted | PreviouslyGrantedAccess);
        AccessStatus.Write(isGranted ? NtStatus.Success : NtStatus.AccessDenied);
        return isGranted;
    }

    /// <summary>Replaces generic rights by what they mean.</summary>
    [NtExport("RtlMapGenericMask", MaxIrql = Irql.Apc)]
    public void RtlMapGenericMask(Ptr<uint> AccessMask, Ptr<GENERIC_MAPPING> GenericMapping) =>
        AccessMask.Write(Mapped(AccessMask.Read(), GenericMapping.Read()));

    private uint GrantedBy(ulong descriptor, GENERIC_MAPPING mapping)
    {
        if (descriptor == 0 || !Kernel.SecurityCapture.TryCapture(descriptor, 0, out CapturedSecurity captured).IsSuccess)
            return 0;
        byte[][] own = [.. Identities()];
        uint granted = captured.Owner is { } owner && own.Any(sid => sid.AsSpan().SequenceEqual(owner)) ? ReadControl | WriteDac : 0, denied = 0;
        if (captured.Dacl is not { } dacl)
            return mapping.GenericAll | granted; // No list: nothing is forbidden.
        for (int at = AceHead, left = BinaryPrimitives.ReadUInt16LittleEndian(dacl.AsSpan(4)); left > 0; left--)
        {
            int size = BinaryPrimitives.ReadUInt16LittleEndian(dacl.AsSpan(at + 2));
            uint mask = Mapped(BinaryPrimitives.ReadUInt32LittleEndian(dacl.AsSpan(at + 4)), mapping);
            if ((dacl[at + 1] & InheritOnly) == 0 && own.Any(sid => IsSid(dacl.AsSpan(at + AceHead, size - AceHead), sid)))
            {
                granted |= dacl[at] == Allowed ? mask & ~denied : 0;
                denied |= dacl[at] == Denied ? mask & ~granted : 0;
            }
            at += size;
        }
        return granted;
    }

    private static bool IsSid(ReadOnlySpan<byte> ace, byte[] sid) => ace.Length >= sid.Length && ace[..sid.Length].SequenceEqual(sid);

    /// <summary>Local System and the groups that it is in.</summary>
    private IEnumerable<byte[]> Identities()
    {
        View<SE_EXPORTS> exports = new(Memory.ReadU64(Kernel.Data(Datum.SeExports)));
        ulong[] sids = [exports.SeLocalSystemSid, exports.SeAliasAdminsSid, exports.SeWorldSid, exports.SeAuthenticatedUsersSid];
        return sids.Select(sid =>
        {
            var bytes = new byte[Kernel.SecurityDescriptors.RtlLengthSid(sid)];
            Memory.Read(sid, bytes);
            return bytes;
        });
    }

    private static uint Mapped(uint mask, GENERIC_MAPPING mapping)
    {
        uint mapped = mask & 0x0FFF_FFFF;
        if ((mask & 0x8000_0000) != 0) mapped |= mapping.GenericRead;
        if ((mask & 0x4000_0000) != 0) mapped |= mapping.GenericWrite;
        if ((mask & 0x2000_0000) != 0) mapped |= mapping.GenericExecute;
        if ((mask & 0x1000_0000) != 0) mapped |= mapping.GenericAll;
        return mapped;
    }
}
