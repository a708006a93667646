namespace KdSim.Debugging.Targets;

/// <summary>A routine of an interrupt or a DPC that runs.</summary>
/// <param name="Kind">ISR, DPC, TimerDPC...</param>
/// <param name="Since">Nanoseconds since the trace began.</param>
public sealed record RunningRoutine(string Kind, ulong Routine, ulong Since);

/// <summary>What a processor does. Null: the events do not tell.</summary>
/// <param name="Irql">Its level.</param>
/// <param name="Routines">ISRs and DPCs, the innermost last.</param>
public sealed record ProcessorActivity(int Processor, byte? Irql, uint? Thread, IReadOnlyList<RunningRoutine> Routines);

/// <summary>A thread.</summary>
/// <param name="Object">Its ETHREAD; 0: not told.</param>
/// <param name="State">What the last event about it says.</param>
public sealed record ThreadActivity(uint Thread, uint Process, string ProcessName, ulong Object, ulong StartAddress, string State);

/// <summary>One driver that has seen a request.</summary>
/// <param name="Device">0: not told.</param>
/// <param name="Status">What its dispatch routine returned; null: it has not, or that is not told.</param>
public sealed record RequestHop(byte Major, byte Minor, ulong Device, string Driver, ulong Routine, uint? Status);

/// <summary>A request that is under way.</summary>
/// <param name="Thread">The id of the thread that sent it first; null: not told.</param>
/// <param name="Completed">The status with which it was completed; null: it is not.</param>
public sealed record RequestActivity(ulong Irp, ulong Since, uint? Thread, uint ControlCode, IReadOnlyList<RequestHop> Hops, uint? Completed, bool IsCancelled);

/// <summary>A device object.</summary>
/// <param name="Lower">The device that it is attached to, or 0.</param>
/// <param name="Node">The node of a physical device, or 0.</param>
public sealed record DeviceActivity(ulong Device, ulong Driver, string DriverName, string Name, ulong Lower, ulong Node);

/// <summary>A node of the device tree.</summary>
public sealed record NodeActivity(ulong Node, ulong Parent, ulong PhysicalDevice, string InstancePath, string Service, uint State, uint Problem);

/// <summary>A DPC that waits.</summary>
/// <param name="Routine">0: not told yet.</param>
public sealed record QueuedDpc(int Processor, ulong Dpc, ulong Routine);

/// <summary>Steps from event to event, for targets without instructions: <see cref="IRunControl.Step"/> goes to the next event of a processor.</summary>
public interface IEventSteps
{
    /// <summary>To the next event of the processor that is no deeper in ISRs and DPCs.</summary>
    StopEvent StepOver(int processor);
}

/// <summary>
/// The kernel's state as far as recorded events tell it, at the position where the target stands: what commands answer from where there is no memory.
/// </summary>
public interface IEventState
{
    /// <summary>The event at which the target stands, as a line; empty before the first.</summary>
    string CurrentEvent { get; }

    /// <summary>By number.</summary>
    IReadOnlyList<ProcessorActivity> Processors { get; }

    /// <summary>By their ids.</summary>
    IReadOnlyList<ThreadActivity> Threads { get; }

    /// <summary>Those that are not freed.</summary>
    IReadOnlyList<RequestActivity> Requests { get; }

    /// <summary>Those that are not deleted.</summary>
    IReadOnlyList<DeviceActivity> Devices { get; }

    /// <summary>In the order in which they came.</summary>
    IReadOnlyList<NodeActivity> Nodes { get; }

    /// <summary>In the order in which they were queued.</summary>
    IReadOnlyList<QueuedDpc> Dpcs { get; }

    /// <summary>What this trace cannot tell, one line each.</summary>
    IReadOnlyList<string> Gaps { get; }
}
