using KdSim.Nt;

namespace KdExts.Crash;

/// <summary>What a bug check means.</summary>
/// <param name="Paragraph">For people who meet it for the first time.</param>
/// <param name="Arguments">What each of the four parameters is.</param>
/// <param name="Cause">One sentence on the likeliest cause; <c>{who}</c> is the routine at fault, <c>{1}</c> to <c>{4}</c> the parameters.</param>
sealed record BugCheckText(string Paragraph, string[] Arguments, string Cause);

/// <summary>Explanations of the bug checks that the kernel raises or a driver asks for; <see cref="BugCheckVariants"/> has those that differ by kind.</summary>
static class BugCheckTexts
{
    const string ReadWriteExecute = "value 0 = read operation, 2 = write operation, 10 = execute operation";
    const string Reserved = "Reserved";
    const string ReadOrWrite = "value 0 = read operation, 1 = write operation, 8 = execute operation";

    static readonly Dictionary<BugCheckCode, BugCheckText> Known = new()
    {
        [BugCheckCode.IRQL_NOT_LESS_OR_EQUAL] = new(
            "The kernel, or a driver through a routine of the kernel, touched memory that is not there at an IRQL where no page may be brought in.\n" +
            "A stack walk shows who handed the bad address to the kernel.",
            ["memory referenced", "IRQL", ReadOrWrite, "address which referenced memory"],
            "{who} made the kernel use the address {1} at IRQL {2}, where the memory was not present."),
        [BugCheckCode.DRIVER_IRQL_NOT_LESS_OR_EQUAL] = new(
            "A driver touched an address that is pageable, or not valid at all, at an IRQL that is too high to bring a page in.",
            ["memory referenced", "IRQL", ReadOrWrite, "address which referenced memory"],
            "{who} used the address {1} at IRQL {2}: pageable, freed or wild memory must not be touched at DISPATCH_LEVEL or above."),
        [BugCheckCode.PAGE_FAULT_IN_NONPAGED_AREA] = new(
            "Memory of the system was touched where nothing is mapped. An exception handler cannot protect against this: the address\n" +
            "is simply bad, or what was there has been freed.",
            ["memory referenced", ReadWriteExecute, "address which referenced memory, 0 if not known",
                "kind of fault: 0 = the page was freed, 2 = no page table covers the address"],
            "{who} used the system address {1}, where no memory is: a wild pointer, or one to memory that was freed."),
        [BugCheckCode.ATTEMPTED_WRITE_TO_READONLY_MEMORY] = new(
            "A driver wrote to memory that is read-only: its own code or constants, a section of another image, or a page mapped so.",
            ["virtual address of the write", "contents of the page table entry", "address of the trap frame, 0 if the kernel itself wrote", Reserved],
            "{who} wrote to {1}, which is read-only."),
        [BugCheckCode.ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY] = new(
            "The processor was sent to an address whose memory may not be executed: data, or, in kernel mode, a page of user mode.",
            ["virtual address of the attempted execution", "contents of the page table entry", "address of the trap frame", Reserved],
            "{who} called or returned to {1}, which is no code of kernel mode: a function pointer or a return address was overwritten."),
        [BugCheckCode.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED] = new(
            "A system thread raised an exception that no handler caught. The code says which exception it was.",
            ["the exception code that was not handled", "the address at which the exception happened", "exception record address",
                "context record address"],
            "{who} raised exception {1} in a system thread, and nothing handled it."),
        [BugCheckCode.SYSTEM_SERVICE_EXCEPTION] = new(
            "An exception happened on the way from user mode to kernel code, in a system service or in what it called.",
            ["the exception code that caused the stop", "the address of the instruction that raised it", "context record address", "zero"],
            "{who} raised exception {1} while it served a request of user mode, and nothing handled it."),
        [BugCheckCode.KMODE_EXCEPTION_NOT_HANDLED] = new(
            "Kernel code raised an exception that no handler caught. Look at the address first: it names the driver.",
            ["the exception code that was not handled", "the address at which the exception happened", "parameter 0 of the exception",
                "parameter 1 of the exception"],
            "{who} raised exception {1}, and no __except block handled it."),
        [BugCheckCode.UNEXPECTED_KERNEL_MODE_TRAP] = new(
            "The processor took a trap that the kernel cannot recover from. Parameter 1 is its vector: 0 divide error, 6 invalid opcode,\n" +
            "8 double fault (mostly a kernel stack that overflowed).",
            ["trap number", "address of the trap frame", "stack pointer at the trap", "address of the instruction"],
            "{who} took trap {1}: 0 is a division by zero, 8 mostly a stack that overflowed."),
        [BugCheckCode.MULTIPLE_IRP_COMPLETE_REQUESTS] = new(
            "A driver completed a request that was completed already. Two parts of a driver, or two drivers, think that the packet is theirs.",
            ["address of the IRP", Reserved, Reserved, Reserved],
            "{who} completed the IRP {1} a second time."),
        [BugCheckCode.NO_MORE_IRP_STACK_LOCATIONS] = new(
            "A driver passed a request to a lower driver, but the request has no stack location left for that one.",
            ["address of the IRP", Reserved, Reserved, Reserved],
            "{who} forwarded the IRP {1}, which was allocated with too few stack locations (or to a device above its own)."),
        [BugCheckCode.CANCEL_STATE_IN_COMPLETED_IRP] = new(
            "A request was completed while its cancel routine was still set: it could have been cancelled after its end.",
            ["address of the IRP", "cancel routine", Reserved, Reserved],
            "{who} completed the IRP {1} without clearing its cancel routine by IoSetCancelRoutine(Irp, NULL)."),
        [BugCheckCode.BAD_POOL_CALLER] = new(
            "The current thread made a bad request to the pool. Parameter 1 says which: 7 the block was freed before, 0xA the tag does not match\n" +
            "the one of the allocation, 0x46 the address is none of the pool's.",
            ["type of the violation", "see the type", "see the type", "address of the block, or see the type"],
            "{who} used the pool wrongly: violation {1}."),
        [BugCheckCode.BAD_POOL_HEADER] = new(
            "The header of a pool block is damaged. Mostly the owner of the block before it wrote past its end.",
            ["kind of the damage", "the pool entry that was looked for", "the next pool entry", "header that is wrong, or reserved"],
            "A pool header is overwritten near {2}: the owner of that block, or of the one before it, wrote past its memory."),
        [BugCheckCode.KERNEL_SECURITY_CHECK_FAILURE] = new(
            "The kernel or a driver found one of its data structures damaged and stopped at once. Type 2 is a stack cookie, 3 a list entry.",
            ["type of the corruption", "address of the trap frame", "address of the exception record", Reserved],
            "{who} found damaged data: check {1} failed."),
        [BugCheckCode.APC_INDEX_MISMATCH] = new(
            "A system call, or the routine of a system thread or worker, came back with another APC state than it began with: enter and leave of a\n" +
            "critical or guarded region, or attach and detach of a process, do not match.",
            ["address of the system call or worker routine", "the thread's ApcStateIndex", "the thread's CombinedApcDisable count: special << 16 | kernel",
                "call type: 0 = system call, 1 = worker routine"],
            "{who}, or a driver below it, entered a critical or guarded region and did not leave it (or left it once too often)."),
        [BugCheckCode.IRQL_GT_ZERO_AT_SYSTEM_SERVICE] = new(
            "A thread returns from a system call to user mode at an IRQL above PASSIVE_LEVEL.",
            ["address of the system call", "current IRQL", "0", "0"],
            "{who}, or a driver below it, returned at IRQL {2}: a spin lock was not released, or an IRQL not lowered."),
        [BugCheckCode.KERNEL_MODE_EXCEPTION_NOT_HANDLED] = new(
            "Kernel code raised an exception that no handler caught.",
            ["the exception code that was not handled", "the address at which the exception happened", "trap frame", Reserved],
            "{who} raised exception {1}, and no __except block handled it."),
        [BugCheckCode.INVALID_PROCESS_ATTACH_ATTEMPT] = new(
            "A thread tried to attach to a process where it may not: it is attached already, or runs a DPC.",
            ["address of the process to attach to", "address of the process the thread is in", "the thread's ApcStateIndex", "1 = a DPC was running"],
            "{who} called KeAttachProcess or KeStackAttachProcess while attached, or in a DPC."),
        [BugCheckCode.INVALID_PROCESS_DETACH_ATTEMPT] = new(
            "A thread detached from a process while it was not in a state to do so.",
            ["address of the process", "address of the thread", "the thread's ApcStateIndex", Reserved],
            "{who} detached with kernel APCs disabled or pending, or from a process that it was not attached to."),
        [BugCheckCode.MEMORY_MANAGEMENT] = new(
            "The memory manager found something wrong. Parameter 1 says what.",
            ["kind of the violation", "see the kind", "see the kind", "see the kind"],
            "{who} passed the memory manager an address or handle that is not what it should be."),
        [BugCheckCode.RESOURCE_OWNER_POINTER_INVALID] = new(
            "A resource was released with an owner pointer that cannot be one.",
            ["address of the resource", "the owner pointer", Reserved, Reserved],
            "{who} released the resource {1} with the owner pointer {2}, which ExSetResourceOwnerPointer did not set."),
        [BugCheckCode.DPC_WATCHDOG_VIOLATION] = new(
            "The watchdog found that a processor did not come below DISPATCH_LEVEL for too long. Parameter 1 says which limit was passed.",
            ["kind of the violation", "see the kind", "see the kind", "see the kind"],
            "{who} keeps its processor at DISPATCH_LEVEL."),
        [BugCheckCode.DRIVER_CORRUPTED_EXPOOL] = new(
            "The kernel's pool routines touched a bad address at raised IRQL: the lists of the pool are damaged, mostly by a driver that wrote to\n" +
            "memory that it had freed.",
            ["memory referenced", "IRQL", ReadOrWrite, "address which referenced memory"],
            "Something wrote over a free block of pool before {who} used the pool; special pool finds who."),
        [BugCheckCode.PROCESS_HAS_LOCKED_PAGES] = new(
            "A process ended while pages of it were still locked: a driver did not unlock what it locked for an I/O.",
            ["0 = locked pages, 1 = mapped by MmMapLockedPages", "address of the process", "number of locked pages",
                "address of driver stacks if tracking is on, else 0"],
            "A driver completed a request without MmUnlockPages: {3} pages of the process stay locked."),
        [BugCheckCode.DRIVER_POWER_STATE_FAILURE] = new(
            "A driver is in a power state that does not fit, or holds a power request. Parameter 1 says which.",
            ["kind of the violation", "see the kind", "see the kind", "see the kind"],
            "{who} blocks a change of power."),
        [BugCheckCode.DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS] = new(
            "A driver did not release pages that it locked before the process of them ended.",
            ["caller of the locking routine", "caller's caller", "address of the MDL", "number of locked pages"],
            "{who} did not unlock the MDL {3}."),
        [BugCheckCode.SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION] = new(
            "A driver wrote to an invalid part of special pool, before or behind its block; it was found when the block was freed.",
            ["address that the driver wants to free", "see the kind", "see the kind", "kind of the corruption"],
            "{who} frees {1}, round which bytes were overwritten."),
        [BugCheckCode.DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL] = new(
            "A driver used memory after it had freed it; the verifier's special pool keeps such pages out of memory.",
            ["memory referenced", ReadOrWrite, "address which referenced memory, if known", Reserved],
            "{who} used {1} after freeing it."),
        [BugCheckCode.DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION] = new(
            "A driver went past the end of a block of special pool.",
            ["memory referenced", ReadOrWrite, "address which referenced memory, if known", Reserved],
            "{who} used {1}, which is behind the end of its allocation."),
        [BugCheckCode.PAGE_FAULT_IN_FREED_SPECIAL_POOL] = new(
            "The kernel used memory of special pool that had been freed: a driver passed it.",
            ["memory referenced", ReadOrWrite, "address which referenced memory, if known", Reserved],
            "{who} made the kernel use {1} after it was freed."),
        [BugCheckCode.PAGE_FAULT_BEYOND_END_OF_ALLOCATION] = new(
            "The kernel went past the end of a block of special pool: a driver passed a wrong length.",
            ["memory referenced", ReadOrWrite, "address which referenced memory, if known", Reserved],
            "{who} made the kernel use {1}, which is behind the end of an allocation."),
        [BugCheckCode.DRIVER_VERIFIER_IOMANAGER_VIOLATION] = new(
            "Driver Verifier's I/O checks watched a driver break a rule. Parameter 1 says which.",
            ["kind of the violation", "address in the driver, or see the kind", "address of the IRP, or see the kind", "see the kind"],
            "{who} broke I/O rule {1} of Driver Verifier."),
        [BugCheckCode.KERNEL_APC_PENDING_DURING_EXIT] = new(
            "At the end of a system call, or of a thread, APCs were disabled or pending: enter and leave of a critical region do not match.",
            ["address of the APC", "the thread's APC disable count", "the current IRQL", Reserved],
            "{who} left a critical region once too often or too seldom."),
        [BugCheckCode.KERNEL_STACK_LOCKED_AT_EXIT] = new(
            "A thread ended while its kernel stack was locked.", [Reserved, Reserved, Reserved, Reserved],
            "{who} ended a thread whose stack is still in use."),
        [BugCheckCode.NO_MORE_SYSTEM_PTES] = new(
            "No system addresses are left to map memory with.", ["type of the request", "size of the request", "free entries", "entries in all"],
            "{who} mapped memory again and again without unmapping it."),
        [BugCheckCode.TIMER_OR_DPC_INVALID] = new(
            "A timer or a DPC stands in memory that is about to be freed, or that is none of the system's.",
            ["kind: 0 timer, 1 DPC, 2 DPC routine", "address of the object", "start of the checked range", "end of the checked range"],
            "{who} frees memory in which a timer or a DPC at {2} is still queued: cancel it first (KeCancelTimer, KeFlushQueuedDpcs)."),
        [BugCheckCode.THREAD_TERMINATE_HELD_MUTEX] = new(
            "A driver let a thread end while the thread owned a mutex.",
            ["address of the thread", "address of the mutex", Reserved, Reserved],
            "{who} let the thread {1} end without releasing the mutex {2}."),
        [BugCheckCode.MAXIMUM_WAIT_OBJECTS_EXCEEDED] = new(
            "A driver waited for more objects at once than the wait has room for: 3 with the thread's own wait blocks, 64 with an array.",
            [Reserved, Reserved, Reserved, Reserved],
            "{who} passed too many objects, or no array of wait blocks, to KeWaitForMultipleObjects."),
        [BugCheckCode.ATTEMPTED_SWITCH_FROM_DPC] = new(
            "A DPC routine waited, or did something else that makes the processor go to another thread.",
            ["original thread", "new thread", "stack of the original thread", Reserved],
            "{who} waited at DISPATCH_LEVEL inside of a DPC."),
        [BugCheckCode.INSTALL_MORE_MEMORY] = new(
            "The machine has too little memory to start.", ["pages found", "lowest page", "highest page", "0"],
            "Give the machine more memory in its machine file."),
        [BugCheckCode.WORKER_INVALID] = new(
            "A work item stands in memory that is about to be freed, or was queued while it was queued already.",
            ["kind of the violation", "address of the work item", "start of the pool block, or the queue", "end of the pool block, or the item's owner"],
            "{who} freed or reused the work item {2} while it was still queued."),
        [BugCheckCode.WORKER_THREAD_RETURNED_AT_BAD_IRQL] = new(
            "A work item returned at an IRQL above PASSIVE_LEVEL.",
            ["address of the worker routine", "IRQL", "its parameter", "address of the work item"],
            "{who} returned at IRQL {2}: a spin lock was not released, or an IRQL not lowered."),
        [BugCheckCode.REFERENCE_BY_POINTER] = new(
            "The reference count of an object is wrong for the state that the object is in: it was dereferenced more often than referenced.",
            ["object type of the object", "address of the object", Reserved, "reference count"],
            "{who} dereferenced the object {2} once too often."),
        [BugCheckCode.TARGET_MDL_TOO_SMALL] = new(
            "A partial MDL was built in memory that is too small for the range.", [Reserved, Reserved, Reserved, Reserved],
            "{who} called IoBuildPartialMdl with a target MDL that has too little room."),
        [BugCheckCode.SYSTEM_PTE_MISUSE] = new(
            "System page table entries were used wrongly: memory was unmapped twice, or not as it was mapped.",
            ["kind of the violation", "see the kind", "see the kind", "see the kind"],
            "{who} unmapped memory that it had not mapped so."),
        [BugCheckCode.PFN_LIST_CORRUPT] = new(
            "The list of physical pages is damaged. Mostly a driver unlocked pages of an MDL twice.",
            ["kind of the damage", "see the kind", "see the kind", "see the kind"],
            "{who} unlocked the pages of an MDL more often than it locked them."),
        [BugCheckCode.RESOURCE_NOT_OWNED] = new(
            "A thread released a resource that it does not own.",
            ["address of the resource", "address of the thread", "address of the owner table", "kind of the violation"],
            "{who} released the resource {1}, which the thread {2} does not own."),
        [BugCheckCode.PNP_DETECTED_FATAL_ERROR] = new(
            "Plug and Play found a fatal error, mostly made by a driver: a device object that is not what it was said to be, or was deleted.",
            ["kind of the error", "address of the physical device object", "see the kind", "see the kind"],
            "A bus driver reported the device object {2} wrongly."),
        [BugCheckCode.INVALID_KERNEL_HANDLE] = new(
            "A kernel handle was closed that is not open, or that is protected.",
            ["the handle", "0: the handle was wrong, 1: protected from close", Reserved, Reserved],
            "{who} closed the handle {1}, which is not open."),
        [BugCheckCode.MACHINE_CHECK_EXCEPTION] = new(
            "The hardware reported an error that the processor cannot go on from.", [Reserved, Reserved, Reserved, Reserved],
            "The simulated hardware reported an error."),
        [BugCheckCode.HAL_INITIALIZATION_FAILED] = new(
            "The hardware abstraction layer could not do what was asked of it: for a driver, mostly more map registers for DMA than its adapter has.",
            ["place of the failure", "map registers of the transfer, or see the place", "how many of them", "address of the adapter"],
            "{who} uses more map registers than its DMA adapter {4} gave it."),
        [BugCheckCode.PHASE1_INITIALIZATION_FAILED] = new(
            "The kernel could not start.", ["status code", "place in the start-up", Reserved, Reserved], "Start-up failed with status {1}."),
        [BugCheckCode.MANUALLY_INITIATED_CRASH] = new(
            "Somebody asked for this stop, by a debugger or from the keyboard.", [Reserved, Reserved, Reserved, Reserved],
            "The stop was asked for; nothing is wrong."),
        [BugCheckCode.DRIVER_VERIFIER_DETECTED_VIOLATION] = new(
            "Driver Verifier watched a driver break a rule. Parameter 1 says which.",
            ["subclass of the violation", "see the subclass", "see the subclass", "see the subclass"],
            "{who} broke rule {1} of Driver Verifier."),
        [BugCheckCode.SPIN_LOCK_ALREADY_OWNED] = new(
            "A spin lock was asked for by the processor that owns it already.", ["address of the lock", Reserved, Reserved, Reserved],
            "{who} acquired a spin lock that it holds."),
        [BugCheckCode.SPIN_LOCK_NOT_OWNED] = new(
            "A spin lock was released that nobody owns.", ["address of the lock", Reserved, Reserved, Reserved],
            "{who} released a spin lock that it does not hold."),
        [BugCheckCode.IRQL_NOT_DISPATCH_LEVEL] = new(
            "A routine that must be called at DISPATCH_LEVEL was called at another level.", [Reserved, Reserved, Reserved, Reserved],
            "{who} called the kernel at the wrong IRQL."),
        [BugCheckCode.IRQL_NOT_GREATER_OR_EQUAL] = new(
            "The IRQL was to be lowered to a level that is higher than the current one, or raised to a lower one.",
            ["the new level, or an address", "the current level", Reserved, Reserved], "{who} lowered the IRQL upwards, or raised it downwards."),
        [BugCheckCode.INCONSISTENT_IRP] = new(
            "A request is not in the state that its kind demands: mostly freed, completed or damaged.", ["address of the IRP", Reserved, Reserved, Reserved],
            "{who} used the IRP {1}, which is not a live request any more."),
        [BugCheckCode.DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS] = new(
            "A driver was unloaded while a timer, DPC, work item or thread of it was still to run.",
            ["memory referenced", ReadOrWrite, "address which referenced memory, 0 if not known", Reserved],
            "A driver was unloaded, and its code was still called afterwards: cancel timers and wait for DPCs and work items in DriverUnload."),
    };

    static readonly BugCheckText Unknown = new("This debugger has no explanation of this bug check.", ["", "", "", ""], "{who} is where the system stopped.");

    public static BugCheckText Find(uint code) => Known.GetValueOrDefault((BugCheckCode)code, Unknown);

    public static bool IsKnown(uint code) => Known.ContainsKey((BugCheckCode)code);

    /// <summary>What the parameters are, with the kind that the first one names.</summary>
    public static IReadOnlyList<string> Arguments(uint code, IReadOnlyList<ulong> parameters) =>
        BugCheckVariants.Find((BugCheckCode)code, parameters[0])?.Arguments ?? Find(code).Arguments;

    /// <summary>The cause, with the values of this stop.</summary>
    public static string Cause(uint code, IReadOnlyList<ulong> parameters, string who)
    {
        string text = (BugCheckVariants.Find((BugCheckCode)code, parameters[0])?.Cause ?? Find(code).Cause).Replace("{who}", who);
        for (int i = 0; i < 4; i++)
            text = text.Replace($"{{{i + 1}}}", $"0x{parameters[i]:x}");
        return text;
    }
}
