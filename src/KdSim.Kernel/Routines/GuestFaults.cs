using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Routines;

/// <summary>
/// A guest exception raised by C# code: an access that NT would fault on, or ExRaiseStatus and its kin. Only the trap handler catches it: it drops the
/// C# frames of the one stub and starts guest exception dispatch at the stub's trap. A routine is not rolled back: probe and capture first, then mutate.
/// </summary>
public sealed class GuestException : Exception
{
    public GuestException(NtStatus status, params ulong[] parameters)
        : base($"guest exception {(uint)status:x8}")
    {
        Status = status;
        Parameters = parameters;
    }

    /// <summary>STATUS_ACCESS_VIOLATION at an address.</summary>
    public GuestException(NtStatus status, ulong address, bool write)
        : this(status, write ? 1u : 0u, address)
    {
    }

    public NtStatus Status { get; }

    /// <summary>EXCEPTION_RECORD.ExceptionInformation; at most 15.</summary>
    public ulong[] Parameters { get; }

    /// <summary>The access that failed, if that is the reason: the stub's trap then faults. Null for what a routine raises.</summary>
    public MemoryFault? Fault { get; init; }
}

/// <summary>C# code found what NT bug checks for: the trap handler makes it a call of nt!KeBugCheckEx from the trap.</summary>
public sealed class GuestBugCheck(BugCheckCode code, ulong parameter1 = 0, ulong parameter2 = 0, ulong parameter3 = 0, ulong parameter4 = 0)
    : Exception($"bug check {(uint)code:x}")
{
    public BugCheckCode Code { get; } = code;
    public ulong Parameter1 { get; } = parameter1;
    public ulong Parameter2 { get; } = parameter2;
    public ulong Parameter3 { get; } = parameter3;
    public ulong Parameter4 { get; } = parameter4;
}

/// <summary>Kernel code of ours ran away (an accessor budget or list bound was used up): the machine is marked failed.</summary>
public sealed class RunawayException(string message) : Exception(message);
