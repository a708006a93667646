using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>
/// What a page fault means, the same for guest code and for C#: resolved (soft), a bug check, or an exception. Any IRQL.
/// </summary>
public sealed class PageFaults(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Resolves a soft fault; the access is then tried again. No I/O, no page file.</summary>
    public bool TryResolve(in MemoryFault fault) => fault.Canonical && !fault.Present && CurrentIrql < Irql.Dispatch && TryResolveNotPresent(fault);

    /// <summary>The exception for a fault of C# code: NT itself is at fault, so RIP is that of the stub's trap.</summary>
    public Exception Classify(in MemoryFault fault)
    {
        ulong rip = Cpu.TrapRip;
        if (!fault.Canonical)
            return new GuestException(NtStatus.AccessViolation, ulong.MaxValue, write: false) { Fault = fault };
        if (BugCheckFor(fault, rip) is { } bugCheck)
            return bugCheck;
        return new GuestException(NtStatus.AccessViolation, fault.Address, fault.IsWrite) { Fault = fault };
    }

    /// <summary>The bug check that a fault at this RIP and the current IRQL is, or null if it is an exception that handlers may take.</summary>
    public GuestBugCheck? BugCheckFor(in MemoryFault fault, ulong rip)
    {
        ulong operation = fault.Access switch { MemoryAccess.Write => 1, MemoryAccess.Execute => 8, _ => 0 };
        if (CurrentIrql >= Irql.Dispatch && !fault.Present)
        {
            BugCheckCode code = Kernel.IsKernelImage(rip) ? BugCheckCode.IRQL_NOT_LESS_OR_EQUAL : BugCheckCode.DRIVER_IRQL_NOT_LESS_OR_EQUAL;
            return new GuestBugCheck(code, fault.Address, CurrentIrql, operation, rip);
        }
        if (!IsSystemAddress(fault.Address))
            return null;
        if (!fault.Present)
            return new GuestBugCheck(BugCheckCode.PAGE_FAULT_IN_NONPAGED_AREA, fault.Address, operation == 1 ? 2ul : operation == 8 ? 0x10ul : 0, rip, 2);
        return fault.Access switch
        {
            MemoryAccess.Write => new GuestBugCheck(BugCheckCode.ATTEMPTED_WRITE_TO_READONLY_MEMORY, fault.Address, 0, rip, 0xA),
            MemoryAccess.Execute => new GuestBugCheck(BugCheckCode.ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, fault.Address, 0, rip, 2),
            _ => null,
        };
    }

    public static bool IsSystemAddress(ulong address) => address >= 0xFFFF_8000_0000_0000;

    private bool TryResolveNotPresent(in MemoryFault fault) =>
        !fault.User && IsSystemAddress(fault.Address) && Kernel.SystemMemory.TryDemandZero(fault.Address);
}
