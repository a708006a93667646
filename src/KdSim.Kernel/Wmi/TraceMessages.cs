using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Wmi;

/// <summary>
/// The trace routines behind WPP. The machine has no trace session of its own (KdSim records from outside), so a driver never gets a logger's handle; with
/// any other the routines answer what NT answers for a session that is not there. Any IRQL.
/// </summary>
public sealed class TraceMessages(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint TraceIdClass = 0, TraceHandleClass = 1, TraceEnableFlagsClass = 2, TraceEnableLevelClass = 3, GlobalLoggerHandleClass = 4,
        EventLoggerHandleClass = 5, AllLoggerHandlesClass = 6, TraceHandleByNameClass = 7;

    private const int GetId = 1, SetId = 2, CreateId = 3, GetSetId = 4, CreateSetId = 5;

    [NtExport("WmiTraceMessage")]
    public NtStatus WmiTraceMessage(ulong LoggerHandle, uint MessageFlags, ulong MessageGuid, ushort MessageNumber, VarArgs Arguments) =>
        NtStatus.InvalidHandle;

    [NtExport("WmiTraceMessageVa")]
    public NtStatus WmiTraceMessageVa(ulong LoggerHandle, uint MessageFlags, ulong MessageGuid, ushort MessageNumber, ulong MessageArgList) =>
        NtStatus.InvalidHandle;

    /// <summary>Of sessions that do not exist.</summary>
    [NtExport("WmiQueryTraceInformation", MaxIrql = Irql.Dispatch)]
    public NtStatus WmiQueryTraceInformation(uint TraceInformationClass, ulong TraceInformation, uint TraceInformationLength, Ptr<uint> RequiredLength,
        ulong Buffer)
    {
        uint needed = TraceInformationClass is TraceEnableFlagsClass or TraceEnableLevelClass ? 4u : 8;
        if (!RequiredLength.IsNull)
            RequiredLength.Write(needed);
        return TraceInformationClass switch
        {
            > TraceHandleByNameClass => NtStatus.InvalidInfoClass,
            _ when TraceInformationLength < needed => NtStatus.InfoLengthMismatch,
            TraceHandleByNameClass or EventLoggerHandleClass or GlobalLoggerHandleClass => NtStatus.WmiInstanceNotFound,
            TraceIdClass or TraceHandleClass or TraceEnableFlagsClass or TraceEnableLevelClass or AllLoggerHandlesClass => NtStatus.InvalidHandle,
        };
    }

    /// <summary>The activity of the thread: reads, sets or makes it.</summary>
    [NtExport("EtwActivityIdControl")]
    public NtStatus EtwActivityIdControl(uint ControlCode, ulong ActivityId)
    {
        ulong own = Kernel.KernelObjects.Thread.Address + (ulong)ETHREAD.Offsets.Spare;
        Span<byte> given = stackalloc byte[16], old = stackalloc byte[16];
        Memory.Read(own, old);
        switch ((int)ControlCode)
        {
            case GetId:
                Memory.Write(ActivityId, old);
                return NtStatus.Success;
            case SetId or GetSetId:
                Memory.Read(ActivityId, given);
                Memory.Write(own, given);
                if (ControlCode == GetSetId)
                    Memory.Write(ActivityId, old);
                return NtStatus.Success;
            case CreateId:
                return Kernel.SystemQueries.ExUuidCreate(ActivityId);
            case CreateSetId:
                Kernel.SystemQueries.ExUuidCreate(own);
                Memory.Write(ActivityId, old);
                return NtStatus.Success;
            default:
                return NtStatus.InvalidParameter;
        }
    }
}
