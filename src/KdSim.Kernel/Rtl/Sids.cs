using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>Security identifiers as data. Any IRQL where they are resident, but for the text form: PASSIVE_LEVEL.</summary>
public sealed class Sids(NtKernel kernel) : KernelComponent(kernel)
{
    private const byte Revision = 1, MostParts = 15;

    [NtExport("RtlInitializeSid", MaxIrql = Irql.Apc)]
    public NtStatus RtlInitializeSid(ulong Sid, ulong IdentifierAuthority, byte SubAuthorityCount)
    {
        if (SubAuthorityCount > MostParts)
            return NtStatus.InvalidParameter;
        Span<byte> authority = stackalloc byte[6];
        Memory.Read(IdentifierAuthority, authority);
        Memory.WriteU8(Sid, Revision);
        Memory.WriteU8(Sid + 1, SubAuthorityCount);
        Memory.Write(Sid + 2, authority);
        return NtStatus.Success;
    }

    [NtExport("RtlSubAuthoritySid", MaxIrql = Irql.Apc)]
    public ulong RtlSubAuthoritySid(ulong Sid, uint SubAuthority) => Sid + 8 + SubAuthority * 4UL;

    [NtExport("RtlSubAuthorityCountSid", MaxIrql = Irql.Apc)]
    public ulong RtlSubAuthorityCountSid(ulong Sid) => Sid + 1;

    [NtExport("RtlValidSid", MaxIrql = Irql.Apc)]
    public bool RtlValidSid(ulong Sid) => Sid != 0 && Memory.ReadU8(Sid) == Revision && Memory.ReadU8(Sid + 1) <= MostParts;

    [NtExport("RtlCopySid", MaxIrql = Irql.Apc)]
    public NtStatus RtlCopySid(uint DestinationSidLength, ulong DestinationSid, ulong SourceSid)
    {
        uint length = Kernel.SecurityDescriptors.RtlLengthSid(SourceSid);
        if (length > DestinationSidLength)
            return NtStatus.BufferTooSmall;
        byte[] bytes = new byte[length];
        Memory.Read(SourceSid, bytes);
        Memory.Write(DestinationSid, bytes);
        return NtStatus.Success;
    }

    /// <summary>S-1-5-18, in a string of the caller or in pool.</summary>
    [NtExport("RtlConvertSidToUnicodeString", MaxIrql = Irql.Apc)]
    public NtStatus RtlConvertSidToUnicodeString(Ptr<UNICODE_STRING> UnicodeString, ulong Sid, bool AllocateDestinationString)
    {
        if (!RtlValidSid(Sid))
            return NtStatus.InvalidSid;
        ulong authority = 0;
        for (uint i = 0; i < 6; i++)
            authority = authority << 8 | Memory.ReadU8(Sid + 2 + i);
        string text = authority < 1UL << 32 ? $"S-1-{authority}" : $"S-1-0x{authority:x12}";
        for (uint i = 0; i < Memory.ReadU8(Sid + 1); i++)
            text += $"-{Memory.ReadU32(Sid + 8 + i * 4)}";
        if (AllocateDestinationString)
            UnicodeString.Write(Kernel.Objects.NewString(text));
        else if (!Kernel.UnicodeStrings.TryWrite(UnicodeString, text))
            return NtStatus.BufferOverflow;
        return NtStatus.Success;
    }
}
