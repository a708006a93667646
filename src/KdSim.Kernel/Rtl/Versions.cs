using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Rtl;

/// <summary>Which Windows this is: 10.0.17763, workstation.</summary>
public sealed class Versions(NtKernel kernel) : KernelComponent(kernel)
{
    public const uint Major = 10, Minor = 0, Build = 17763;
    private const uint PlatformNt = 2;
    private const byte Workstation = 1;

    // VER_* masks of RTL_OSVERSIONINFOEXW fields, in the order in which a comparison weighs them.
    private const uint MajorMask = 2, MinorMask = 1, BuildMask = 4, PlatformMask = 8, ServicePackMinorMask = 0x10, ServicePackMajorMask = 0x20;
    private const uint SuiteMask = 0x40, ProductMask = 0x80;

    [NtExport("RtlGetVersion", MaxIrql = Irql.Passive, IsResident = true)]
    public NtStatus RtlGetVersion(Ptr<RTL_OSVERSIONINFOEXW> VersionInformation)
    {
        View<RTL_OSVERSIONINFOEXW> info = VersionInformation;
        uint size = info.dwOSVersionInfoSize;
        if (size != RTL_OSVERSIONINFOEXW.SizeOf && size != RTL_OSVERSIONINFOW.SizeOf) return NtStatus.InvalidParameter;
        Memory.Fill(info.Address + 4, size - 4, 0);
        info.dwMajorVersion = Major;
        info.dwMinorVersion = Minor;
        info.dwBuildNumber = Build;
        info.dwPlatformId = PlatformNt;
        if (size == RTL_OSVERSIONINFOEXW.SizeOf)
        {
            info.wSuiteMask = 0x100;
            info.wProductType = Workstation;
        }
        return NtStatus.Success;
    }

    [NtExport("PsGetVersion")]
    public bool PsGetVersion(Ptr<uint> MajorVersion, Ptr<uint> MinorVersion, Ptr<uint> BuildNumber, Ptr<UNICODE_STRING> CSDVersion)
    {
        if (!MajorVersion.IsNull) MajorVersion.Write(Major);
        if (!MinorVersion.IsNull) MinorVersion.Write(Minor);
        if (!BuildNumber.IsNull) BuildNumber.Write(Build);
        if (!CSDVersion.IsNull) CSDVersion.Write(default);
        return false; // TRUE would say that this is a checked build.
    }

    [NtExport("IoIsWdmVersionAvailable")]
    public bool IoIsWdmVersionAvailable(byte MajorVersion, byte MinorVersion) => (MajorVersion, MinorVersion).CompareTo(((byte)6, (byte)0x20)) <= 0;

    [NtExport("RtlIsNtDdiVersionAvailable")]
    public bool RtlIsNtDdiVersionAvailable(uint Version) => Version <= 0x0A000006;

    [NtExport("VerSetConditionMask")]
    public ulong VerSetConditionMask(ulong ConditionMask, uint TypeMask, byte Condition)
    {
        if (TypeMask == 0) return 0;
        int bit = System.Numerics.BitOperations.TrailingZeroCount(TypeMask);
        return ConditionMask | (ulong)(Condition & 7) << (bit * 3);
    }

    [NtExport("RtlVerifyVersionInfo", MaxIrql = Irql.Passive)]
    public NtStatus RtlVerifyVersionInfo(Ptr<RTL_OSVERSIONINFOEXW> VersionInfo, uint TypeMask, ulong ConditionMask)
    {
        if (TypeMask == 0 || ConditionMask == 0) return NtStatus.InvalidParameter;
        View<RTL_OSVERSIONINFOEXW> asked = VersionInfo;
        // Major, minor and service pack are one number: a lower part counts only while the higher ones are equal.
        (uint Mask, uint Ours, uint Asked)[] parts =
        [
            (MajorMask, Major, asked.dwMajorVersion), (MinorMask, Minor, asked.dwMinorVersion),
            (ServicePackMajorMask, 0, asked.wServicePackMajor), (ServicePackMinorMask, 0, asked.wServicePackMinor),
        ];
        int order = 0;
        int condition = 0;
        foreach ((uint mask, uint ours, uint wanted) in parts)
        {
            if ((TypeMask & mask) == 0) continue;
            condition = condition == 0 ? Condition(ConditionMask, mask) : condition;
            if (order == 0) order = ours.CompareTo(wanted);
        }
        bool holds = condition == 0 || Holds(condition, order);
        holds &= (TypeMask & BuildMask) == 0 || Holds(Condition(ConditionMask, BuildMask), Build.CompareTo(asked.dwBuildNumber));
        holds &= (TypeMask & PlatformMask) == 0 || Holds(Condition(ConditionMask, PlatformMask), PlatformNt.CompareTo(asked.dwPlatformId));
        holds &= (TypeMask & ProductMask) == 0 || Holds(Condition(ConditionMask, ProductMask), Workstation.CompareTo(asked.wProductType));
        holds &= (TypeMask & SuiteMask) == 0 || (asked.wSuiteMask & 0x100) == asked.wSuiteMask;
        return holds ? NtStatus.Success : NtStatus.RevisionMismatch;
    }

    private static int Condition(ulong mask, uint type) => (int)(mask >> (System.Numerics.BitOperations.TrailingZeroCount(type) * 3)) & 7;

    private static bool Holds(int condition, int order) => condition switch
    {
        1 => order == 0,
        2 => order > 0,
        3 => order >= 0,
        4 => order < 0,
        5 => order <= 0,
        _ => false,
    };
}
