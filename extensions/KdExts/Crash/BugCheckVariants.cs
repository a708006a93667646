using KdSim.Nt;

namespace KdExts.Crash;

/// <summary>What the parameters of a bug check are where its first one names a kind.</summary>
/// <param name="Cause">As in <see cref="BugCheckText"/>; null: that of the code.</param>
sealed record BugCheckVariant(string[] Arguments, string? Cause = null);

/// <summary>The kinds of the bug checks that have some, by code and first parameter.</summary>
static class BugCheckVariants
{
    const string Reserved = "Reserved";
    const string TrapFrame = "address of the trap frame";
    const string ExceptionRecord = "address of the exception record";

    public static BugCheckVariant? Find(BugCheckCode code, ulong kind) => Known.GetValueOrDefault((code, kind));

    static readonly Dictionary<(BugCheckCode, ulong), BugCheckVariant> Known = new()
    {
        [(BugCheckCode.DPC_WATCHDOG_VIOLATION, 0)] = new(
            ["A single DPC or ISR exceeded its time allotment", "the DPC's time so far, in clock ticks", "the allotment, in clock ticks",
                "cast to nt!DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK"],
            "{who} ran for {2} clock ticks (15.6 ms each) in one DPC: such work belongs into a work item or a thread."),
        [(BugCheckCode.DPC_WATCHDOG_VIOLATION, 1)] = new(
            ["The processor was at DISPATCH_LEVEL or above for too long", "the watchdog period, in clock ticks",
                "cast to nt!DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK", Reserved],
            "{who} kept the IRQL at DISPATCH_LEVEL or above: it waits for a spin lock that nobody releases, or its DPCs leave no time."),
        [(BugCheckCode.BAD_POOL_CALLER, 7)] = new(
            ["Attempt to free pool which was already freed", Reserved, "contents of the pool header", "address of the block"],
            "{who} freed memory wrongly: the block at {4} was freed already."),
        [(BugCheckCode.BAD_POOL_CALLER, 0xA)] = new(
            ["Attempt to free pool with another tag than it was allocated with", "address of the block", "tag of the allocation", "tag of the free"],
            "{who} freed memory wrongly: the tag of the free is not the tag of the allocation at {2}."),
        [(BugCheckCode.BAD_POOL_CALLER, 0x46)] = new(
            ["Attempt to free an address that the pool did not give out", "the address", Reserved, Reserved],
            "{who} freed memory wrongly: {2} is not an address that the pool gave out."),
        [(BugCheckCode.BAD_POOL_HEADER, 3)] = new(
            ["The free list of the pool is damaged", "the entry that was looked at", "what its forward link says", "what its backward link says"],
            "A free block near {2} was overwritten: somebody used memory after freeing it, or wrote past the end of a block."),
        [(BugCheckCode.BAD_POOL_HEADER, 0x20)] = new(
            ["A pool block header size is wrong", "the block that was looked at", "the next block", "header of the block that was freed"],
            "A pool header is overwritten near {2}: the owner of that block, or of the one before it, wrote past its memory."),
        [(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, 0)] = new(
            ["A stack-based buffer was overrun (legacy check)", TrapFrame, ExceptionRecord, Reserved],
            "{who} found damaged data: a stack cookie was overwritten, so a local buffer was overrun."),
        [(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, 2)] = new(
            ["The stack cookie does not have its value any more: a stack-based buffer was overrun", TrapFrame, ExceptionRecord, Reserved],
            "{who} found damaged data: a stack cookie was overwritten, so a local buffer was overrun."),
        [(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, 3)] = new(
            ["A LIST_ENTRY is corrupted (for example, removed twice)", TrapFrame, ExceptionRecord, Reserved],
            "{who} found damaged data: a list entry's neighbours do not point back to it (an entry was removed or inserted twice, or overwritten)."),
        [(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, 5)] = new(
            ["A routine was given an argument that it holds for fatal", TrapFrame, ExceptionRecord, Reserved],
            "{who} found damaged data: an invalid argument reached a checked routine."),
        [(BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE, 7)] = new(
            ["A driver asked for this stop (FAST_FAIL_FATAL_APP_EXIT)", TrapFrame, ExceptionRecord, Reserved], "{who} stopped the system by __fastfail(7)."),
        [(BugCheckCode.DRIVER_POWER_STATE_FAILURE, 1)] = new(
            ["A device object is deleted that has an outstanding power request", "address of the device object", Reserved, Reserved],
            "{who} deleted the device {2} before its power request was completed."),
        [(BugCheckCode.DRIVER_POWER_STATE_FAILURE, 3)] = new(
            ["A device object has been blocking a power IRP for too long", "physical device object of the stack", "nt!_TRIAGE_9F_POWER", "the blocked IRP"],
            "The driver that holds the power IRP {4} does not complete or forward it."),
        [(BugCheckCode.SYSTEM_PTE_MISUSE, 0)] = new(
            ["Pages are unmapped with an MDL that maps something else", "address that was to be unmapped", "address of the MDL", "flags of the MDL"],
            "{who} unmapped {2}, where the MDL is not mapped."),
        [(BugCheckCode.WORKER_INVALID, 0)] = new(
            ["Memory with a queued work item is freed", "address of the work item", "start of the memory", "end of the memory"],
            "{who} freed memory in which the work item {2} is still queued."),
        [(BugCheckCode.WORKER_INVALID, 1)] = new(
            ["A work item is queued that is queued already", "address of the work item", "its worker routine", Reserved],
            "{who} queued the work item {2} a second time before it had run."),
        [(BugCheckCode.TIMER_OR_DPC_INVALID, 0)] = new(
            ["A timer is in memory that is being freed", "address of the timer", "start of the memory", "end of the memory"],
            "{who} frees memory in which the timer {2} is still set: cancel it first (KeCancelTimer)."),
        [(BugCheckCode.TIMER_OR_DPC_INVALID, 1)] = new(
            ["A DPC is not in order: it is in memory being freed, or names a processor that does not exist", "address of the DPC", "start of the memory",
                "end of the memory, or the processor"],
            "{who} uses or frees the DPC {2} wrongly: it is still queued (KeFlushQueuedDpcs), or its processor does not exist."),
        [(BugCheckCode.PNP_DETECTED_FATAL_ERROR, 1)] = new(
            ["Two device objects have the same identity", "a device object of one", "the other device object", Reserved],
            "A bus driver reported the device {2} with the identity of {3}."),
        [(BugCheckCode.PNP_DETECTED_FATAL_ERROR, 2)] = new(
            ["A device object is no physical device object", "address of the device object", Reserved, Reserved],
            "{who} passed {2} where a physical device object is wanted."),
        [(BugCheckCode.UNEXPECTED_KERNEL_MODE_TRAP, 8)] = new(
            ["Double fault", TrapFrame, "stack pointer at the trap", "address of the instruction"],
            "{who} took a double fault: the kernel stack overflowed (deep recursion, or large local variables)."),
        [(BugCheckCode.MEMORY_MANAGEMENT, 0x1234)] = new(
            ["A section that does not exist was to be locked", "address in the section", "1 = no section there", Reserved],
            "{who} locked {2}, which is in no section of a driver."),
        [(BugCheckCode.MEMORY_MANAGEMENT, 0x1235)] = new(
            ["A section was locked or unlocked by a wrong handle", "the handle", Reserved, Reserved], "{who} passed {2}, which is no handle of a section."),
        [(BugCheckCode.PFN_LIST_CORRUPT, 2)] = new(
            ["Pages are unlocked that are not locked", "address of the MDL", Reserved, Reserved],
            "{who} unlocked the pages of the MDL {2} more often than it locked them."),
    };
}
