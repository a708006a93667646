namespace KdSim.Debugging.Targets;

/// <summary>
/// Running the target. Run control never alters the schedule of the machine. After a stop each processor's context is exact.
/// A stop that stands on an execution breakpoint does not report it again until the processor has executed that instruction.
/// </summary>
public interface IRunControl
{
    /// <summary>
    /// Runs until something stops the target. Module loads and unloads always stop it; who asked for nothing goes on with another <c>Go</c>.
    /// </summary>
    StopEvent Go();

    /// <summary>Runs the whole machine until this processor has retired one instruction (a trap into the kernel is one), or another stop comes first.</summary>
    StopEvent Step(int processor);

    /// <summary>Asks a running target to stop at the next boundary. The one call that any thread may make.</summary>
    void RequestBreak();
}

/// <summary>An access that a data breakpoint watched: the part of it that lies in the watched range.</summary>
/// <param name="Before">What stood there; empty where that is not known, as for ports.</param>
/// <param name="After">What stands there now.</param>
public sealed record MemoryAccess(ulong Address, int Length, bool IsWrite, bool IsPort, IReadOnlyList<byte> Before, IReadOnlyList<byte> After);

/// <summary>Why the target stopped, and on which processor.</summary>
public abstract record StopEvent(int Processor)
{
    /// <summary>One instruction was retired.</summary>
    public sealed record Stepped(int Processor) : StopEvent(Processor);

    /// <summary>Execution reached breakpoints: the handles that <see cref="IBreakpointControl.Add"/> gave.</summary>
    public sealed record Breakpoint(int Processor, IReadOnlyList<int> Handles) : StopEvent(Processor);

    /// <summary>Data breakpoints fired; the access is already done, and shown where the target knows it.</summary>
    public sealed record Watch(int Processor, IReadOnlyList<int> Handles, MemoryAccess? Access = null) : StopEvent(Processor);

    /// <summary>The IRQL changed as an IRQL stop asked; the instruction at <paramref name="Rip"/> (or the interrupt) changed it.</summary>
    public sealed record IrqlChange(int Processor, IReadOnlyList<int> Handles, byte Old, byte New, ulong Rip) : StopEvent(Processor);

    /// <summary><see cref="IRunControl.RequestBreak"/> was served.</summary>
    public sealed record BreakIn(int Processor) : StopEvent(Processor);

    /// <summary>The kernel stopped the system. <paramref name="Parameters"/> has four values.</summary>
    public sealed record BugCheck(int Processor, uint Code, IReadOnlyList<ulong> Parameters) : StopEvent(Processor);

    /// <summary>An image was loaded; none of its code has run.</summary>
    /// <param name="Module">The image.</param>
    public sealed record ModuleLoad(int Processor, TargetModule Module) : StopEvent(Processor);

    /// <summary>An image is about to go.</summary>
    /// <param name="Module">The image.</param>
    public sealed record ModuleUnload(int Processor, TargetModule Module) : StopEvent(Processor);

    /// <summary>The guest executed int3 (<paramref name="Assertion"/>: int 2Ch).</summary>
    public sealed record DebugBreak(int Processor, ulong Address, bool Assertion = false) : StopEvent(Processor);

    /// <summary>A kernel event that <see cref="IKernelEventStops.Want"/> asked for; its kind says what the values are.</summary>
    public sealed record KernelEvent(int Processor, KernelEventKind Kind, IReadOnlyList<ulong> Values) : StopEvent(Processor);

    /// <summary>
    /// An exception, before (first chance) or after the guest's handlers saw it. After an exception that nobody handled the target goes on into its bug check.
    /// </summary>
    /// <param name="Record">Where its EXCEPTION_RECORD is in guest memory; 0: nowhere.</param>
    /// <param name="Context">Where the CONTEXT of the code that raised it is in guest memory; 0: those registers are the processor's.</param>
    public sealed record Exception(
        int Processor, uint Code, ulong Address, bool FirstChance, IReadOnlyList<ulong> Parameters, ulong Record = 0, ulong Context = 0)
        : StopEvent(Processor);

    /// <summary>The target printed text that the debugger was told to stop at.</summary>
    public sealed record Output(int Processor, string Text) : StopEvent(Processor);

    /// <summary>All threads of the scenario are done and nothing is pending but the clock.</summary>
    public sealed record ScenarioFinished(int Processor, string Text) : StopEvent(Processor);

    /// <summary>A limit of virtual time or steps that the user set.</summary>
    public sealed record LimitReached(int Processor, string Text) : StopEvent(Processor);

    /// <summary>Nothing will ever run again.</summary>
    public sealed record Idle(int Processor) : StopEvent(Processor);

    /// <summary>Our own fault: the machine cannot go on. Memory and registers stay readable.</summary>
    public sealed record MachineFailed(int Processor, string Text) : StopEvent(Processor);

    /// <summary>A driver called or read an import that nobody implements.</summary>
    public sealed record MissingImport(int Processor, string Name, ulong Caller, IReadOnlyList<ulong> Arguments) : StopEvent(Processor);

    /// <summary>Going back ended at the first moment that is known.</summary>
    public sealed record StartOfHistory(int Processor) : StopEvent(Processor);

    /// <summary>A recorded run is over: nothing is known of what came after.</summary>
    public sealed record EndOfHistory(int Processor) : StopEvent(Processor);

    /// <summary>The machine was booted anew.</summary>
    public sealed record Restarted(int Processor) : StopEvent(Processor);
}
