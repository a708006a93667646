namespace KdSim.Debugging.Targets;

/// <summary>What happens in the kernel and can stop a target. Each names the values of its <see cref="StopEvent.KernelEvent"/>, in order.</summary>
public enum KernelEventKind
{
    /// <summary>The old level, the new level, the address of the instruction that changed it.</summary>
    IrqlChange,

    /// <summary>A processor took an interrupt: vector, IRQL.</summary>
    Interrupt,

    /// <summary>An interrupt service routine is called: vector, KINTERRUPT, routine.</summary>
    Isr,

    /// <summary>KDPC, routine, the processor that will run it.</summary>
    DpcQueue,

    /// <summary>A DPC routine is called: KDPC, routine.</summary>
    Dpc,

    /// <summary>An IRP is sent to a driver: IRP, device object, major and minor function.</summary>
    IrpCall,

    /// <summary>IRP, status, information.</summary>
    IrpComplete,

    /// <summary>ETHREAD, EPROCESS.</summary>
    ThreadCreate,

    /// <summary>ETHREAD, exit status.</summary>
    ThreadExit,

    /// <summary>EPROCESS.</summary>
    ProcessCreate,

    /// <summary>EPROCESS, exit status.</summary>
    ProcessExit,

    /// <summary>DEVICE_NODE, old state, new state.</summary>
    DeviceState,

    /// <summary>Device object, 1 for a system state (0: a device state), old state, new state.</summary>
    PowerState,

    /// <summary>Address, size, tag.</summary>
    PoolAllocate,

    /// <summary>Address, tag.</summary>
    PoolFree,
}

/// <summary>Stops at kernel events. Which of a kind matter is the debugger's business: it lets the target go on from the others.</summary>
public interface IKernelEventStops
{
    /// <summary>The kinds that stop the target from now on; all others do not.</summary>
    void Want(IReadOnlySet<KernelEventKind> kinds);
}
