using KdExts.Shared;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Crash;

/// <summary>
/// The driver whose device a system call is about. A system call that comes back wrong has unwound the driver's frames: what is left is the handle, its
/// file and device.
/// </summary>
static class RequestedDriver
{
    const int MostAttached = 32;

    /// <summary>The dispatch routine that the call went to first; 0 if the call is about no device.</summary>
    public static ulong DispatchRoutine(IDebugSession session, ulong systemService)
    {
        if (ProcessNames.Process(session, session.CurrentProcess) is not { } process ||
            session.Types["nt!_KTHREAD"].TryRead(session.CurrentThread) is not { IsComplete: true } thread)
            return 0;
        ulong file = HandleEntries.Find(session, process, thread["FirstArgument"]);
        if (file == 0 || new KernelObjects(session).TypeName(file) != "File" ||
            session.Types["nt!_FILE_OBJECT"].TryRead(file) is not { IsComplete: true } opened)
            return 0;
        ulong device = opened["DeviceObject"];
        StructureLayout type = session.Types["nt!_DEVICE_OBJECT"];
        for (int i = 0; i < MostAttached && type.TryRead(device) is { IsComplete: true } found; i++)
        {
            if (found["AttachedDevice"] is var above and not 0)
            {
                device = above;
                continue;
            }
            ulong routines = found["DriverObject"] + session.Types["nt!_DRIVER_OBJECT"].OffsetOf("MajorFunction");
            return session.TryReadPointer(routines + (ulong)MajorFunction(session, systemService) * 8, out ulong routine) ? routine : 0;
        }
        return 0;
    }

    static IRP_MJ MajorFunction(IDebugSession session, ulong systemService) =>
        session.Symbols.TryGetName(systemService, out string name, out _)
            ? name switch
            {
                "nt!NtReadFile" => IRP_MJ.READ,
                "nt!NtWriteFile" => IRP_MJ.WRITE,
                "nt!NtDeviceIoControlFile" => IRP_MJ.DEVICE_CONTROL,
                "nt!NtClose" => IRP_MJ.CLEANUP,
                _ => IRP_MJ.CREATE,
            }
            : IRP_MJ.CREATE;
}
