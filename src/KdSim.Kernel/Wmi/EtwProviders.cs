using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Wmi;

/// <summary>
/// Event providers of drivers on a system without a trace session: registration works, nothing is enabled, writes go nowhere and succeed.
/// That is what NT answers too.
/// </summary>
[NtData("EtwpProviderCount", 8)]
public sealed class EtwProviders(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x52777445; // "EtwR"

    [NtExport("EtwRegister", MaxIrql = Irql.Passive)]
    public NtStatus EtwRegister(ulong ProviderId, ulong EnableCallback, ulong CallbackContext, Ptr<ulong> RegHandle)
    {
        ulong registration = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, 0x30, Tag);
        Span<byte> guid = stackalloc byte[16];
        Memory.Read(ProviderId, guid);
        Memory.Write(registration, guid);
        Memory.WriteU64(registration + 0x10, EnableCallback);
        Memory.WriteU64(registration + 0x18, CallbackContext);
        Count(1);
        RegHandle.Write(registration);
        return NtStatus.Success;
    }

    [NtExport("EtwUnregister", MaxIrql = Irql.Passive)]
    public NtStatus EtwUnregister(ulong RegHandle)
    {
        if (RegHandle == 0)
            return NtStatus.InvalidHandle;
        Kernel.Pool.Free(RegHandle);
        Count(-1);
        return NtStatus.Success;
    }

    [NtExport("EtwEventEnabled")]
    public bool EtwEventEnabled(ulong RegHandle, ulong EventDescriptor) => false;

    [NtExport("EtwProviderEnabled")]
    public bool EtwProviderEnabled(ulong RegHandle, byte Level, ulong Keyword) => false;

    [NtExport("EtwWrite")]
    public NtStatus EtwWrite(ulong RegHandle, ulong EventDescriptor, ulong ActivityId, uint UserDataCount, ulong UserData) => Check(RegHandle);

    [NtExport("EtwWriteEx")]
    public NtStatus EtwWriteEx(ulong RegHandle, ulong EventDescriptor, ulong Filter, uint Flags, ulong ActivityId, ulong RelatedActivityId, uint UserDataCount,
        ulong UserData) => Check(RegHandle);

    [NtExport("EtwWriteTransfer")]
    public NtStatus EtwWriteTransfer(ulong RegHandle, ulong EventDescriptor, ulong ActivityId, ulong RelatedActivityId, uint UserDataCount, ulong UserData) =>
        Check(RegHandle);

    [NtExport("EtwWriteString")]
    public NtStatus EtwWriteString(ulong RegHandle, byte Level, ulong Keyword, ulong ActivityId, ulong String) => Check(RegHandle);

    [NtExport("EtwSetInformation")]
    public NtStatus EtwSetInformation(ulong RegHandle, uint InformationClass, ulong EventInformation, uint InformationLength) => Check(RegHandle);

    private static NtStatus Check(ulong handle) => handle == 0 ? NtStatus.InvalidHandle : NtStatus.Success;

    private void Count(int change)
    {
        ulong variable = Kernel.Data(Datum.EtwpProviderCount);
        Memory.WriteU64(variable, Memory.ReadU64(variable) + (ulong)change);
    }
}
