namespace KdSim.Machine.Cpu;

public sealed unsafe partial class Processor
{
    /// <summary>
    /// Runs until State.Clock has reached <paramref name="clockLimit"/>, State.Steps <paramref name="stepLimit"/>, or something else stops
    /// it. Exact: may stop inside a block. A breakpoint stops before its instruction, and is skipped once by the Run that goes on there.
    /// </summary>
    public ProcessorStop Run(ulong clockLimit, ulong stepLimit = ulong.MaxValue) =>
        throw new NotSupportedException($"the interpreter is not there yet ({clockLimit}, {stepLimit}, {_stopRequested}, {_faultVector}, {_faultCode})");
}
