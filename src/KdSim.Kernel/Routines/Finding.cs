namespace KdSim.Kernel.Routines;

/// <summary>What a driver did against a contract without NT noticing it.</summary>
public enum FindingKind
{
    /// <summary>A routine was called above its highest IRQL (subject: its address; expected, found: levels).</summary>
    IrqlTooHigh,

    /// <summary>A callback came back at another IRQL (subject: the callback).</summary>
    IrqlNotRestored,

    /// <summary>A callback came back with other callee-saved registers (subject: the callback).</summary>
    RegistersNotRestored,

    /// <summary>A callback came back with APCs disabled or enabled more than before.</summary>
    ApcStateNotRestored,

    /// <summary>Anything else that a component reports; the text says what.</summary>
    Other,
}

/// <summary>One finding: <c>!findings</c> lists them. <see cref="Caller"/> is where in guest code it showed.</summary>
public sealed record Finding(FindingKind Kind, int Processor, ulong Time, ulong Subject, ulong Caller, ulong Expected, ulong Found, string Text);
