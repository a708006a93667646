using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Images;

/// <summary>
/// The numbers by which user mode calls the services of nt. Those below 60h are the ones that all versions of Windows 10 have; above, versions differ and
/// these are ours. A service that nt does not implement has no stub in ntdll.
/// </summary>
public static class SystemServiceNumbers
{
    public const int StubSize = 0x20;

    /// <summary>KiServiceLimit.</summary>
    public const int Limit = 0x1D1;

    private static readonly (int Number, string Name)[] Numbers =
    [
        (0x004, "NtWaitForSingleObject"), (0x006, "NtReadFile"), (0x007, "NtDeviceIoControlFile"), (0x008, "NtWriteFile"),
        (0x00D, "NtSetInformationThread"), (0x00E, "NtSetEvent"), (0x00F, "NtClose"), (0x02C, "NtTerminateProcess"), (0x033, "NtOpenFile"),
        (0x034, "NtDelayExecution"), (0x039, "NtFsControlFile"), (0x03E, "NtClearEvent"), (0x040, "NtOpenEvent"), (0x043, "NtContinue"),
        (0x045, "NtQueueApcThread"), (0x046, "NtYieldExecution"), (0x048, "NtCreateEvent"), (0x04B, "NtFlushBuffersFile"),
        (0x053, "NtTerminateThread"), (0x055, "NtCreateFile"), (0x05B, "NtWaitForMultipleObjects"), (0x05D, "NtCancelIoFile"),
        (0x085, "NtCancelIoFileEx"), (0x0BC, "NtCreateThreadEx"), (0x1BD, "NtTestAlert"), (0x1D0, "NtScenarioAct"), (0x1D1, "NtScenarioStandStill"),
    ];

    /// <summary>The services that nt implements, by number.</summary>
    public static IReadOnlyList<(Routine Service, int Number)> Known { get; } = Find();

    /// <summary>Where ntdll calls a service.</summary>
    public static ulong StubOf(Stub service)
    {
        for (int i = 0; i < Known.Count; i++)
            if (Known[i].Service.Stub == service)
                return SyntheticImages.SystemDllBase + ImageBuilder.TextRva + (ulong)(i * StubSize);
        throw new InvalidOperationException($"ntdll has no {service}: it is no system service");
    }

    private static (Routine, int)[] Find()
    {
        var byName = new Dictionary<string, Routine>(StringComparer.Ordinal);
        foreach (Routine routine in RoutineTable.All)
            byName[routine.Name] = routine;
        return [.. Numbers.Where(n => byName.ContainsKey(n.Name)).Select(n => (byName[n.Name], n.Number))];
    }
}
