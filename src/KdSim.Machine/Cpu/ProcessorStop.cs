namespace KdSim.Machine.Cpu;

/// <summary>Why <see cref="Processor.Run"/> came back.</summary>
public enum ProcessorStop
{
    /// <summary>Clock has reached its limit.</summary>
    ClockLimit,

    /// <summary>Steps has reached its limit.</summary>
    StepLimit,

    /// <summary>RIP stands at an execution breakpoint, before the instruction.</summary>
    Breakpoint,

    /// <summary>An instruction that has just retired touched a watched range: <see cref="Processor.WatchHit"/>.</summary>
    Watchpoint,

    /// <summary>HLT, and no interrupt can be taken now.</summary>
    Halted,

    /// <summary><see cref="Processor.RequestStop"/> was called.</summary>
    Requested,

    TripleFault,

    /// <summary>A valid instruction that is not implemented; the host got its name.</summary>
    Unsupported,
}
