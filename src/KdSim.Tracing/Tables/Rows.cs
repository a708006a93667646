namespace KdSim.Tracing.Tables;

// The tables of a trace. Times are nanoseconds since the trace's header event, durations nanoseconds; a null end means that the trace ended first.

[TraceTable("isr", "Interrupt service routines that ran to their end.")]
public readonly record struct IsrRow(
    [Column("entry", "ns")] long Start,
    [Column("exit", "ns")] long End,
    [Column("from entry to exit", "ns")] long Duration,
    [Column("the duration without ISRs that interrupted it", "ns")] long Exclusive,
    [Column("processor")] int Cpu,
    [Column("interrupt vector")] int Vector,
    [Column("true if the routine said that the interrupt was its device's")] bool Claimed,
    [Column("address of the routine")] ulong Routine,
    [Column("module of the routine")] string Module,
    [Column("name of the routine; an offset where no symbols are")] string Function);

[TraceTable("dpc", "Deferred procedure calls that ran to their end.")]
public readonly record struct DpcRow(
    [Column("entry", "ns")] long Start,
    [Column("exit", "ns")] long End,
    [Column("from entry to exit", "ns")] long Duration,
    [Column("the duration without ISRs that interrupted it", "ns")] long Exclusive,
    [Column("from queueing to entry, where queueing was traced", "ns")] long? Queued,
    [Column("from the entry of the ISR that queued it to its own entry", "ns")] long? SinceIsr,
    [Column("processor")] int Cpu,
    [Column("dpc, timer or threaded")] string Kind,
    [Column("address of the DPC object, where queueing was traced")] ulong? Object,
    [Column("address of the routine")] ulong Routine,
    [Column("module of the routine")] string Module,
    [Column("name of the routine; an offset where no symbols are")] string Function);

[TraceTable("cswitch", "Context switches.")]
public readonly record struct SwitchRow(
    [Column("time", "ns")] long Time,
    [Column("processor")] int Cpu,
    [Column("thread that begins to run")] long NewThread,
    [Column("its process")] long? NewProcess,
    [Column("thread that ran")] long OldThread,
    [Column("its process")] long? OldProcess,
    [Column("priority of the new thread")] int NewPriority,
    [Column("priority of the old thread")] int OldPriority,
    [Column("KTHREAD_STATE of the old thread")] int OldState,
    [Column("KWAIT_REASON of the old thread")] int OldWaitReason,
    [Column("how long the old thread had run", "ns")] long? Ran,
    [Column("from readying to running of the new thread, where readying was traced", "ns")] long? ReadyFor);

[TraceTable("irql", "Stretches of one IRQL on one processor (recorded with the irql keyword).")]
public readonly record struct IrqlRow(
    [Column("start", "ns")] long Start,
    [Column("end", "ns")] long End,
    [Column("length", "ns")] long Duration,
    [Column("processor")] int Cpu,
    [Column("level")] int Level,
    [Column("its name")] string Name,
    [Column("instruction, or 0 for an interrupt, that set it")] ulong Rip,
    [Column("module of that instruction")] string Module,
    [Column("function of that instruction")] string Function);

[TraceTable("irps", "I/O request packets: one row a life, from the first call (or allocation) to the end of completion.")]
public readonly record struct IrpRow(
    [Column("number of the request in this trace")] int Id,
    [Column("address of the packet; addresses are used again")] ulong Irp,
    [Column("allocation, or the first call", "ns")] long Start,
    [Column("first call of a driver", "ns")] long? Called,
    [Column("the last completion or the freeing", "ns")] long? End,
    [Column("from the first call to the last completion", "ns")] long? Duration,
    [Column("IRP_MJ code of the first call")] int? Major,
    [Column("IRP_MN code of the first call")] int? Minor,
    [Column("name of the function")] string Function,
    [Column("control code of a device control request")] long? ControlCode,
    [Column("bytes asked for")] long? Length,
    [Column("device object that was called first")] ulong? Device,
    [Column("driver that was called first")] string Driver,
    [Column("NTSTATUS of the last completion")] long? Status,
    [Column("IoStatus.Information of the last completion")] ulong? Information,
    [Column("true if somebody cancelled it")] bool Cancelled,
    [Column("true if it was pending when a driver returned: completed later")] bool Pended,
    [Column("drivers that were called")] int Hops,
    [Column("thread of the first call")] long? Thread,
    [Column("process of the first call")] long? Process);

[TraceTable("irp_hops", "Calls of drivers with a request: a row a stack location.")]
public readonly record struct IrpHopRow(
    [Column("number of the request: irps.id")] int IrpId,
    [Column("0 for the first driver called")] int Hop,
    [Column("call of the dispatch routine", "ns")] long Start,
    [Column("its return", "ns")] long? Returned,
    [Column("completion of the request by, or up through, this driver", "ns")] long? Completed,
    [Column("from call to completion", "ns")] long? Duration,
    [Column("the duration without that of the next driver below", "ns")] long? Own,
    [Column("time between the return of the dispatch routine and completion: the request waited", "ns")] long? Waited,
    [Column("IRP_MJ code")] int Major,
    [Column("IRP_MN code")] int Minor,
    [Column("device object")] ulong Device,
    [Column("driver object")] ulong DriverObject,
    [Column("driver")] string Driver,
    [Column("NTSTATUS that the dispatch routine returned")] long? ReturnStatus);

[TraceTable("threads", "Threads.")]
public readonly record struct ThreadRow(
    [Column("thread id")] long Thread,
    [Column("process id")] long Process,
    [Column("creation, if in the trace", "ns")] long? Start,
    [Column("end, if in the trace", "ns")] long? End,
    [Column("how long it ran", "ns")] long Running,
    [Column("how often it was switched to")] int Switches,
    [Column("how long it was ready and did not run, where readying was traced", "ns")] long Ready,
    [Column("start address")] ulong StartAddress,
    [Column("name")] string Name);

[TraceTable("processes", "Processes.")]
public readonly record struct ProcessRow(
    [Column("process id")] long Process,
    [Column("parent's id")] long Parent,
    [Column("creation, if in the trace", "ns")] long? Start,
    [Column("end, if in the trace", "ns")] long? End,
    [Column("image file")] string Name,
    [Column("exit status, if it ended")] long? ExitStatus);

[TraceTable("drivers", "Images in kernel space: the kernel and drivers.")]
public readonly record struct DriverRow(
    [Column("name without extension")] string Name,
    [Column("file")] string File,
    [Column("first address")] ulong Base,
    [Column("bytes")] ulong Size,
    [Column("load, if in the trace", "ns")] long? Loaded,
    [Column("unload, if in the trace", "ns")] long? Unloaded,
    [Column("time stamp of the image")] long TimeDateStamp);

[TraceTable("devices", "Device objects.")]
public readonly record struct DeviceRow(
    [Column("address of the device object")] ulong Device,
    [Column("address of the driver object")] ulong DriverObject,
    [Column("driver")] string Driver,
    [Column("name of the device object, if it has one")] string Name,
    [Column("device below it in the stack, at the end of the trace")] ulong? Lower,
    [Column("creation, if in the trace", "ns")] long? Created,
    [Column("deletion, if in the trace", "ns")] long? Deleted);

[TraceTable("pnp", "Phases of device nodes: a row a state that a node was in.")]
public readonly record struct PnpRow(
    [Column("when the node came into the state", "ns")] long Start,
    [Column("when it left it", "ns")] long? End,
    [Column("how long it was in it", "ns")] long? Duration,
    [Column("address of the device node")] ulong Node,
    [Column("instance path")] string Instance,
    [Column("service of the function driver")] string Service,
    [Column("state before")] string From,
    [Column("state")] string State,
    [Column("CM_PROB code")] int Problem);

[TraceTable("power", "Power requests and changes of power states.")]
public readonly record struct PowerRow(
    [Column("start of the request, or time of the change", "ns")] long Start,
    [Column("end of the request", "ns")] long? End,
    [Column("how long the request took", "ns")] long? Duration,
    [Column("irp or state")] string Kind,
    [Column("device object")] ulong Device,
    [Column("instance path, where it was traced")] string Instance,
    [Column("true: a system power state; false: of a device")] bool IsSystem,
    [Column("state before, of a change")] int? From,
    [Column("state that was asked for or reached")] int? To,
    [Column("NTSTATUS of the request")] long? Status);

[TraceTable("locks", "Spin locks that a processor had to wait for.")]
public readonly record struct LockRow(
    [Column("when the lock was got", "ns")] long Acquired,
    [Column("when it was released", "ns")] long Released,
    [Column("how long it was held", "ns")] long Held,
    [Column("how long the processor spun before, in its cycles")] long WaitCycles,
    [Column("turns of the loop")] long Spins,
    [Column("processor")] int Cpu,
    [Column("thread")] long Thread,
    [Column("address of the lock")] ulong Lock,
    [Column("address of the caller")] ulong Caller,
    [Column("module of the caller")] string Module,
    [Column("function of the caller")] string Function,
    [Column("IRQL at the release")] int Irql);

[TraceTable("events", "Every event: what it is, and its fields as JSON.")]
public readonly record struct EventRow(
    [Column("number in the order of time")] long Number,
    [Column("time", "ns")] long Time,
    [Column("processor")] int Cpu,
    [Column("thread, where the event says it")] long? Thread,
    [Column("process, where the event says it")] long? Process,
    [Column("provider")] string Provider,
    [Column("event")] string Event,
    [Column("number within the provider: opcode or id")] int Id,
    [Column("version")] int Version,
    [Column("fields as a JSON object")] string Fields);
