using KdSim.Kernel.Routines;
using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Mm;

/// <summary>
/// What a page fault means, the same for guest code and for C#: resolved (soft), a bug check, or an exception. Any IRQL.
/// </summary>
public sealed class PageFaults(NtKernel kernel) : KernelComponent(kernel)
{
    /// <summary>Parameter 4 of PAGE_FAULT_IN_NONPAGED_AREA: why the address is not valid.</summary>
    private const ulong FreedEntry = 0, NoPageTable = 2;

    private const ulong KernelModeFault = 0xA, ExecutionFault = 2;

    /// <summary>Resolves a soft fault; the access is then tried again. No I/O, no page file.</summary>
    public bool TryResolve(in MemoryFault fault) => fault.Canonical && !fault.Present && CurrentIrql < Irql.Dispatch && TryResolveNotPresent(fault);

    /// <summary>The exception for a fault of C# code: NT itself is at fault, so RIP is that of the stub's trap.</summary>
    public Exception Classify(in MemoryFault fault)
    {
        ulong rip = Cpu.TrapRip;
        if (!fault.Canonical)
            return new GuestException(NtStatus.AccessViolation, ulong.MaxValue, write: false) { Fault = fault };
        if (BugCheckFor(fault, rip, trapFrame: 0) is { } bugCheck)
            return bugCheck;
        return new GuestException(NtStatus.AccessViolation, fault.Address, fault.IsWrite) { Fault = fault };
    }

    /// <summary>The bug check that a fault at this RIP and the current IRQL is, or null if it is an exception that handlers may take.</summary>
    /// <param name="trapFrame">0 for a fault of C# code, which has none.</param>
    public GuestBugCheck? BugCheckFor(in MemoryFault fault, ulong rip, ulong trapFrame)
    {
        ulong operation = fault.Access switch { MemoryAccess.Write => 1, MemoryAccess.Execute => 8, _ => 0 };
        bool executesUserPage = fault is { Access: MemoryAccess.Execute, Present: true, User: false };
        if (!fault.Present && Kernel.UnloadedDrivers.Contains(fault.Address))
            return new GuestBugCheck(BugCheckCode.DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, fault.Address, operation, rip);
        if (CurrentIrql >= Irql.Dispatch && !fault.Present)
            return new GuestBugCheck(AtRaisedIrql(rip), fault.Address, CurrentIrql, operation, rip);
        if (!IsSystemAddress(fault.Address) && !executesUserPage)
            return null;
        ulong entry = Kernel.PageTables.Read(Cpu.State.Cr3, fault.Address);
        if (!fault.Present)
            return new GuestBugCheck(BugCheckCode.PAGE_FAULT_IN_NONPAGED_AREA, fault.Address, operation == 1 ? 2ul : operation == 8 ? 0x10ul : 0, rip,
                Kernel.PageTables.HasTable(Cpu.State.Cr3, fault.Address) ? FreedEntry : NoPageTable);
        return fault.Access switch
        {
            MemoryAccess.Write => new GuestBugCheck(BugCheckCode.ATTEMPTED_WRITE_TO_READONLY_MEMORY, fault.Address, entry, trapFrame, KernelModeFault),
            MemoryAccess.Execute => new GuestBugCheck(BugCheckCode.ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, fault.Address, entry, trapFrame, ExecutionFault),
            _ => null,
        };
    }

    public static bool IsSystemAddress(ulong address) => address >= 0xFFFF_8000_0000_0000;

    /// <summary>Who is to blame: a driver by its address, nt, or whoever damaged the lists that nt's pool routines walk.</summary>
    private BugCheckCode AtRaisedIrql(ulong rip)
    {
        if (!Kernel.IsKernelImage(rip))
            return BugCheckCode.DRIVER_IRQL_NOT_LESS_OR_EQUAL;
        string routine = Kernel.CurrentRoutine.ToString();
        bool isPool = rip == Cpu.TrapRip && routine.StartsWith("Ex", StringComparison.Ordinal) && routine.Contains("Pool", StringComparison.Ordinal);
        return isPool ? BugCheckCode.DRIVER_CORRUPTED_EXPOOL : BugCheckCode.IRQL_NOT_LESS_OR_EQUAL;
    }

    private bool TryResolveNotPresent(in MemoryFault fault) =>
        !fault.User && IsSystemAddress(fault.Address) && Kernel.SystemMemory.TryDemandZero(fault.Address);
}
