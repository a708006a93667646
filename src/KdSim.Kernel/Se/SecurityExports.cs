using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Se;

/// <summary>nt!SeExports: the numbers of privileges and the well-known SIDs, for drivers that name them. Written once at boot.</summary>
[NtData("SeExports", 8, IsExported = true)]
[NtData("SepExports", SE_EXPORTS.SizeOf, Type = "_SE_EXPORTS")]
public sealed class SecurityExports(NtKernel kernel) : KernelComponent(kernel)
{
    internal const uint FirstPrivilege = 2, LastPrivilege = 35;
    private const uint Tag = 0x64536553; // "SeSd"

    /// <summary>By number, from the first on: where each privilege stands.</summary>
    private static readonly int[] Privileges =
    [
        SE_EXPORTS.Offsets.SeCreateTokenPrivilege, SE_EXPORTS.Offsets.SeAssignPrimaryTokenPrivilege, SE_EXPORTS.Offsets.SeLockMemoryPrivilege,
        SE_EXPORTS.Offsets.SeIncreaseQuotaPrivilege, SE_EXPORTS.Offsets.SeUnsolicitedInputPrivilege, SE_EXPORTS.Offsets.SeTcbPrivilege,
        SE_EXPORTS.Offsets.SeSecurityPrivilege, SE_EXPORTS.Offsets.SeTakeOwnershipPrivilege, SE_EXPORTS.Offsets.SeLoadDriverPrivilege,
        SE_EXPORTS.Offsets.SeSystemProfilePrivilege, SE_EXPORTS.Offsets.SeSystemtimePrivilege, SE_EXPORTS.Offsets.SeProfileSingleProcessPrivilege,
        SE_EXPORTS.Offsets.SeIncreaseBasePriorityPrivilege, SE_EXPORTS.Offsets.SeCreatePagefilePrivilege, SE_EXPORTS.Offsets.SeCreatePermanentPrivilege,
        SE_EXPORTS.Offsets.SeBackupPrivilege, SE_EXPORTS.Offsets.SeRestorePrivilege, SE_EXPORTS.Offsets.SeShutdownPrivilege,
        SE_EXPORTS.Offsets.SeDebugPrivilege, SE_EXPORTS.Offsets.SeAuditPrivilege, SE_EXPORTS.Offsets.SeSystemEnvironmentPrivilege,
        SE_EXPORTS.Offsets.SeChangeNotifyPrivilege, SE_EXPORTS.Offsets.SeRemoteShutdownPrivilege, SE_EXPORTS.Offsets.SeUndockPrivilege,
        SE_EXPORTS.Offsets.SeSyncAgentPrivilege, SE_EXPORTS.Offsets.SeEnableDelegationPrivilege, SE_EXPORTS.Offsets.SeManageVolumePrivilege,
        SE_EXPORTS.Offsets.SeImpersonatePrivilege, SE_EXPORTS.Offsets.SeCreateGlobalPrivilege, SE_EXPORTS.Offsets.SeTrustedCredManAccessPrivilege,
        SE_EXPORTS.Offsets.SeRelabelPrivilege, SE_EXPORTS.Offsets.SeIncreaseWorkingSetPrivilege, SE_EXPORTS.Offsets.SeTimeZonePrivilege,
        SE_EXPORTS.Offsets.SeCreateSymbolicLinkPrivilege,
    ];

    /// <summary>Where each SID stands, its authority and its sub-authorities.</summary>
    private static readonly (int Offset, byte Authority, uint[] Parts)[] Sids =
    [
        (SE_EXPORTS.Offsets.SeNullSid, 0, [0]), (SE_EXPORTS.Offsets.SeWorldSid, 1, [0]), (SE_EXPORTS.Offsets.SeLocalSid, 2, [0]),
        (SE_EXPORTS.Offsets.SeCreatorOwnerSid, 3, [0]), (SE_EXPORTS.Offsets.SeCreatorGroupSid, 3, [1]), (SE_EXPORTS.Offsets.SeOwnerRightsSid, 3, [4]),
        (SE_EXPORTS.Offsets.SeNtAuthoritySid, 5, []), (SE_EXPORTS.Offsets.SeDialupSid, 5, [1]), (SE_EXPORTS.Offsets.SeNetworkSid, 5, [2]),
        (SE_EXPORTS.Offsets.SeBatchSid, 5, [3]), (SE_EXPORTS.Offsets.SeInteractiveSid, 5, [4]), (SE_EXPORTS.Offsets.SeAnonymousLogonSid, 5, [7]),
        (SE_EXPORTS.Offsets.SeAuthenticatedUsersSid, 5, [11]), (SE_EXPORTS.Offsets.SeRestrictedSid, 5, [12]), (SE_EXPORTS.Offsets.SeIUserSid, 5, [17]),
        (SE_EXPORTS.Offsets.SeLocalSystemSid, 5, [18]), (SE_EXPORTS.Offsets.SeLocalServiceSid, 5, [19]), (SE_EXPORTS.Offsets.SeNetworkServiceSid, 5, [20]),
        (SE_EXPORTS.Offsets.SeAliasAdminsSid, 5, [32, 544]), (SE_EXPORTS.Offsets.SeAliasUsersSid, 5, [32, 545]),
        (SE_EXPORTS.Offsets.SeAliasGuestsSid, 5, [32, 546]), (SE_EXPORTS.Offsets.SeAliasPowerUsersSid, 5, [32, 547]),
        (SE_EXPORTS.Offsets.SeAliasAccountOpsSid, 5, [32, 548]), (SE_EXPORTS.Offsets.SeAliasSystemOpsSid, 5, [32, 549]),
        (SE_EXPORTS.Offsets.SeAliasPrintOpsSid, 5, [32, 550]), (SE_EXPORTS.Offsets.SeAliasBackupOpsSid, 5, [32, 551]),
        (SE_EXPORTS.Offsets.SeUntrustedMandatorySid, 16, [0]), (SE_EXPORTS.Offsets.SeLowMandatorySid, 16, [0x1000]),
        (SE_EXPORTS.Offsets.SeMediumMandatorySid, 16, [0x2000]), (SE_EXPORTS.Offsets.SeHighMandatorySid, 16, [0x3000]),
        (SE_EXPORTS.Offsets.SeSystemMandatorySid, 16, [0x4000]),
    ];

    internal void Initialize()
    {
        ulong exports = Kernel.Data(Datum.SepExports);
        Memory.WriteU64(Kernel.Data(Datum.SeExports), exports);
        for (int i = 0; i < Privileges.Length; i++)
            Memory.WriteU64(exports + (ulong)Privileges[i], FirstPrivilege + (ulong)i);
        foreach ((int offset, byte authority, uint[] parts) in Sids)
            Memory.WriteU64(exports + (ulong)offset, NewSid(authority, parts));
    }

    private ulong NewSid(byte authority, uint[] parts)
    {
        ulong sid = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, 8 + 4 * (ulong)parts.Length, Tag);
        Memory.WriteU8(sid, 1);
        Memory.WriteU8(sid + 1, (byte)parts.Length);
        Memory.WriteU8(sid + 7, authority);
        for (int i = 0; i < parts.Length; i++)
            Memory.WriteU32(sid + 8 + 4 * (ulong)i, parts[i]);
        return sid;
    }
}
