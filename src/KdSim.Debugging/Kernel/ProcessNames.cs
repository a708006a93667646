using System.Text;
using KdSim.Debugging.Structures;

namespace KdSim.Debugging.Kernel;

/// <summary>Processes and threads: which memory holds one, their lists and names.</summary>
public static class ProcessNames
{
    const int ProcessObject = 3;
    const int ThreadObject = 6;
    /// <summary>The most processes that a list is followed through.</summary>
    public const int MostProcesses = 4096;
    /// <summary>The most threads that a list is followed through.</summary>
    public const int MostThreads = 16384;

    /// <summary>Whether an EPROCESS stands at an address.</summary>
    public static bool IsProcess(IDebugSession session, ulong address) => Process(session, address) is not null;

    /// <summary>The EPROCESS at an address, or null.</summary>
    public static StructureValue? Process(IDebugSession session, ulong address) =>
        address != 0 && session.Types["nt!_EPROCESS"].TryRead(address) is { IsComplete: true } read &&
        (read["Pcb.Header.Type"] & 0x7f) == ProcessObject ? read : null;

    /// <summary>The ETHREAD at an address, or null.</summary>
    public static StructureValue? Thread(IDebugSession session, ulong address) =>
        address != 0 && session.Types["nt!_ETHREAD"].TryRead(address) is { IsComplete: true } read &&
        (read["Tcb.Header.Type"] & 0x7f) == ThreadObject ? read : null;

    /// <summary>The active processes, in the order of nt's list.</summary>
    public static IEnumerable<StructureValue> All(IDebugSession session) =>
        session.Types["nt!_EPROCESS"].List(session.AddressOf("nt!PsActiveProcessHead"), "ActiveProcessLinks", MostProcesses);

    /// <summary>The threads of a process, in the order of its list.</summary>
    public static IEnumerable<StructureValue> Threads(IDebugSession session, StructureValue process) =>
        session.Types["nt!_ETHREAD"].List(process.AddressOf("ThreadListHead"), "ThreadListEntry", MostThreads);

    /// <summary>The name of a process's image.</summary>
    public static string Image(StructureValue process)
    {
        byte[] bytes = [.. process.Array("ImageFileName").Select(b => (byte)b).TakeWhile(b => b != 0)];
        return bytes.Length == 0 ? "" : Encoding.Latin1.GetString(bytes);
    }

    /// <summary>The same by address.</summary>
    public static string ImageOf(IDebugSession session, ulong process) => Process(session, process) is { } read ? Image(read) : "<Unknown>";
}
